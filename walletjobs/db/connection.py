"""Connections to Postgres: plain for workers and commands, pooled for the web."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import NumericBinaryLoader, NumericLoader
from psycopg_pool import ConnectionPool, PoolTimeout

from walletjobs.errors import DatabaseUnavailable

CONNECT_TIMEOUT = 5  # seconds
POOL_TIMEOUT = 5.0  # seconds: in a burst a request waits its turn
RECONNECT_TIMEOUT = 5.0  # seconds: longer tries wait longer between, and would miss that Postgres is back
ANSWER_TIMEOUT = 0.8  # seconds that Postgres has to show a request that it lives: else it says 503
QUERY_TIMEOUT = 10.0  # seconds that a request waits for one answer: it is cut at 30

#: A peer that vanished without a word is noticed within a minute. Source: PostgreSQL manual, "Parameter Key Words".
_KEEPALIVE: dict[str, Any] = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


def connect(url: str) -> Connection[Any]:
    """A connection in autocommit; work that belongs together says ``with connection.transaction()``.

    Raises: DatabaseUnavailable.
    """
    with translated():
        connection = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT, **_KEEPALIVE)
        configure(connection)
        return connection


def open_pool(url: str, size: int) -> ConnectionPool[Connection[Any]]:
    """A pool of up to ``size`` connections, to be opened once in each process, after the fork.

    It opens without Postgres too. In a burst a connection is waited for; where Postgres is away, or accepts and never
    answers, taking one raises within a second.
    """
    return _Pool(
        url,
        connection_class=_Impatient,
        min_size=1,
        max_size=size,
        timeout=POOL_TIMEOUT,
        reconnect_timeout=RECONNECT_TIMEOUT,
        kwargs={"autocommit": True, "connect_timeout": CONNECT_TIMEOUT, **_KEEPALIVE},
        configure=configure,
        open=True,
    )


class _Impatient(Connection[Any]):
    """Gives up on a Postgres that does not answer. A timeout of Postgres' own would hang with it."""

    patience = QUERY_TIMEOUT

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        """As psycopg's, for ``patience`` seconds; a connection with half an answer is closed.

        Raises: OperationalError.
        """
        try:
            return super().wait(gen, *args, **{"timeout": self.patience, **options})
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()
            raise


class _Pool(ConnectionPool[Connection[Any]]):
    """Gives out connections that answer."""

    _away = True  # Postgres did not answer when it was last asked, or has not answered yet

    def getconn(self, timeout: float | None = None) -> Connection[Any]:
        """As psycopg's; a connection that broke off is replaced, one that hangs is the last that is tried.

        Raises: PoolTimeout; OperationalError.
        """
        while True:
            connection = self._next(self.timeout if timeout is None else timeout)
            assert isinstance(connection, _Impatient)
            connection.patience = ANSWER_TIMEOUT
            try:
                connection.execute(b"")
            except psycopg.OperationalError:
                self._away, hangs = True, not connection.broken
                self.putconn(connection)
                if hangs:
                    raise
                continue
            connection.patience, self._away = QUERY_TIMEOUT, False
            return connection

    def _next(self, timeout: float) -> Connection[Any]:
        """As psycopg's getconn; the whole timeout is for a Postgres that answers others meanwhile."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                return super().getconn(min(ANSWER_TIMEOUT, timeout))
            except PoolTimeout:
                timeout = deadline - time.monotonic()
                if self._away or timeout <= 0:
                    raise


@contextmanager
def translated() -> Iterator[None]:
    """Inside it, a Postgres that is away, or breaks off, is a DatabaseUnavailable."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
        reason = str(error).strip().partition("\n")[0]
        raise DatabaseUnavailable(f"Postgres cannot be reached: {reason}") from error


def configure(connection: Connection[Any]) -> None:
    """Reads whole numerics as ``int``: chain amounts pass bigint and must stay exact."""
    connection.adapters.register_loader("numeric", _TextNumeric)
    connection.adapters.register_loader("numeric", _BinaryNumeric)


def _whole(value: Decimal) -> Decimal | int:
    return int(value) if value.is_finite() and value.as_tuple().exponent == 0 else value


class _TextNumeric(NumericLoader):
    def load(self, data: Any) -> Any:
        return _whole(super().load(data))


class _BinaryNumeric(NumericBinaryLoader):
    def load(self, data: Any) -> Any:
        return _whole(super().load(data))
