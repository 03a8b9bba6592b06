"""Analyses that are asked for again and again, as values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """Of which wallets, how, and when: by ``cron`` text or every so many minutes."""

    owner: str
    wallets: Sequence[str]
    cron: str | None = None  # in UTC
    every_minutes: int | None = None
    force_refresh: bool = True  # what is stored may count as current for longer than the schedule's period
    enrich_metadata: bool = True


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it stands."""

    id: str
    owner: str
    wallets: list[str]
    cron: str | None
    every_minutes: int | None
    force_refresh: bool
    enrich_metadata: bool
    created_at: datetime
    next_run_at: datetime
    last_run_at: datetime | None
    last_batch: str | None
    read_at: datetime  # the database's clock
