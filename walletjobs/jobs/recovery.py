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
from walletjobs.jobs.queue import RESULT_TTL


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
        answer_for(redis, connection, job_id)
        return True


def answer_for(redis: Redis, connection: Connection[Any], job_id: str) -> None:
    """A job whose worker died: an attempt is spent, and the job runs again if it has one left."""
    run = _wanted(redis, connection, job_id)
    if run is not None and run.status == "processing":
        _attempt_lost(redis, connection, run)
    elif run is not None:
        status.put_into_queue(redis, run, "Queued again.")


def bring_back(redis: Redis, connection: Connection[Any], job_id: str) -> None:
    """A job that lost its place in Redis by no fault of its own: it is queued again, and no attempt is spent."""
    run = _wanted(redis, connection, job_id)
    if run is not None and RunRepository(connection).put_back(run):
        status.put_into_queue(redis, run, "Queued again.", at_front=True)


def _wanted(redis: Redis, connection: Connection[Any], job_id: str) -> Run | None:
    """The run, if it shall go on; else its end is made known."""
    run = RunRepository(connection).find(job_id)
    if run is None:
        return None
    if not run.live:  # its worker died between the record of its end and the event
        status.announce_end(redis, run)
        redis.expire(Job.key_for(job_id), RESULT_TTL)
        return None
    if redis.exists(keys.cancel(job_id)):
        ending = Ending("cancelled", None, Cancelled.code, status.CANCELLED_BY_USER)
        _end(redis, connection, run, ending, None)
        return None
    return run


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
            status.announce_end(redis, ended)
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
