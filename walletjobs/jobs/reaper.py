"""Finds the jobs that were lost: by a worker that died, or by a Redis that forgot.

A job that is live in Postgres must be named somewhere in Redis: in a queue, in the intermediate list between
pop and start, among those that run, or among those that are scheduled. What is named nowhere was lost.

A worker is lost when nothing is heard of it for ``SILENCE`` seconds of *our* clock, in which we did look: its lease
is compared with what we saw before, not with the time, so no two machines' clocks need to agree.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import psycopg
import structlog
from psycopg import Connection
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.executions import Execution
from rq.registry import FailedJobRegistry, FinishedJobRegistry
from rq.worker_registration import clean_worker_registry

from walletjobs.config import Config
from walletjobs.core.run import Run
from walletjobs.db.connection import connect
from walletjobs.db.runs import RunRepository
from walletjobs.errors import WalletjobsError
from walletjobs.jobs import keys, recovery
from walletjobs.jobs.connection import worker_redis
from walletjobs.jobs.leading import Candidate
from walletjobs.jobs.queue import QUEUES, queue_of

SILENCE = 8.0  # seconds without a heartbeat (there is one every 3) until a worker counts as lost
STUCK = 3.0  # seconds that a job may be between pop and start
FORGOTTEN = 3.0  # seconds that a live job may be named nowhere: it may be on its way
EVERY = 1.0  # seconds between two looks
LEADER_TTL = 4  # seconds
HOUSEKEEPING_EVERY = 60.0  # seconds

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where one look found jobs named in Redis."""

    leases: dict[tuple[str, str], float]  # (queue, "job:execution") → end of its lease
    between: set[tuple[str, str]]  # (queue, job) popped, perhaps not started
    named: set[str]  # every job that is anywhere


def look(redis: Redis) -> Sighting:
    """Every job that Redis names, as of one moment."""
    queues = [queue_of(redis, name) for name in QUEUES]
    with redis.pipeline() as pipeline:
        for queue in queues:
            pipeline.zrange(queue.started_job_registry.key, 0, -1, withscores=True)
            pipeline.lrange(queue.intermediate_queue_key, 0, -1)
            pipeline.lrange(queue.key, 0, -1)
            pipeline.zrange(queue.scheduled_job_registry.key, 0, -1)
        found = pipeline.execute()
    leases: dict[tuple[str, str], float] = {}
    between: set[tuple[str, str]] = set()
    named: set[str] = set()
    for index, queue in enumerate(queues):
        running, popped, waiting, scheduled = found[4 * index : 4 * index + 4]
        leases |= {(queue.name, entry.decode()): score for entry, score in running}
        between |= {(queue.name, job_id.decode()) for job_id in popped}
        named |= {job_id.decode() for job_id in (*popped, *waiting, *scheduled)}
    named |= {entry.partition(":")[0] for _, entry in leases}
    return Sighting(leases, between, named)


class Patience:
    """How long things have been as they are, while we looked: a time in which this process stood still, or Redis
    did not answer, proves nothing."""

    def __init__(self) -> None:
        self._since: dict[Any, tuple[Any, float]] = {}
        self._watched = 0.0  # seconds
        self._looked_at = time.monotonic()

    def outlasted(self, things: dict[Any, Any], seconds: float) -> list[Any]:
        """The keys whose value has not changed for so long; what is absent is forgotten."""
        now = time.monotonic()
        self._watched += min(now - self._looked_at, 2 * EVERY)
        before, self._since, self._looked_at = self._since, {}, now
        for key, value in things.items():
            known = before.get(key)
            self._since[key] = known if known is not None and known[0] == value else (value, self._watched)
        return [key for key, (_, since) in self._since.items() if self._watched - since >= seconds]


class Reaper:
    """Looks every second; one process leads and acts, the others watch and are ready."""

    def __init__(self, redis: Redis, open_database: Callable[[], Connection[Any]]) -> None:
        self._redis = redis
        self._open_database = open_database
        self._candidate = Candidate(redis, keys.recovery_leader(), LEADER_TTL)
        self._leases, self._between, self._missing = Patience(), Patience(), Patience()
        self._housekeeping_at = 0.0

    def run(self, over: threading.Event) -> None:
        """Looks until it is over, whatever happens in between."""
        while not over.wait(EVERY):
            try:
                self.tick()
            except (RedisError, psycopg.Error, WalletjobsError) as error:
                log.warning("recovery waits", reason=str(error))

    def tick(self) -> None:
        """One look, and what follows from it where this process leads."""
        if not self._candidate.leads():
            self._judge(look(self._redis))
            return
        for name in QUEUES:
            recovery.enqueue_due(queue_of(self._redis, name))
        with self._open_database() as connection:
            # Read before the look: should this process stand still in between or after, what it does to a run that
            # has a newer turn by then is refused.
            runs = {run.id: run for run in RunRepository(connection).live()}
            self._act(connection, runs, look(self._redis))
            recovery.tell_untold(self._redis, connection)
        if time.monotonic() - self._housekeeping_at >= HOUSEKEEPING_EVERY:
            self._housekeeping_at = time.monotonic()
            _keep_house(self._redis)

    def _judge(self, seen: Sighting) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """(queue, "job:execution") of the lost workers; (queue, job) of what was popped and never started."""
        silent = self._leases.outlasted(seen.leases, SILENCE)
        return silent, self._between.outlasted(_not_running(seen), STUCK)

    def _act(self, connection: Connection[Any], runs: dict[str, Run], seen: Sighting) -> None:
        silent, stuck = self._judge(seen)
        alive = {entry.partition(":")[0] for _, entry in seen.leases.keys() - set(silent)}
        for name, entry in silent:
            job_id, _, execution_id = entry.partition(":")
            self._forget_execution(queue_of(self._redis, name), job_id, execution_id)
            if job_id not in alive:
                log.warning("worker lost", job=job_id)
                recovery.answer_for(self._redis, connection, job_id, runs.get(job_id))
        for name, job_id in stuck:
            log.warning("job lost between pop and start", job=job_id)
            queue_of(self._redis, name).intermediate_queue.remove(job_id)
            recovery.bring_back(self._redis, connection, job_id, runs.get(job_id))
        unnamed = {run.id: run.turn for run in runs.values() if run.id not in seen.named}
        for job_id in self._missing.outlasted(unnamed, FORGOTTEN):
            log.warning("job forgotten by Redis", job=job_id)
            recovery.bring_back(self._redis, connection, job_id, runs[job_id])

    def _forget_execution(self, queue: Queue, job_id: str, execution_id: str) -> None:
        execution = Execution(execution_id, job_id, self._redis)
        with self._redis.pipeline() as pipeline:
            pipeline.zrem(queue.started_job_registry.key, execution.composite_key)
            pipeline.delete(execution.key)
            pipeline.lrem(queue.intermediate_queue_key, 1, job_id)
            pipeline.execute()


def watch(config: Config, over: threading.Event) -> None:
    """Recovers lost jobs until it is over."""
    redis = worker_redis(config.redis_url)
    _warn_of_eviction(redis)
    Reaper(redis, lambda: connect(config.database_url)).run(over)


def _warn_of_eviction(redis: Redis) -> None:
    """A Redis that evicts loses jobs; hosted ones may not tell what they do."""
    with suppress(RedisError):
        policy = cast(dict[str, str], redis.config_get("maxmemory-policy")).get("maxmemory-policy")
        if policy != "noeviction":
            log.warning("Redis may evict jobs; set maxmemory-policy to noeviction", policy=policy)


def _not_running(seen: Sighting) -> dict[tuple[str, str], None]:
    running = {entry.partition(":")[0] for _, entry in seen.leases}
    return {place: None for place in seen.between if place[1] not in running}


def _keep_house(redis: Redis) -> None:
    """Lets go of what has expired: RQ's own maintenance, without the part that fails abandoned jobs."""
    for queue in (queue_of(redis, name) for name in QUEUES):
        FinishedJobRegistry(queue=queue).cleanup()
        FailedJobRegistry(queue=queue).cleanup()
        clean_worker_registry(queue)
