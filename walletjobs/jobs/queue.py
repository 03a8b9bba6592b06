"""Admission: one atomic step decides whether a request becomes a job or meets the one that is running."""

import math
from dataclasses import dataclass
from typing import Any, cast

from psycopg import Connection
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import WatchError
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from walletjobs.core.run import NewRun, Run
from walletjobs.db.connection import translated as database_translated
from walletjobs.db.runs import RunRepository
from walletjobs.errors import AnalysisInProgress, DatabaseUnavailable
from walletjobs.jobs import ids, keys
from walletjobs.jobs.connection import translated as redis_translated

DASHBOARD, ENRICHMENT = "dashboard-wallet-analysis", "enrich-token-balances"

#: The function of each job type, by name: a web process enqueues without importing the services.
FUNCTIONS = {
    DASHBOARD: "walletjobs.jobs.analysis.run_dashboard_analysis",
    ENRICHMENT: "walletjobs.jobs.enrichment.run_enrichment",
}

ANALYSIS_QUEUE, ENRICHMENT_QUEUE = "analysis-operations", "enrichment-operations"
QUEUES = (
    ANALYSIS_QUEUE,
    "wallet-operations",
    "similarity-operations",
    ENRICHMENT_QUEUE,
    "analysis-background",
    "maintenance",
)

SYNC_TIMEOUT, READ_TIMEOUT, ENRICHMENT_TIMEOUT = 15, 8, 20  # minutes
ANALYSIS_MINUTES, SYNC_MINUTES = 3, 10  # the estimate until there is history
RESULT_TTL, FAILURE_TTL = keys.DAY, 7 * keys.DAY
_ALIVE = (b"queued", b"started", b"scheduled", b"deferred", b"created", b"ready_to_enqueue")


@dataclass(frozen=True, slots=True)
class Submission:
    """A request for the analysis of one wallet."""

    wallet: str
    force_refresh: bool = False
    enrich_metadata: bool = True
    scope: str = "all"
    method: str = "fifo"
    timeout_minutes: int | None = None  # 15 where a sync is needed, else 8
    request_id: str = ""  # made where it is empty
    needs_sync: bool = True  # as the wallet stands now: for the estimate and the timeout


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request that has become a job."""

    job_id: str
    request_id: str
    queue: str
    estimate: str  # such as "13 minute(s)"


def submit_analysis(redis: Redis, connection: Connection[Any], wanted: Submission) -> Accepted:
    """Queues the analysis and records it.

    Of any number of simultaneous calls for one wallet and scope, in any number of processes, one succeeds.

    Raises: AnalysisInProgress with the id of the job there is; QueueUnavailable; DatabaseUnavailable, and
    then nothing is left behind.
    """
    run = _new_run(wanted)
    estimate = estimated(connection, wanted.needs_sync)
    with redis_translated():
        _claim_and_enqueue(redis, run)
    try:
        with database_translated():
            added = RunRepository(connection).add(run)
    except DatabaseUnavailable:
        take_back(redis, run)
        raise
    if not added:
        _yield_to_the_recorded(redis, connection, run)
    return Accepted(run.id, run.request_id, run.queue, estimate)


def estimated(connection: Connection[Any], needs_sync: bool) -> str:
    """How long an analysis usually takes, in words; from our own history once there is some."""
    with database_translated():
        seconds = RunRepository(connection).usual_seconds(DASHBOARD, needs_sync)
    if seconds is None:
        return duration_text(ANALYSIS_MINUTES + (SYNC_MINUTES if needs_sync else 0))
    return duration_text(max(1, math.ceil(seconds / 60)))


def duration_text(minutes: int) -> str:
    """Minutes up to 60, then hours: ``13 minute(s)``, ``2 hour(s)``."""
    return f"{round(minutes / 60)} hour(s)" if minutes > 60 else f"{minutes} minute(s)"


def enqueue(
    redis: Redis,
    run: NewRun | Run,
    pipeline: Pipeline | None = None,
    *,
    at_front: bool = False,
    snapshot: dict[str, Any] | None = None,
) -> None:
    """Puts a job into its queue, with what its row holds; within ``pipeline`` where that is given.

    ``snapshot`` is how far the job is, where it has been further than the queue.
    """
    meta = {"type": run.type, "walletAddress": run.wallet, "requestId": run.request_id, "progress": 0}
    queue_of(redis, run.queue).enqueue(
        FUNCTIONS[run.type],
        kwargs=run.arguments,
        job_id=run.id,
        timeout=run.arguments["timeout_minutes"] * 60,
        result_ttl=RESULT_TTL,
        failure_ttl=FAILURE_TTL,
        description=f"{run.type} {run.wallet}",
        meta=meta | (snapshot or {}),
        pipeline=pipeline,
        at_front=at_front,
    )


def queue_of(redis: Redis, name: str) -> Queue:
    """A queue by name; arguments travel as JSON, never as pickles."""
    return Queue(name, connection=redis, serializer=JSONSerializer)


def fetch_job(redis: Redis, job_id: str) -> Job | None:
    """What RQ knows of a job."""
    found = Job.fetch_many([job_id], connection=redis, serializer=JSONSerializer)
    return found[0]


def release_claim(redis: Redis, run: NewRun | Run) -> None:
    """Lets the wallet be analyzed again, where this job is the one that claims it."""
    if run.type == DASHBOARD:
        compare_and_delete(redis, keys.active(run.wallet, run.scope), run.id)


def compare_and_delete(redis: Redis, key: str, value: str) -> bool:
    """Deletes a key that still has this value."""
    script = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
    return bool(redis.eval(script, 1, key, value))


def take_back(redis: Redis, run: NewRun) -> None:
    """Removes a job that was queued and shall not run."""
    with redis_translated():
        job = fetch_job(redis, run.id)
        if job is not None:
            job.delete()
        release_claim(redis, run)


def _claim_and_enqueue(redis: Redis, run: NewRun) -> None:
    """WATCH, look, MULTI: a rival's claim between the look and the EXEC makes us look again."""
    claim = keys.active(run.wallet, run.scope)
    with redis.pipeline() as pipeline:
        while True:
            try:
                pipeline.watch(claim)  # type: ignore[no-untyped-call]
                holder = cast(bytes | None, pipeline.get(claim))
                if holder is not None and _is_alive(pipeline, holder.decode()):
                    raise AnalysisInProgress(holder.decode())
                pipeline.multi()
                pipeline.set(claim, run.id, ex=keys.DAY)
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
    recorded = RunRepository(connection).live_of(run.wallet, run.scope)
    if recorded is not None and recorded.id != run.id:
        take_back(redis, run)
        raise AnalysisInProgress(recorded.id)


def _new_run(wanted: Submission) -> NewRun:
    request_id = wanted.request_id or ids.new_request_id()
    arguments = {
        "wallet": wanted.wallet,
        "request_id": request_id,
        "force_refresh": wanted.force_refresh,
        "enrich_metadata": wanted.enrich_metadata,
        "scope": wanted.scope,
        "method": wanted.method,
        "timeout_minutes": wanted.timeout_minutes or (SYNC_TIMEOUT if wanted.needs_sync else READ_TIMEOUT),
    }
    job_id = ids.dashboard_job_id(wanted.wallet, request_id)
    return NewRun(job_id, request_id, DASHBOARD, wanted.wallet, ANALYSIS_QUEUE, arguments, wanted.scope)
