"""A job's durable record as values: how it was accepted, how it stands, how it ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

LIVE = ("queued", "processing", "retrying")
OVER = ("completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class NewRun:
    """A job as it is accepted."""

    id: str  # the job id
    request_id: str
    type: str
    wallet: str
    queue: str
    arguments: dict[str, Any]  # keyword arguments of the job's function: JSON scalars
    scope: str = "all"
    parent: str | None = None  # of an enrichment: the analysis it belongs to
    depends_on: str | None = None  # the job whose end it waits for
    held: bool = False  # waits in Postgres, not yet in its queue


@dataclass(frozen=True, slots=True)
class Run:
    """A job as it stands."""

    id: str
    request_id: str
    type: str
    wallet: str
    scope: str
    queue: str
    status: str  # one of LIVE or OVER
    arguments: dict[str, Any]
    parent: str | None
    depends_on: str | None
    held: bool
    attempt: int  # the one running or about to; failed ones are in ``attempts``
    max_attempts: int
    turn: int
    fence: int | None
    progress: int  # percent, at the last checkpoint
    step: str | None
    enrichment_job_id: str | None
    result: dict[str, Any] | None
    error_code: str | None
    error_detail: str | None
    attempts: list[dict[str, Any]]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    told_at: datetime | None  # when its followers were told of the end

    @property
    def live(self) -> bool:
        """Whether the job has not ended."""
        return self.status in LIVE


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended."""

    status: str  # one of OVER
    result: dict[str, Any] | None = None
    error_code: str | None = None
    error_detail: str | None = None


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """Why one attempt of a job failed."""

    code: str
    detail: str
    traceback: str = ""  # for administrators


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs to list; an empty field does not restrict."""

    wallet: str | None = None
    status: str | None = None
    type: str | None = None
    batch: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: tuple[datetime, str] | None = None  # (created_at, id) of the last run of the page before
    limit: int = 50
