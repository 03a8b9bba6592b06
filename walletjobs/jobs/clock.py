"""What happens by itself as time goes by, in one process of all: schedules come due, held jobs get
their turns, batches are told of, old jobs are forgotten."""

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from psycopg import Connection
from redis import Redis
from redis.exceptions import RedisError

from walletjobs.config import Config
from walletjobs.core.batch import Batch
from walletjobs.db.connection import connect
from walletjobs.db.statistics import forget_ended
from walletjobs.errors import WalletjobsError
from walletjobs.jobs import keys, turns
from walletjobs.jobs.batches import tell_batches
from walletjobs.jobs.connection import worker_redis
from walletjobs.jobs.leading import Candidate
from walletjobs.jobs.refreshes import refresh_due
from walletjobs.jobs.schedules import run_due

EVERY = 0.25  # seconds between two ticks
LEADER_TTL = 4  # seconds
FORGET_EVERY = 3600.0  # seconds
RETRY_AFTER = 1.0  # seconds, where Redis or Postgres is away

log = structlog.get_logger(__name__)


class Clock:
    """Ticks with a connection of its own; everything that a tick does may be done twice, or by two at once."""

    def __init__(
        self, redis: Redis, open_database: Callable[[], Connection[Any]], retention_days: int = 0
    ) -> None:
        self._redis = redis
        self._open_database = open_database
        self._candidate = Candidate(redis, keys.clock_leader(), LEADER_TTL)
        self._retention_days = retention_days
        self._forget_at = 0.0  # by our own clock
        self._told: dict[str, Batch] = {}

    def run(self, over: threading.Event) -> None:
        """Ticks until it is over, whatever happens in between."""
        while not over.is_set():
            try:
                with self._open_database() as connection:
                    while not over.wait(EVERY):
                        self.tick(connection)
            except (RedisError, psycopg.Error, WalletjobsError) as error:
                log.warning("clock waits", reason=str(error))
                over.wait(RETRY_AFTER)

    def tick(self, connection: Connection[Any]) -> None:
        """Everything whose time has come."""
        if self._candidate.leads():
            turns.free_dependents(self._redis, connection)
            run_due(connection)
            refresh_due(self._redis, connection)
            turns.give_turns(self._redis, connection)
            self._told = tell_batches(self._redis, connection, self._told)
            self._forget(connection)

    def _forget(self, connection: Connection[Any]) -> None:
        if not self._retention_days or time.monotonic() < self._forget_at:
            return
        self._forget_at = time.monotonic() + FORGET_EVERY
        if gone := forget_ended(connection, self._retention_days):
            log.info("old jobs forgotten", rows=gone)


def watch(config: Config, over: threading.Event) -> None:
    """Ticks until it is over."""
    redis = worker_redis(config.redis_url)
    Clock(redis, lambda: connect(config.database_url), config.retention_days).run(over)
