"""How long jobs take, in words, before they begin."""

import math
import time
from typing import Any

from psycopg import Connection

from walletjobs.db.connection import translated
from walletjobs.db.statistics import usual_seconds
from walletjobs.jobs.queue import BALANCE, SYNC

ANALYSIS_MINUTES, SYNC_MINUTES = 3, 10  # the estimate until there is history
KEPT = 5.0  # seconds that an answer of the history is good for


class Estimates:
    """Tells how long a job usually takes: by our own history once there is some, which is asked now and then."""

    def __init__(self) -> None:
        self._kept: dict[
            tuple[str, str, bool], tuple[float, float | None]
        ] = {}  # when it was asked, and its answer

    def words(self, connection: Connection[Any], job_type: str, needs_sync: bool, scope: str = "all") -> str:
        """Such as ``13 minute(s)``.

        Raises: DatabaseUnavailable.
        """
        seconds = self._usual(connection, (job_type, scope, needs_sync))
        if seconds is None:
            analysis = {SYNC: 0, BALANCE: 1}.get(job_type, ANALYSIS_MINUTES)
            return duration_text(analysis + (SYNC_MINUTES if needs_sync else 0))
        return duration_text(max(1, math.ceil(seconds / 60)))

    def _usual(self, connection: Connection[Any], asked: tuple[str, str, bool]) -> float | None:
        now = time.monotonic()
        if asked in self._kept and now - self._kept[asked][0] < KEPT:
            return self._kept[asked][1]
        job_type, scope, synced = asked
        with translated():
            seconds = usual_seconds(connection, job_type, scope, synced=synced)
        self._kept[asked] = (now, seconds)
        return seconds


def duration_text(minutes: int) -> str:
    """Minutes up to 60, then hours: ``13 minute(s)``, ``2 hour(s)``."""
    return f"{round(minutes / 60)} hour(s)" if minutes > 60 else f"{minutes} minute(s)"
