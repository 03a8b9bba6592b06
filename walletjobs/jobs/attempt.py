"""What every job has around its work: a beginning that is recorded, an answer for every error, one end."""

import random
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

import psycopg
import redis.exceptions
from psycopg import Connection
from rq import Retry, get_current_job
from rq.exceptions import ShutDownImminentException
from rq.job import Job
from rq.timeouts import JobTimeoutException

from walletjobs.config import Config
from walletjobs.core.run import Ending, FailedAttempt, NewRun
from walletjobs.db.connection import connect, translated
from walletjobs.db.runs import RunRepository
from walletjobs.errors import (
    Cancelled,
    DatabaseUnavailable,
    JobIsOver,
    LockBusy,
    QueueUnavailable,
    Superseded,
    TimedOut,
    Transient,
    WalletjobsError,
    WorkerStopping,
)
from walletjobs.jobs import events, keys, status
from walletjobs.jobs.progress import JobReport, Start
from walletjobs.jobs.pulse import pulse

Receipt = dict[str, Any]
Work = Callable[[Start, JobReport], Receipt]

BACKOFF_BASE, BACKOFF_MOST = 2.0, 300.0  # seconds
PUT_BACK_SECONDS = 3  # until a job whose wallet was busy, or that found no Postgres, tries again
TURN_MARGIN = 3600  # seconds that a start's number outlives the job's timeout
_PUT_BACK: dict[type[WalletjobsError], str] = {
    WorkerStopping: "The worker stops; the job moves to another worker. What is stored stays.",
    LockBusy: "Another job is writing this wallet; waiting for it.",
}
_UNCOUNTED = 1_000_000_000  # RQ's own count of retries must not end a job: ours, in Postgres, does


def perform(work: Work) -> Receipt | Retry:
    """Runs ``work`` as the current RQ job; RQ gets a receipt, a Retry, or the error that ended the job."""
    job = get_current_job()
    assert job is not None  # only RQ calls this
    config = Config.from_env()
    with ExitStack() as opened:
        try:
            with translated():
                connection = opened.enter_context(connect(config.database_url))
                start = _begin(config, connection, job)
        except DatabaseUnavailable:
            return _again(PUT_BACK_SECONDS)
        return {"over": True} if start is None else _attempt(start, work)


def backoff(attempt: int, asked: float | None = None) -> int:
    """Whole seconds before the next attempt: exponential with jitter, and at least what was ``asked`` for."""
    wait = min(BACKOFF_BASE * 2.0 ** (attempt - 1), BACKOFF_MOST) * random.uniform(1.0, 1.5)
    return round(max(wait, asked or 0.0))


def reason(error: BaseException) -> WalletjobsError | None:
    """The error in our words; None for what nobody foresaw."""
    if isinstance(error, WalletjobsError):
        return error
    if isinstance(error, JobTimeoutException):
        return TimedOut()
    if isinstance(error, ShutDownImminentException):
        return WorkerStopping()
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return DatabaseUnavailable()
    if isinstance(error, (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)):
        return QueueUnavailable()
    return None


def _begin(config: Config, connection: Connection[Any], job: Job) -> Start | None:
    """This start of the job, with its turn; None where the job is over or another is live in its place."""
    runs = RunRepository(connection)
    run = runs.begin(job.id)
    if run is None and runs.find(job.id) is None:  # quicker than the web process that records it
        runs.add(_new_run(job))
        run = runs.begin(job.id)
    if run is None:
        ended = runs.find(job.id)
        if ended is not None:
            status.announce_end(job.connection, runs, ended)
        return None
    start = Start(config, job.connection, connection, job, run)
    events.take_turn(start.redis, start.speaker, int(job.timeout or 0) + TURN_MARGIN)
    return start


def _attempt(start: Start, work: Work) -> Receipt | Retry:
    report = JobReport(start)
    try:
        with pulse(start, report):
            if start.redis.exists(keys.cancel(start.run.id)):
                raise Cancelled
            receipt = work(start, report)
        return _complete(start, receipt)
    except Exception as error:
        start.connection.close()  # the work may have been interrupted in the midst of a query
        answer = _answered(start, error)
        if answer is None:
            raise
        return answer


def _answered(start: Start, error: Exception) -> Receipt | Retry | None:
    """The answer, on a connection of its own; RQ keeps the job while Postgres cannot record one."""
    try:
        with translated(), connect(start.config.database_url) as connection:
            return _answer(replace(start, connection=connection), error)
    except DatabaseUnavailable:
        return _again(PUT_BACK_SECONDS)


def _complete(start: Start, receipt: Receipt) -> Receipt:
    """Records the end, then tells it: whoever hears of it can read the result and post the wallet again."""
    if not RunRepository(start.connection).finish(start.run, Ending("completed", receipt)):
        raise _overtaken(start)
    _announce(start)
    return receipt


def _answer(start: Start, error: Exception) -> Receipt | Retry | None:
    """What becomes of a job whose work ended with an error; None where that is the job's end.

    Raises: Superseded.
    """
    known, runs = reason(error), RunRepository(start.connection)
    if isinstance(known, Superseded):
        raise _overtaken(start)
    if isinstance(known, Cancelled):
        return _cancelled(start, known)
    if isinstance(known, (WorkerStopping, LockBusy)):
        if not runs.put_back(start.run):
            raise _overtaken(start)
        _tell_waiting(start, _PUT_BACK[type(known)])
        return _again(0 if isinstance(known, WorkerStopping) else PUT_BACK_SECONDS)
    failed = _failed(known, error)
    if isinstance(known, Transient) and start.run.attempt < start.run.max_attempts:
        if not runs.attempt_failed(start.run, failed):
            raise _overtaken(start)
        wait = backoff(start.run.attempt, known.retry_after)
        _tell_retry(start, failed, wait)
        return _again(wait)
    if not runs.finish(start.run, Ending("failed", None, failed.code, failed.detail), failed):
        raise _overtaken(start)
    _announce(start)
    return None


def _overtaken(start: Start) -> Superseded:
    """The error of a start whose word counts no more. A run that is over is announced, should whoever ended it,
    perhaps this very start, not have come to it."""
    runs = RunRepository(start.connection)
    run = runs.find(start.run.id)
    if run is not None and not run.live:
        status.announce_end(start.redis, runs, run)
    return Superseded()


def _cancelled(start: Start, error: Cancelled) -> Receipt:
    runs = RunRepository(start.connection)
    if not runs.finish(start.run, Ending("cancelled", None, error.code, error.detail)):
        raise _overtaken(start)
    for child in runs.children(start.run.id):  # begun after the cancellation was asked for
        with suppress(JobIsOver):
            status.cancel(start.redis, start.connection, child.id)
    _announce(start)
    return {"cancelled": True}


def _announce(start: Start) -> None:
    runs = RunRepository(start.connection)
    run = runs.find(start.run.id)
    if run is not None:
        start.job.meta.update(status=run.status, progress=run.progress)
        start.job.meta.pop("partialResult", None)  # where there is a result, it can be read
        status.announce_end(start.redis, runs, run, start.job.serializer.dumps(start.job.meta))


def _tell_waiting(start: Start, message: str) -> None:
    meta = start.job.meta
    meta.update(status="queued", message=message)
    told = {
        "progress": meta.get("progress", 0),
        "status": "queued",
        "step": meta.get("step"),
        "message": message,
    }
    JobReport(start).say(events.PROGRESS, {"jobId": start.run.id, **told})


def _tell_retry(start: Start, failed: FailedAttempt, wait: int) -> None:
    start.job.meta.update(status="retrying", message=f"{failed.detail} Next attempt in {wait} s.")
    error = {"code": failed.code, "detail": failed.detail}
    JobReport(start).say(events.FAILED, {"jobId": start.run.id, "error": error, "willRetry": True})


def _failed(known: WalletjobsError | None, error: Exception) -> FailedAttempt:
    """The error as it is kept; the text of what nobody foresaw stands in the traceback, not for users."""
    text = "".join(traceback.format_exception(error))
    if known is None:
        return FailedAttempt("internal_error", "Something unforeseen went wrong; it has been recorded.", text)
    return FailedAttempt(known.code, known.detail, text)


def _again(seconds: int) -> Retry:
    return Retry(max=_UNCOUNTED, interval=seconds)


def _new_run(job: Job) -> NewRun:
    return NewRun(
        id=job.id,
        request_id=job.meta["requestId"],
        type=job.meta["type"],
        wallet=job.meta["walletAddress"],
        queue=job.origin,
        arguments=job.kwargs,
        scope=job.kwargs.get("scope", "all"),
        parent=job.kwargs.get("analysis_id"),
    )
