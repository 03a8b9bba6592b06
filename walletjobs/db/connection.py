"""Connections to Postgres: plain for workers and commands, pooled for the web."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.types.numeric import NumericBinaryLoader, NumericLoader
from psycopg_pool import ConnectionPool, PoolTimeout

from walletjobs.errors import DatabaseUnavailable

CONNECT_TIMEOUT = 5  # seconds
POOL_TIMEOUT = 1.0  # seconds: a request says 503 sooner than it hangs
RECONNECT_TIMEOUT = 5.0  # seconds: longer tries wait longer between, and would miss that Postgres is back


def connect(url: str) -> Connection[Any]:
    """A connection in autocommit; work that belongs together says ``with connection.transaction()``.

    Raises: DatabaseUnavailable.
    """
    with translated():
        connection = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT)
        configure(connection)
        return connection


def open_pool(url: str, size: int) -> ConnectionPool[Connection[Any]]:
    """A pool of up to ``size`` connections, to be opened once in each process, after the fork.

    It opens without Postgres too; taking a connection then raises PoolTimeout after a second.
    """
    return ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        timeout=POOL_TIMEOUT,
        reconnect_timeout=RECONNECT_TIMEOUT,
        kwargs={"autocommit": True, "connect_timeout": CONNECT_TIMEOUT},
        configure=configure,
        check=ConnectionPool.check_connection,
        open=True,
    )


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
