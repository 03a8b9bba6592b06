"""Schedules, and the claim of each of their runs."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from walletjobs.core.schedule import NewSchedule, Schedule

_COLUMNS = """
    id, owner, wallets, cron, every_minutes, force_refresh, enrich_metadata, created_at, next_run_at, last_run_at,
    last_batch, now() AS read_at
"""


class ScheduleRepository:
    """Reads and writes schedules."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def now(self) -> datetime:
        """The database's clock, by which every run is due."""
        row = self._connection.execute("SELECT now()").fetchone()
        assert row is not None
        now: datetime = row[0]
        return now

    def add(self, schedule_id: str, new: NewSchedule, next_run_at: datetime) -> Schedule:
        """The schedule, recorded."""
        query = f"""
            INSERT INTO schedule
                (id, owner, wallets, cron, every_minutes, force_refresh, enrich_metadata, next_run_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
            RETURNING {_COLUMNS}
        """
        when: list[Any] = [new.cron, new.every_minutes, new.force_refresh, new.enrich_metadata, next_run_at]
        return self._many(query, [schedule_id, new.owner, list(new.wallets), *when])[0]

    def find(self, schedule_id: str) -> Schedule | None:
        """A schedule by its id."""
        found = self._many(f"SELECT {_COLUMNS} FROM schedule WHERE id = %s", [schedule_id])
        return found[0] if found else None

    def all(self) -> list[Schedule]:
        """Every schedule, by its next run."""
        return self._many(f"SELECT {_COLUMNS} FROM schedule ORDER BY next_run_at, id", [])

    def due(self) -> list[Schedule]:
        """Schedules whose time has come."""
        return self._many(
            f"SELECT {_COLUMNS} FROM schedule WHERE next_run_at <= now() ORDER BY next_run_at, id", []
        )

    def remove(self, schedule_id: str) -> bool:
        """Whether there was one to remove."""
        return self._connection.execute("DELETE FROM schedule WHERE id = %s", [schedule_id]).rowcount == 1

    def claim(self, schedule: Schedule, next_run_at: datetime, batch_id: str) -> bool:
        """Whether the run that is due is the caller's: of any number who ask, one gets it."""
        claimed = self._connection.execute(
            """
            UPDATE schedule SET next_run_at = %s, last_run_at = now(), last_batch = %s
             WHERE id = %s AND next_run_at = %s
            """,
            [next_run_at, batch_id, schedule.id, schedule.next_run_at],
        )
        return claimed.rowcount == 1

    def _many(self, query: str, values: list[Any]) -> list[Schedule]:
        with self._connection.cursor(row_factory=class_row(Schedule)) as cursor:
            return cursor.execute(query.encode(), values).fetchall()
