"""Many analyses asked for at once, as values: the batch, its members, how far they are."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Member:
    """One wallet of a batch, and the job that analyzes it."""

    wallet: str
    job_id: str
    joined: bool  # the job was there before the batch


@dataclass(frozen=True, slots=True)
class Tally:
    """How many members of a batch stand where."""

    queued: int
    processing: int  # or waiting for their next attempt
    completed: int
    failed: int
    cancelled: int
    percent: int  # mean of all members; one that is over counts whole

    @property
    def total(self) -> int:
        """All members."""
        return self.queued + self.processing + self.over

    @property
    def over(self) -> int:
        """Members that have ended, however."""
        return self.completed + self.failed + self.cancelled

    @property
    def live(self) -> bool:
        """Whether a member has not ended."""
        return self.queued + self.processing > 0


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it stands."""

    id: str
    owner: str
    created_at: datetime
    cancelled_at: datetime | None
    ended_at: datetime | None  # every member was over
    told_at: datetime | None  # its followers were told
    read_at: datetime
    tally: Tally

    @property
    def status(self) -> str:
        """queued, processing, cancelling, completed or cancelled; failures of members do not fail a batch."""
        if self.cancelled_at is not None:
            return "cancelling" if self.tally.live else "cancelled"
        if not self.tally.live:
            return "completed"
        return "processing" if self.tally.processing or self.tally.over else "queued"

    @property
    def eta_seconds(self) -> int | None:
        """Seconds until it is done, at its pace so far; None before there is a pace."""
        if not self.tally.live or not 2 <= self.tally.percent < 100:
            return None
        elapsed = (self.read_at - self.created_at).total_seconds()
        return round(elapsed * (100 - self.tally.percent) / self.tally.percent)


@dataclass(frozen=True, slots=True)
class Failure:
    """A member that failed, and why."""

    wallet: str
    job_id: str
    code: str
    detail: str
