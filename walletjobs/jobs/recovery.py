"""What becomes of a job that lost its worker, its place in Redis, or its meaning."""

from typing import Any

from psycopg import Connection
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from walletjobs.config import Config
from walletjobs.core.run import Ending, FailedAttempt, Run
from walletjobs.db.connection import connect
from walletjobs.db.runs import RunRepository
from walletjobs.errors import Cancelled, InvalidJob, WorkerLost
from walletjobs.jobs import events, keys, status
from walletjobs.jobs.lock import break_lock
from walletjobs.jobs.queue import RESULT_TTL, queue_of


def answer_for_lost(redis: Redis, job_id: str, stopped: bool) -> bool:
    """Whether a job that RQ takes for failed was live, and has been dealt with.

    It was live if its work horse was killed; ``stopped`` says that an administrator did it.
    """
    with connect(Config.from_env().database_url) as connection:
        run = RunRepository(connection).find(job_id)
        if run is None or not run.live:
            return False
        if stopped:
            redis.set(keys.cancel(job_id), "1", ex=keys.DAY)
        answer_for(redis, connection, job_id, run)
        return True


def answer_for(redis: Redis, connection: Connection[Any], job_id: str, run: Run | None) -> None:
    """A job whose worker died: an attempt is spent, and the job runs again if it has one left.

    ``run`` is its row where that was live when last seen; nothing is done to a run that has moved on since.
    """
    if run is None or run.status != "processing":
        bring_back(redis, connection, job_id, run)
    elif not _end_if_cancelled(redis, connection, run):
        _attempt_lost(redis, connection, run)


def bring_back(redis: Redis, connection: Connection[Any], job_id: str, run: Run | None) -> None:
    """A job that lost its place in Redis by no fault of its own: it is queued again, and no attempt is spent."""
    if run is None:
        _tell_end(redis, connection, job_id)
    elif not _end_if_cancelled(redis, connection, run) and RunRepository(connection).put_back(run):
        status.put_into_queue(redis, run, "Queued again.", at_front=True)


def _tell_end(redis: Redis, connection: Connection[Any], job_id: str) -> None:
    """For a worker that died between the record of a job's end and its event.

    A job without a row was queued by a request that was cut off then: it waits again, and whoever begins it records it.
    """
    runs = RunRepository(connection)
    run = runs.find(job_id)
    if run is None and (job := _readable(redis, job_id)) is not None:
        queue_of(redis, job.origin).push_job_id(job_id, at_front=True)
    elif run is not None and not run.live:
        status.announce_end(redis, runs, run)
        redis.expire(Job.key_for(job_id), RESULT_TTL)


def tell_untold(redis: Redis, connection: Connection[Any]) -> None:
    """Tells the ends that were recorded a while ago and that nobody came to tell."""
    runs = RunRepository(connection)
    for run in runs.untold():
        status.announce_end(redis, runs, run)


def _end_if_cancelled(redis: Redis, connection: Connection[Any], run: Run) -> bool:
    if not redis.exists(keys.cancel(run.id)):
        return False
    _end(redis, connection, run, Ending("cancelled", None, Cancelled.code, status.CANCELLED_BY_USER), None)
    return True


def bury(redis: Redis, job_id: str, error: BaseException) -> None:
    """Ends a job that cannot run at all: unreadable, of an unknown function, with arguments that do not fit."""
    with connect(Config.from_env().database_url) as connection:
        run = RunRepository(connection).find(job_id)
        if run is not None and run.live:
            failed = FailedAttempt(
                InvalidJob.code, f"{InvalidJob().detail} {type(error).__name__}: {error}"[:500]
            )
            _end(redis, connection, run, Ending("failed", None, failed.code, failed.detail), failed)


def enqueue_due(queue: Queue) -> None:
    """Queues what was scheduled for now: retries.

    RQ's scheduler would be one more process a worker, and after a kill its lock keeps the next one waiting.
    """
    redis, registry = queue.connection, queue.scheduled_job_registry
    seconds, _ = redis.time()
    for job_id in registry.get_jobs_to_schedule(seconds):
        job = _readable(redis, job_id)
        with redis.pipeline() as pipeline:
            if job is not None:
                queue.enqueue_job(job, pipeline=pipeline)
            registry.remove(job_id, pipeline=pipeline)
            pipeline.execute()


def _attempt_lost(redis: Redis, connection: Connection[Any], run: Run) -> None:
    lost = WorkerLost()
    failed = FailedAttempt(lost.code, lost.detail)
    if run.attempt >= run.max_attempts:
        detail = f"The worker died in each of {run.max_attempts} attempts."
        _end(redis, connection, run, Ending("failed", None, lost.code, detail), failed)
    elif RunRepository(connection).attempt_failed(run, failed):
        error = {"code": lost.code, "detail": lost.detail}
        told = {"jobId": run.id, "error": error, "willRetry": True}
        events.emit(redis, events.Speaker(run.id), events.FAILED, told)
        status.put_into_queue(redis, run, lost.detail, at_front=True)


def _end(
    redis: Redis, connection: Connection[Any], run: Run, ending: Ending, failed: FailedAttempt | None
) -> None:
    """Ends a run in the stead of its worker: lock and claim are given back, followers hear of it."""
    runs = RunRepository(connection)
    if runs.finish(run, ending, failed):
        break_lock(redis, run.wallet, run.id)
        ended = runs.find(run.id)
        if ended is not None:
            status.announce_end(redis, runs, ended)
        redis.expire(Job.key_for(run.id), RESULT_TTL)


def _readable(redis: Redis, job_id: str) -> Job | None:
    """The job, if it is there and can be read; the one that cannot be read ends."""
    try:
        return Job.fetch(job_id, connection=redis, serializer=JSONSerializer)
    except NoSuchJobError:
        return None
    except RedisError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever reading it raises)
        bury(redis, job_id, error)
        return None
