"""Periodic analyses: each time that one is due it becomes a batch, once, whoever and however many look at the clock.

RQ's own cron scheduler keeps its table in a process, and two of them enqueue everything twice. Here a run is claimed by
moving ``next_run_at`` on, in the same transaction that records its batch; the time is Postgres'.
"""

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from croniter import CroniterError, croniter
from psycopg import Connection

from walletjobs.core.schedule import NewSchedule, Schedule
from walletjobs.db.connection import translated
from walletjobs.db.schedules import ScheduleRepository
from walletjobs.errors import InvalidData, UnknownSchedule
from walletjobs.jobs.batches import Wish, submit_batch

#: Five fields or a name such as @daily; no seconds, nothing drawn by lot.
_CRON = re.compile(r"@(hourly|daily|weekly|monthly|yearly)|[0-9*/,\-]+( [0-9A-Za-z*/,\-#]+){4}")


def next_run(cron: str | None, every_minutes: int | None, before: datetime, now: datetime) -> datetime:
    """The first time after ``now``; what was missed in between is not made up for.

    An interval goes on from ``before``, the last time that was due, so that it does not drift.

    Raises: InvalidData for a cron text that names no time.
    """
    if every_minutes is not None:
        period = timedelta(minutes=every_minutes)
        return before + period * max((now - before) // period + 1, 1)
    if not cron or not _CRON.fullmatch(cron):
        raise InvalidData(
            "cron has five fields, such as */15 * * * *, or is @hourly, @daily, @weekly, @monthly."
        )
    try:
        after: datetime = croniter(cron, now).get_next(datetime)
    except CroniterError as error:
        raise InvalidData(f"cron names no time: {error}") from None
    return after


def add_schedule(connection: Connection[Any], new: NewSchedule) -> Schedule:
    """Records a schedule; an interval's first run is due at once, a cron text's at its first time.

    Raises: InvalidData, DatabaseUnavailable.
    """
    if (new.cron is None) == (new.every_minutes is None):
        raise InvalidData("A schedule has either cron or everyMinutes.")
    with translated():
        schedules = ScheduleRepository(connection)
        now = schedules.now()
        first = now if new.cron is None else next_run(new.cron, None, now, now)
        return schedules.add(f"schedule-{secrets.token_hex(8)}", new, first)


def schedules_of(connection: Connection[Any]) -> list[Schedule]:
    """Every schedule, by its next run.

    Raises: DatabaseUnavailable.
    """
    with translated():
        return ScheduleRepository(connection).all()


def find_schedule(connection: Connection[Any], schedule_id: str) -> Schedule:
    """One schedule.

    Raises: UnknownSchedule, DatabaseUnavailable.
    """
    with translated():
        found = ScheduleRepository(connection).find(schedule_id)
    if found is None:
        raise UnknownSchedule(f"There is no schedule {schedule_id[:64]}.")
    return found


def remove_schedule(connection: Connection[Any], schedule_id: str) -> None:
    """Ends a schedule; a batch of it that runs goes on.

    Raises: UnknownSchedule, DatabaseUnavailable.
    """
    with translated():
        if not ScheduleRepository(connection).remove(schedule_id):
            raise UnknownSchedule(f"There is no schedule {schedule_id[:64]}.")


def run_due(connection: Connection[Any]) -> None:
    """Submits the batch of each schedule whose time has come.

    A run whose wallets are still at work on the last one joins it. A schedule that was due several times while nobody
    looked runs once.
    """
    schedules = ScheduleRepository(connection)
    for schedule in schedules.due():
        batch_id = f"batch-{schedule.id}-{int(schedule.next_run_at.timestamp())}"
        after = next_run(schedule.cron, schedule.every_minutes, schedule.next_run_at, schedule.read_at)
        wish = Wish(schedule.owner, schedule.wallets, schedule.force_refresh, schedule.enrich_metadata)
        with connection.transaction():
            if schedules.claim(schedule, after, batch_id):
                submit_batch(connection, wish, batch_id)
