"""Read-only figures of queues and workers, from RQ's registries and the record of jobs; nothing here can disturb a
job."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from psycopg import Connection
from redis import Redis
from rq.executions import Execution
from rq.job import Job
from rq.utils import utcparse
from rq.worker import BaseWorker
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from walletjobs.core.demand import Traffic, processes_wanted
from walletjobs.db.connection import translated as database_translated
from walletjobs.db.statistics import traffic
from walletjobs.jobs.connection import translated
from walletjobs.jobs.queue import BACKGROUND_QUEUE, QUEUES, queue_of

LATELY = 600  # seconds over which arrivals and services are counted
#: Seconds in which what waits in a queue shall be done: users look on, a batch may take half an hour.
PATIENCE = dict.fromkeys(QUEUES, 60.0) | {BACKGROUND_QUEUE: 1800.0, "maintenance": 300.0}


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One queue, now."""

    name: str
    depth: int  # jobs that wait
    scheduled: int  # jobs that wait for their next attempt
    started: int  # jobs that run
    failed: int  # jobs kept as failed
    workers: int  # processes that take from it
    held: int  # jobs that wait in Postgres for their turn in it
    latency_seconds: float | None  # how long the oldest waits, here or there; None where none does
    arrivals_per_minute: float
    served_per_minute: float
    service_seconds: float | None  # mean from a job's start to its end; None where none ended lately
    processes_wanted: int  # that keep up with it, and are soon through with what waits


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


def queues(redis: Redis, connection: Connection[Any]) -> list[QueueFigures]:
    """Every queue.

    Raises: QueueUnavailable, DatabaseUnavailable.
    """
    with database_translated():
        lately = traffic(connection, LATELY)
    with translated():
        return [_queue(redis, name, lately.get(name, Traffic(0, 0, LATELY, None))) for name in QUEUES]


def queue(redis: Redis, connection: Connection[Any], name: str) -> QueueFigures:
    """One queue by name.

    Raises: QueueUnavailable, DatabaseUnavailable.
    """
    return next(figures for figures in queues(redis, connection) if figures.name == name)


def workers(redis: Redis) -> list[WorkerFigures]:
    """Every worker process that lives.

    Raises: QueueUnavailable.
    """
    with translated():
        return [_worker(worker) for worker in BaseWorker.all(connection=redis)]


def _queue(redis: Redis, name: str, lately: Traffic) -> QueueFigures:
    found = queue_of(redis, name)
    with redis.pipeline() as pipeline:
        pipeline.llen(found.key)
        pipeline.zcard(found.scheduled_job_registry.key)
        pipeline.zcard(found.started_job_registry.key)
        pipeline.zcard(found.failed_job_registry.key)
        pipeline.smembers(WORKERS_BY_QUEUE_KEY % name)
        pipeline.lindex(found.key, 0)
        depth, scheduled, started, failed, workers, oldest = pipeline.execute()
    waits = [each for each in (_waited(redis, oldest), lately.oldest_held_seconds) if each is not None]
    return QueueFigures(
        name=name,
        depth=depth,
        scheduled=scheduled,
        started=started,
        failed=failed,
        workers=sum(bool(redis.exists(key)) for key in workers),
        held=lately.held,
        latency_seconds=max(waits, default=None),
        arrivals_per_minute=60 * lately.arrivals / lately.seconds,
        served_per_minute=60 * lately.served / lately.seconds,
        service_seconds=lately.service_seconds,
        processes_wanted=processes_wanted(depth + lately.held, lately, PATIENCE[name]),
    )


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
