"""Where jobs stand, and what a user may do to one: cancel it, run it again.

How a job ended is known from Postgres alone; how far a running one is, from its meta in Redis.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from psycopg import Connection
from redis import Redis
from rq.job import Job

from walletjobs.core.run import LIVE, Run, RunFilter
from walletjobs.db.connection import translated as database_translated
from walletjobs.db.runs import RunRepository
from walletjobs.errors import AnalysisInProgress, JobIsOver, UnknownJob
from walletjobs.jobs import events, keys
from walletjobs.jobs.connection import translated as redis_translated
from walletjobs.jobs.queue import claim_of, enqueue, fetch_job, forget_job, queue_of, release_claim

#: RQ's words in ours; they count only while Postgres has no row of the job yet.
WORDS = {
    "created": "queued",
    "queued": "queued",
    "deferred": "queued",
    "ready_to_enqueue": "queued",
    "rate_limited": "queued",
    "started": "processing",
    "scheduled": "retrying",
    "finished": "completed",
    "failed": "failed",
    "stopped": "cancelled",
    "canceled": "cancelled",
}
CANCELLED_BY_USER = "The job was cancelled."


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as a client sees it (``GET /jobs/{id}``)."""

    job_id: str
    type: str
    queue_name: str
    wallet_address: str
    request_id: str
    status: str  # queued, processing, retrying, completed, failed, cancelled
    progress: int  # percent
    step: str | None = None
    message: str | None = None
    counts: dict[str, int] | None = None
    eta_seconds: int | None = None
    attempts: int = 0
    max_attempts: int = 3
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error_code: str | None = None
    error_detail: str | None = None
    result: dict[str, Any] | None = None
    partial_result: dict[str, Any] | None = None  # of a live job: the last provisional figures
    enrichment_job_id: str | None = None
    depends_on: str | None = None
    queue_position: int | None = None  # 0 is next
    cancelling: bool = False
    last_event_id: str = events.BEGINNING  # follow on from here

    @property
    def live(self) -> bool:
        """Whether the job has not ended."""
        return self.status in LIVE


def job_view(redis: Redis, connection: Connection[Any], job_id: str) -> JobView:
    """The job now, and the id of the last event that this view surely contains.

    Raises: UnknownJob; QueueUnavailable; DatabaseUnavailable.
    """
    with redis_translated():
        newest = events.last_id(redis, job_id)  # first: what comes after it is replayed, at worst told twice
        job = fetch_job(redis, job_id)
        cancelling = bool(redis.exists(keys.cancel(job_id)))
    with database_translated():
        run = RunRepository(connection).find(job_id)
    if run is not None:
        view = replace(run_view(run), cancelling=cancelling and run.live, last_event_id=newest)
        return _with_meta(redis, view, job) if run.live and job is not None else view
    if job is None:
        raise UnknownJob(f"There is no job {job_id[:64]}.")
    return _view_of_job(job, newest)


def run_view(run: Run) -> JobView:
    """A job as its row alone tells it: for lists."""
    return JobView(
        job_id=run.id,
        type=run.type,
        queue_name=run.queue,
        wallet_address=run.wallet,
        request_id=run.request_id,
        status=run.status,
        progress=run.progress,
        step=run.step,
        attempts=run.attempt,
        max_attempts=run.max_attempts,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        error_code=run.error_code,
        error_detail=run.error_detail,
        result=run.result,
        enrichment_job_id=run.enrichment_job_id,
        depends_on=run.depends_on,
    )


def history(connection: Connection[Any], which: RunFilter) -> list[JobView]:
    """Jobs from the durable record, newest first; page by ``which.before``."""
    with database_translated():
        return [run_view(run) for run in RunRepository(connection).listed(which)]


def cancel(redis: Redis, connection: Connection[Any], job_id: str) -> str:
    """Ends a job, and the enrichment that belongs to it: ``cancelled`` where it waited, else ``cancelling``.

    A running job sees the flag within half a second and stops at its next safe point; where it hangs it is
    interrupted a second later.

    Raises: UnknownJob; JobIsOver.
    """
    runs = RunRepository(connection)
    with database_translated(), redis_translated():
        run = runs.find(job_id)
        if run is None:
            raise UnknownJob(f"There is no job {job_id[:64]}.")
        if not run.live:
            raise JobIsOver(f"The job has already ended: {run.status}.")
        redis.set(keys.cancel(job_id), "1", ex=keys.DAY)
        for child in runs.children(job_id):
            _cancel_one(redis, runs, child.id)
        return "cancelled" if _cancel_one(redis, runs, job_id) else "cancelling"


def retry(redis: Redis, connection: Connection[Any], job_id: str) -> JobView:
    """Queues a failed or cancelled job again, under its own id, with its arguments and fresh attempts.

    Raises: UnknownJob; JobIsOver where it has completed; AnalysisInProgress where its wallet has another
    job, or it is live itself.
    """
    runs = RunRepository(connection)
    with database_translated(), redis_translated():
        before = runs.find(job_id)
        if before is None:
            raise UnknownJob(f"There is no job {job_id[:64]}.")
        if before.status == "completed":
            raise JobIsOver("The job has completed; there is nothing to try again.")
        run = runs.reopen(job_id)
        if run is None:
            other = runs.live_covering(before)
            raise AnalysisInProgress(other.id if other else job_id)
        redis.delete(keys.ended(job_id), keys.cancel(job_id))
        put_into_queue(redis, run, "Queued again.")
    return job_view(redis, connection, job_id)


def put_into_queue(redis: Redis, run: Run, message: str, at_front: bool = False) -> None:
    """Queues a job that is live by its row but unknown to RQ, with its claim; its followers hear why."""
    told = {"progress": run.progress, "status": "queued", "step": run.step, "message": message}
    claim = claim_of(run)
    with redis.pipeline() as pipeline:
        pipeline.multi()
        if claim is not None:
            pipeline.set(claim, run.id, ex=keys.DAY)
        pipeline.zrem(queue_of(redis, run.queue).failed_job_registry.key, run.id)
        enqueue(redis, run, pipeline, at_front=at_front, snapshot=told)
        pipeline.execute()
    events.emit(redis, events.Speaker(run.id), events.PROGRESS, {"jobId": run.id, **told})


def announce_end(redis: Redis, runs: RunRepository, run: Run, meta: bytes = b"") -> None:
    """Gives back the claim of a run that is over and tells its end; harmless where both were done before.

    That the end was told is known to Postgres: a Redis that has forgotten it is not told again.
    """
    release_claim(redis, run)
    if run.told_at is not None:
        return
    error = {"code": run.error_code, "detail": run.error_detail}
    if run.status == "completed":
        event, data = events.COMPLETED, completion(run)
    else:
        event = events.CANCELLED if run.status == "cancelled" else events.FAILED
        data = {"jobId": run.id, "error": error, "willRetry": False}
    told = events.emit(redis, events.Speaker(run.id), event, data, meta=meta, terminal=True)
    if told and run.parent and run.status == "failed":
        message = f"Names and prices of tokens could not be fetched: {run.error_detail}"
        notice = {"jobId": run.parent, "code": "enrichment_failed", "message": message}
        events.emit(redis, events.Speaker(run.parent), events.NOTICE, notice)
    runs.note_told(run)


def completion(run: Run) -> dict[str, Any]:
    """What ``job-completed`` says."""
    follow_up = (run.result or {}).get("followUp")
    return {
        "jobId": run.id,
        "resultUrl": f"/api/v1/wallets/{run.wallet}{'' if run.scope == 'all' else f'?scope={run.scope}'}",
        "processingTimeMs": processing_ms(run),
        **({"followUpJobId": follow_up["jobId"]} if follow_up else {}),
    }


def processing_ms(run: Run) -> int | None:
    """Milliseconds from the first start to the end, retries and all."""
    if run.started_at is None or run.ended_at is None:
        return None
    return round((run.ended_at - run.started_at).total_seconds() * 1000)


def _cancel_one(redis: Redis, runs: RunRepository, job_id: str) -> bool:
    """Whether the job waited, and has ended now; a running one will see the flag."""
    redis.set(keys.cancel(job_id), "1", ex=keys.DAY)
    run = runs.cancel_waiting(job_id, CANCELLED_BY_USER)
    if run is None:
        return False
    forget_job(redis, job_id)
    announce_end(redis, runs, run)
    return True


def _with_meta(redis: Redis, view: JobView, job: Job) -> JobView:
    """The view with what the running job says of itself."""
    meta = job.meta
    position = (
        redis.lpos(queue_of(redis, view.queue_name).key, view.job_id) if view.status == "queued" else None
    )
    return replace(
        view,
        progress=meta.get("progress", view.progress),
        step=meta.get("step", view.step),
        message=meta.get("message"),
        counts=meta.get("counts"),
        eta_seconds=meta.get("etaSeconds"),
        partial_result=meta.get("partialResult"),
        enrichment_job_id=meta.get("enrichmentJobId", view.enrichment_job_id),
        queue_position=cast(int | None, position),
    )


def _view_of_job(job: Job, newest: str) -> JobView:
    """The view of a job whose row is not written yet."""
    meta = job.meta
    return JobView(
        job_id=job.id,
        type=meta.get("type", ""),
        queue_name=job.origin,
        wallet_address=meta.get("walletAddress", ""),
        request_id=meta.get("requestId", ""),
        status=WORDS[job.get_status(refresh=False).value],
        progress=meta.get("progress", 0),
        step=meta.get("step"),
        message=meta.get("message"),
        created_at=job.created_at,
        last_event_id=newest,
    )
