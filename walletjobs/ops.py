"""Read-only figures of queues and workers, from RQ's registries; nothing here can disturb a job."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from redis import Redis
from rq.executions import Execution
from rq.job import Job
from rq.utils import utcparse
from rq.worker import BaseWorker
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from walletjobs.jobs.connection import translated
from walletjobs.jobs.queue import QUEUES, queue_of


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One queue, now."""

    name: str
    depth: int  # jobs that wait
    scheduled: int  # jobs that wait for their next attempt
    started: int  # jobs that run
    failed: int  # jobs kept as failed
    latency_seconds: float | None  # how long the oldest waits; None where none does
    workers: int  # processes that take from it


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """One worker process, now."""

    name: str
    queues: tuple[str, ...]
    state: str
    job_id: str | None
    hostname: str | None
    pid: int | None
    born_at: datetime | None
    heard_at: datetime | None  # by the worker's own clock


def queues(redis: Redis) -> list[QueueFigures]:
    """Every queue.

    Raises: QueueUnavailable.
    """
    with translated():
        return [queue(redis, name) for name in QUEUES]


def queue(redis: Redis, name: str) -> QueueFigures:
    """One queue by name.

    Raises: QueueUnavailable.
    """
    found = queue_of(redis, name)
    with translated(), redis.pipeline() as pipeline:
        pipeline.llen(found.key)
        pipeline.zcard(found.scheduled_job_registry.key)
        pipeline.zcard(found.started_job_registry.key)
        pipeline.zcard(found.failed_job_registry.key)
        pipeline.smembers(WORKERS_BY_QUEUE_KEY % name)
        pipeline.lindex(found.key, 0)
        depth, scheduled, started, failed, workers, oldest = pipeline.execute()
        alive = sum(bool(redis.exists(key)) for key in workers)
        return QueueFigures(name, depth, scheduled, started, failed, _waited(redis, oldest), alive)


def workers(redis: Redis) -> list[WorkerFigures]:
    """Every worker process that lives.

    Raises: QueueUnavailable.
    """
    with translated():
        return [_worker(worker) for worker in BaseWorker.all(connection=redis)]


def _worker(worker: BaseWorker) -> WorkerFigures:
    return WorkerFigures(
        name=worker.name,
        queues=tuple(worker.queue_names()),
        state=worker.get_state(),
        job_id=_job_of(worker),
        hostname=worker.hostname,
        pid=worker.pid,
        born_at=worker.birth_date,
        heard_at=worker.last_heartbeat,
    )


def _job_of(worker: BaseWorker) -> str | None:
    """The job that a worker runs. RQ reads more of its execution than may be left of it."""
    members = cast(set[bytes], worker.connection.smembers(worker.executions_key))
    running = [Execution.from_composite_key(member.decode(), worker.connection) for member in members]
    return next((each.job_id for each in running if worker.connection.exists(each.key)), None)


def _waited(redis: Redis, job_id: bytes | None) -> float | None:
    """Seconds since a job was queued, by Redis' clock now and its writer's clock then."""
    if job_id is None:
        return None
    queued_at = cast(bytes | None, redis.hget(Job.key_for(job_id.decode()), "enqueued_at"))
    if not queued_at:
        return None
    seconds, microseconds = cast(Any, redis.time())
    since = utcparse(queued_at.decode()).timestamp()
    return max(0.0, float(seconds) + float(microseconds) / 1e6 - since)
