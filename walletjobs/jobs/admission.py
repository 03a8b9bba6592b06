"""Admission: one atomic step decides whether a request becomes a job or meets the one that is running."""

from dataclasses import dataclass, replace
from typing import Any, cast

from psycopg import Connection
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import WatchError
from rq.job import Job

from walletjobs.core.run import NewRun
from walletjobs.db.connection import translated as database_translated
from walletjobs.db.runs import RunRepository
from walletjobs.errors import AnalysisInProgress, DatabaseUnavailable, DependencyFailed, UnknownJob
from walletjobs.jobs import ids, keys, turns
from walletjobs.jobs.connection import translated as redis_translated
from walletjobs.jobs.queue import (
    ANALYSIS_QUEUE,
    BACKGROUND_QUEUE,
    DASHBOARD,
    READ_TIMEOUT,
    STEPS,
    SYNC_TIMEOUT,
    claims_against,
    enqueue,
    forget_job,
    release_claim,
)

_ALIVE = (b"queued", b"started", b"scheduled", b"deferred", b"created", b"ready_to_enqueue")


@dataclass(frozen=True, slots=True)
class Submission:
    """A request for the analysis of one wallet, or for a step of it."""

    wallet: str
    type: str = DASHBOARD
    depends_on: str | None = None  # of a step: the job that must complete before it begins
    force_refresh: bool = False
    enrich_metadata: bool = True
    scope: str = "all"
    follow_ups: bool = False  # after a quick scope the next wider one, and so on
    method: str = "fifo"
    timeout_minutes: int | None = None  # 15 where a sync is needed, else 8
    request_id: str = ""  # made where it is empty
    needs_sync: bool = True  # as the wallet stands now: for the timeout
    queue: str = ANALYSIS_QUEUE  # of an analysis; a step has its own


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request that has become a job."""

    job_id: str
    request_id: str
    queue: str


def submit_analysis(redis: Redis, connection: Connection[Any], wanted: Submission) -> Accepted:
    """Queues the analysis and records it.

    Of any number of simultaneous calls for one wallet and scope (one wallet and step), in any number of processes,
    one succeeds, and none while an analysis of a wider scope runs. Where a job of a batch is in the way that waits for
    its turn, its turn has come.

    Raises: AnalysisInProgress with the id of the job there is; UnknownJob, DependencyFailed of the job that it
    depends on; QueueUnavailable; DatabaseUnavailable, and then nothing is left behind but a job that a worker has taken
    already, which records itself.
    """
    run = _held(connection, new_run(wanted))
    try:
        _admit(redis, connection, run)
    except AnalysisInProgress as running:
        if run.queue != BACKGROUND_QUEUE:
            with database_translated(), redis_translated():
                turns.hurry(redis, connection, running.job_id)
        raise
    return Accepted(run.id, run.request_id, run.queue)


def _admit(redis: Redis, connection: Connection[Any], run: NewRun) -> None:
    if not run.held:
        with redis_translated():
            _claim_and_enqueue(redis, run)
    try:
        with database_translated():
            added = RunRepository(connection).add(run)
    except DatabaseUnavailable:
        _take_back(redis, run)
        raise
    if not added:
        _yield_to_the_recorded(redis, connection, run)


def _take_back(redis: Redis, run: NewRun) -> None:
    """Removes a job that was queued and shall not run."""
    with redis_translated():
        forget_job(redis, run.id)
        release_claim(redis, run)


def _claim_and_enqueue(redis: Redis, run: NewRun) -> None:
    """WATCH, look, MULTI: a rival's claim between the look and the EXEC makes us look again."""
    claims = claims_against(run)
    with redis.pipeline() as pipeline:
        while True:
            try:
                pipeline.watch(*claims)  # type: ignore[no-untyped-call]
                for holder in cast(list[bytes | None], pipeline.mget(claims)):
                    if holder is not None and _is_alive(pipeline, holder.decode()):
                        raise AnalysisInProgress(holder.decode())
                pipeline.multi()
                pipeline.set(claims[0], run.id, ex=keys.DAY)
                enqueue(redis, run, pipeline)
                pipeline.execute()
                return
            except WatchError:
                continue


def _is_alive(pipeline: Pipeline, job_id: str) -> bool:
    """Whether RQ still has the job: a claim whose job is gone or over counts for nothing."""
    return cast(bytes | None, pipeline.hget(Job.key_for(job_id), "status")) in _ALIVE


def _yield_to_the_recorded(redis: Redis, connection: Connection[Any], run: NewRun) -> None:
    """After Redis has forgotten, Postgres still knows the job that is running: the new one steps back."""
    recorded = RunRepository(connection).live_covering(run)
    if recorded is not None and recorded.id != run.id:
        _take_back(redis, run)
        raise AnalysisInProgress(recorded.id)


def _held(connection: Connection[Any], run: NewRun) -> NewRun:
    """The run, to be held where the job that it depends on has not ended.

    Held jobs wait in Postgres. RQ's own dependents would be forgotten with Redis, and wait for ever where the
    other job fails, is cancelled or has expired.
    """
    if run.depends_on is None:
        return run
    with database_translated():
        other = RunRepository(connection).find(run.depends_on)
    if other is None:
        raise UnknownJob(f"There is no job {run.depends_on[:64]} to depend on.")
    if other.status in ("failed", "cancelled"):
        raise DependencyFailed(f"The job {other.id} has ended: {other.status}.")
    return replace(run, held=other.live)


def new_run(wanted: Submission) -> NewRun:
    """The job that a request becomes."""
    if wanted.type in STEPS:
        return _new_step(wanted)
    request_id = wanted.request_id or ids.new_request_id("dashboard")
    arguments = {
        "wallet": wanted.wallet,
        "request_id": request_id,
        "force_refresh": wanted.force_refresh,
        "enrich_metadata": wanted.enrich_metadata,
        "scope": wanted.scope,
        "method": wanted.method,
        "timeout_minutes": wanted.timeout_minutes or (SYNC_TIMEOUT if wanted.needs_sync else READ_TIMEOUT),
        "follow_ups": wanted.follow_ups,
    }
    job_id = ids.make_job_id("dashboard", wanted.wallet, request_id)
    return NewRun(job_id, request_id, DASHBOARD, wanted.wallet, wanted.queue, arguments, wanted.scope)


def _new_step(wanted: Submission) -> NewRun:
    name, queue, minutes = STEPS[wanted.type]
    request_id = wanted.request_id or ids.new_request_id(name)
    arguments = {
        "wallet": wanted.wallet,
        "request_id": request_id,
        "timeout_minutes": wanted.timeout_minutes or minutes,
    }
    job_id = ids.make_job_id(name, wanted.wallet, request_id)
    run = NewRun(job_id, request_id, wanted.type, wanted.wallet, queue, arguments)
    return replace(run, depends_on=wanted.depends_on)
