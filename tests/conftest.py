"""Real servers for the whole session, a fresh database and an empty Redis for each test."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from psycopg import sql

from walletjobs.db.connection import connect
from walletjobs.db.migrate import migrate
from walletjobs.dev import embedded
from walletjobs.dev.embedded import Servers

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Postgres and Redis, ours unless DATABASE_URL and REDIS_URL name others."""
    with embedded.servers(tmp_path_factory.mktemp("servers"), durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def make_database(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A factory of migrated databases: copies of one that is migrated once a session."""
    prefix = f"walletjobs_test_{abs(hash(tmp_path_factory.getbasetemp())):x}"
    made = [prefix]
    with connect(servers.database_url) as connection:

        def make() -> str:
            name = f"{prefix}_{len(made)}"
            made.append(name)
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(prefix)
                )
            )
            return urlsplit(servers.database_url)._replace(path=f"/{name}").geturl()

        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(prefix)))
        with connect(urlsplit(servers.database_url)._replace(path=f"/{prefix}").geturl()) as template:
            migrate(template)
        yield make
        for name in made:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


@pytest.fixture
def database_url(make_database: Any) -> str:
    """A migrated, empty database."""
    return str(make_database())


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to this test's database."""
    with connect(database_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def _empty_redis(servers: Servers) -> str:
    """A logical database that holds nothing: someone else's Redis must come to no harm."""
    for number in itertools.chain(range(1, 16), [0]):
        url = urlsplit(servers.redis_url)._replace(path=f"/{number}").geturl()
        with redis.Redis.from_url(url) as client:
            if client.dbsize() == 0:
                return url
    raise pytest.UsageError("REDIS_URL has no empty logical database for the tests")


@pytest.fixture
def redis_url(_empty_redis: str) -> Iterator[str]:
    """A Redis that is empty before and after the test."""
    yield _empty_redis
    with redis.Redis.from_url(_empty_redis) as client:
        client.flushdb()


@pytest.fixture
def redis_client(redis_url: str) -> Iterator["redis.Redis[bytes]"]:
    """A client of this test's Redis; it answers bytes."""
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def shared_data() -> Path:
    """The folder of real transactions; the test is skipped, visibly, where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real transactions at {SHARED_DATA}")
    return SHARED_DATA
