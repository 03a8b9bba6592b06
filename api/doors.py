"""The Redis and Postgres connections of one web process, and what it need not ask them each time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from flask import current_app
from psycopg import Connection
from psycopg_pool import ConnectionPool
from redis import Redis

from walletjobs.config import Config
from walletjobs.db.connection import open_pool, translated
from walletjobs.jobs.connection import web_redis
from walletjobs.jobs.estimates import Estimates

#: Connections to Postgres a web process may hold; small plans allow 20 for everything.
POOL_SIZE = 4


class Doors:
    """Opens each connection at its first use, so after gunicorn's fork, and shares it between threads."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.estimates = Estimates()
        self._opening = threading.Lock()
        self._redis: Redis | None = None
        self._pool: ConnectionPool[Connection[Any]] | None = None

    @property
    def redis(self) -> Redis:
        """The process's Redis client: answers or fails within a second."""
        with self._opening:
            if self._redis is None:
                self._redis = web_redis(self.config.redis_url)
            return self._redis

    @contextmanager
    def database(self) -> Iterator[Connection[Any]]:
        """A connection from the pool, in autocommit, for as long as the block lasts.

        Raises: DatabaseUnavailable after POOL_TIMEOUT without one.
        """
        with self._opening:
            if self._pool is None:
                self._pool = open_pool(self.config.database_url, POOL_SIZE)
        with translated(), self._pool.connection() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection[Any]]:
        """A connection that reads everything as of one moment, and cannot write.

        Raises: DatabaseUnavailable after POOL_TIMEOUT without one.
        """
        with self.database() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection

    def close(self) -> None:
        """Gives everything back."""
        with self._opening:
            if self._pool is not None:
                self._pool.close()
            if self._redis is not None:
                self._redis.close()
            self._pool = self._redis = None


def doors() -> Doors:
    """The connections of the app that answers this request."""
    return cast(Doors, current_app.extensions["doors"])
