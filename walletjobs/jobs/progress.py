"""What a running job tells the world: its meta, its stream and its row, from one writer.

A checkpoint is always told at once. Within the sync at most ten fractions a second are told; the last of a
burst is told by the pulse (``walletjobs.jobs.pulse``) if nothing follows it.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from psycopg import Connection
from redis import Redis
from rq.job import Job

from walletjobs.config import Config
from walletjobs.core.progress import Step, percent_at
from walletjobs.core.run import Run
from walletjobs.db.runs import RunRepository
from walletjobs.errors import Superseded, WalletjobsError
from walletjobs.jobs import events
from walletjobs.jobs.events import Speaker

log = structlog.get_logger(__name__)

INTERVAL = 0.1  # seconds between two fractions
NOTICE_INTERVAL = 1.0  # seconds between two notices with the same code


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a job by one process, and what it works with."""

    config: Config
    redis: Redis
    connection: Connection[Any]
    job: Job
    run: Run

    @property
    def speaker(self) -> Speaker:
        """This start, as its events are signed."""
        return Speaker(self.run.id, self.run.turn)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a job is."""

    step: Step
    fraction: float
    message: str
    counts: dict[str, int]


class JobReport:
    """The ``core.progress.Report`` of a job that runs in a worker."""

    def __init__(self, start: Start, on_mints: Callable[[Collection[str]], None] | None = None) -> None:
        self.on_mints = on_mints
        self.stop: WalletjobsError | None = None  # why the work is to end, once someone wants it to
        self.stopped_at = 0.0
        self._start = start
        self._writing = threading.RLock()  # the pulse writes too
        self._percent = 0
        self._step: Step | None = None
        self._pending: Standing | None = None
        self._told_at = 0.0
        self._step_began = 0.0
        self._noticed: dict[str, float] = {}
        self._opening = _opening(start.run)

    def step(
        self, step: Step, fraction: float = 0.0, *, message: str = "", counts: Mapping[str, int] | None = None
    ) -> None:
        """Tells where the work stands; a fraction within a step may be held back for a tenth of a second."""
        standing = Standing(step, fraction, message, dict(counts or {}))
        with self._writing:
            checkpoint = step is not self._step or fraction >= 1.0
            if not checkpoint and time.monotonic() - self._told_at < INTERVAL:
                self._pending = standing
                return
            if step is not self._step:
                self._step, self._step_began = step, time.monotonic()
            self._tell(standing)
            if checkpoint:
                self._note(step)

    def notice(self, code: str, message: str) -> None:
        """Tells the user something; the same code at most once a second."""
        with self._writing:
            now = time.monotonic()
            if now - self._noticed.get(code, -NOTICE_INTERVAL) < NOTICE_INTERVAL:
                return
            self._noticed[code] = now
            self.say(events.NOTICE, {"jobId": self._start.run.id, "code": code, "message": message})

    def mints(self, mints: Collection[str]) -> None:
        """Hands the mints to the job's enrichment."""
        if self.on_mints is not None:
            self.on_mints(mints)

    def partial(self, figures: Mapping[str, Any]) -> None:
        """Tells provisional figures to whoever follows the job, and keeps them for who comes later."""
        told = {"provisional": True, **figures}
        with self._writing:
            self._start.job.meta["partialResult"] = told
            self.say(events.PARTIAL, {"jobId": self._start.run.id, **told})

    def checkpoint(self) -> None:
        """A safe point.

        Raises: what ends the work, where something does: Cancelled, WorkerStopping, LockLost, Superseded.
        """
        if self.stop is not None:
            raise self.stop

    def end_with(self, error: WalletjobsError) -> None:
        """The work shall end with this at its next safe point; the first reason stands."""
        if self.stop is None:
            self.stopped_at = time.monotonic()
            self.stop = error

    def flush(self) -> None:
        """Tells what was held back, once its time has come."""
        with self._writing:
            if self._pending is not None and time.monotonic() - self._told_at >= INTERVAL:
                self._tell(self._pending)

    def say(self, event: str, data: dict[str, Any]) -> None:
        """Writes an event, with the job's meta."""
        job = self._start.job
        meta = job.serializer.dumps(job.meta)
        events.emit(self._start.redis, self._start.speaker, event, data, meta=meta)

    def _note(self, step: Step) -> None:
        """Keeps a checkpoint in Postgres and in the log."""
        run = self._start.run
        if not RunRepository(self._start.connection).note(run, self._percent, step.label):
            raise Superseded
        log.info("job step", job=run.id, request=run.request_id, step=step.label, progress=self._percent)

    def _tell(self, standing: Standing) -> None:
        self._pending = None
        self._told_at = time.monotonic()
        self._percent = max(self._percent, percent_at(standing.step, standing.fraction))
        message, self._opening = standing.message or self._opening, ""
        told: dict[str, Any] = {
            "progress": self._percent,
            "status": "processing",
            "step": standing.step.label,
        }
        told |= {"message": message} if message else {}
        told |= {"counts": standing.counts} if standing.counts else {}
        eta = self._eta(standing)
        told |= {"etaSeconds": eta} if eta is not None else {}
        meta = self._start.job.meta
        for name in ("message", "counts", "etaSeconds"):
            meta.pop(name, None)
        meta.update(told)
        self.say(events.PROGRESS, {"jobId": self._start.run.id, **told})

    def _eta(self, standing: Standing) -> int | None:
        """Seconds until the step is done, at its pace so far; None before there is a pace."""
        if not 0.02 <= standing.fraction < 1.0:
            return None
        elapsed = time.monotonic() - self._step_began
        return round(elapsed * (1 - standing.fraction) / standing.fraction)


def _opening(run: Run) -> str:
    """Why a job that has been further before begins at the beginning."""
    if run.attempts and run.attempt > 1:
        return f"Attempt {run.attempt} of {run.max_attempts}: {run.attempts[-1]['detail']}"
    return "Taken up again by another worker; what is stored stays." if run.turn > 1 else ""
