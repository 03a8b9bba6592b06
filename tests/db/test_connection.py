"""Connections read exact numbers, and say in our words when Postgres is away."""

import threading
from contextlib import suppress
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool, PoolTimeout
from stalling import Stalling

from walletjobs.db.connection import ANSWER_TIMEOUT, connect, open_pool, translated
from walletjobs.errors import DatabaseUnavailable

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("amount", [0, -1, 2**63, 2**64 - 1, -(2**70), 10**30])
def test_whole_numerics_are_exact_ints(
    connection: psycopg.Connection[Any], amount: int, binary: bool
) -> None:
    cursor = connection.cursor(binary=binary)
    row = cursor.execute("SELECT %s::numeric, %s::numeric(40, 0)", [amount, amount]).fetchone()
    assert row == (amount, amount)
    assert [type(value) for value in row or ()] == [int, int]


@pytest.mark.parametrize("binary", [False, True])
def test_other_numerics_stay_decimals(connection: psycopg.Connection[Any], binary: bool) -> None:
    cursor = connection.cursor(binary=binary)
    price, unknown = cursor.execute("SELECT 1.50::numeric, 'NaN'::numeric").fetchone() or ()
    assert (price, type(price)) == (Decimal("1.50"), Decimal)
    assert unknown.is_nan()


def test_a_sum_of_bigints_is_an_int(connection: psycopg.Connection[Any]) -> None:
    total = connection.execute(
        "SELECT sum(value) FROM (VALUES (9223372036854775807::bigint), (1)) AS t (value)"
    )
    assert total.fetchone() == (2**63,)


def test_a_connection_commits_each_statement(connection: psycopg.Connection[Any], database_url: str) -> None:
    connection.execute("CREATE TABLE seen (id integer)")
    with connect(database_url) as other:
        assert other.execute("SELECT count(*) FROM seen").fetchone() == (0,)


def test_no_postgres_is_a_transient_error_of_ours() -> None:
    with pytest.raises(DatabaseUnavailable, match="cannot be reached"):
        connect(NOWHERE)


def test_a_cut_connection_is_a_transient_error_of_ours(
    connection: psycopg.Connection[Any], database_url: str
) -> None:
    with connect(database_url) as victim:
        connection.execute("SELECT pg_terminate_backend(%s)", [victim.info.backend_pid])
        with pytest.raises(DatabaseUnavailable), translated():
            victim.execute("SELECT 1")


def test_a_faulty_statement_is_not_called_an_outage(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable), translated():
        connection.execute("SELECT * FROM nowhere")


def test_a_pool_opens_without_postgres_and_says_so_when_asked() -> None:
    with open_pool(NOWHERE, 1) as pool, pytest.raises(DatabaseUnavailable), translated(), pool.connection():
        pass


def test_a_busy_pool_is_waited_for_longer_than_a_silent_postgres(database_url: str) -> None:
    with open_pool(database_url, 1) as pool:
        busy = pool.getconn()
        threading.Timer(1.5 * ANSWER_TIMEOUT, pool.putconn, [busy]).start()
        with pool.connection() as connection:
            assert connection is busy


def test_a_pool_replaces_a_connection_that_was_cut(
    connection: psycopg.Connection[Any], database_url: str
) -> None:
    with open_pool(database_url, 1) as pool:
        with pool.connection() as first:
            cut = first.info.backend_pid
            assert first.execute("SELECT 7::numeric").fetchone() == (7,)
        connection.execute("SELECT pg_terminate_backend(%s)", [cut])
        with pool.connection() as second:
            assert second.info.backend_pid != cut
            assert second.execute("SELECT 7::numeric").fetchone() == (7,)


def test_a_postgres_that_accepts_and_never_answers_is_noticed_and_forgiven(database_url: str) -> None:
    with Stalling(database_url) as way, open_pool(way.url, size=2) as pool:
        with pool.connection() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        way.stall()
        with pytest.raises(DatabaseUnavailable), translated(), pool.connection():
            pass
        way.flow()
        assert any(_answers(pool) for _ in range(30)), "each asks for a second"


def _answers(pool: ConnectionPool[psycopg.Connection[Any]]) -> bool:
    with suppress(PoolTimeout), pool.connection() as connection:
        return connection.execute("SELECT 2").fetchone() == (2,)
    return False


def test_a_request_does_not_wait_for_ever_in_the_midst_of_its_work(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("walletjobs.db.connection.QUERY_TIMEOUT", 0.2)
    with Stalling(database_url) as way, open_pool(way.url, size=1) as pool, pool.connection() as connection:
        way.stall()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        assert connection.closed
