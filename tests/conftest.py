"""Real servers for the whole session; each test finds its database and its Redis empty."""

import itertools
import os
import secrets
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import psycopg
import pytest
import redis
from hypothesis import settings

from walletjobs.db.connection import connect
from walletjobs.db.migrate import migrate
from walletjobs.dev import embedded
from walletjobs.dev.embedded import Servers
from walletjobs.dev.replay import Book, Options, ReplayServer

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"

MakeDatabase = Callable[[], AbstractContextManager[str]]

_ALONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_EMPTY = """
DO $$
DECLARE each text; has_rows bool; filled text;
BEGIN
    FOR each IN SELECT relname FROM pg_stat_user_tables WHERE relname <> 'schema_migration' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', each) INTO has_rows;
        IF has_rows THEN filled := concat_ws(', ', filled, quote_ident(each)); END IF;
    END LOOP;
    IF filled IS NOT NULL THEN EXECUTE 'TRUNCATE ' || filled || ' RESTART IDENTITY CASCADE'; END IF;
END $$
"""

# No deadline: a busy machine is no failure. HYPOTHESIS_PROFILE=deep looks longer.
settings.register_profile("suite", deadline=None, max_examples=60)
settings.register_profile("deep", deadline=None, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


# A shell that starts the suite in the background has interrupts ignored, and what tests interrupt would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)

#: What takes longest begins first, else one process is left alone with it in the end.
LONGEST = (
    "test_demo", "test_chaos", "test_real_workers", "test_live", "test_scan_jobs", "test_pages", "test_outages",
    "test_health", "test_document", "test_batches_real", "test_standalone", "test_sync_routes",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; each stays whole, and the others in their order."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))


def pytest_addoption(parser: pytest.Parser) -> None:
    """``make test ARGS="--generated 100000 tests/dev/generate"``: a larger wallet whose truth is known."""
    parser.addoption("--generated", type=int, default=3000, help="transactions of the wallet with every trap")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Postgres and Redis, ours unless DATABASE_URL and REDIS_URL name others."""
    with embedded.servers(tmp_path_factory.mktemp("servers"), durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def databases(servers: Servers) -> Iterator[MakeDatabase]:
    """Migrated, empty databases that are there for a block: ``with databases() as url``."""
    template = f"walletjobs_test_{secrets.token_hex(4)}"
    with connect(servers.database_url) as server:
        server.execute(f"CREATE DATABASE {template}".encode())
        with connect(_named(servers.database_url, template)) as database:
            migrate(database)

        @contextmanager
        def copied() -> Iterator[str]:
            name = f"{template}_{secrets.token_hex(4)}"
            server.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY".encode())
            yield _named(servers.database_url, name)
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

        yield copied
        server.execute(f"DROP DATABASE {template} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def standing_database(databases: MakeDatabase) -> Iterator[str]:
    """The database of the tests, one after the other: to empty it takes a fraction of what a new one takes."""
    with databases() as url:
        yield url


@pytest.fixture
def database_url(standing_database: str) -> str:
    """A migrated, empty database; whoever the last test left in it is gone."""
    with connect(standing_database) as connection:
        connection.execute(_ALONE)
        connection.execute(_EMPTY)
    return standing_database


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to this test's database."""
    with connect(database_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def _empty_redises(servers: Servers) -> list[str]:
    """Two logical databases that hold nothing, others for each process of a run: no Redis must come to harm."""
    empty: list[str] = []
    wanted = 2 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1)
    for number in itertools.chain(range(1, 16), [0]):
        url = _named(servers.redis_url, str(number))
        with redis.Redis.from_url(url) as client:
            if client.dbsize() == 0:
                empty.append(url)
        if len(empty) == wanted:
            return empty[-2:]
    raise pytest.UsageError(f"REDIS_URL has no {wanted} empty logical databases for the tests")


@pytest.fixture(scope="session")
def _empty_redis(_empty_redises: list[str]) -> str:
    """The one of the tests that come and go."""
    return _empty_redises[0]


@pytest.fixture(scope="session")
def standing_redis(_empty_redises: list[str]) -> str:
    """The one of a service that runs as long as the session: its workers must not take the tests' jobs."""
    return _empty_redises[1]


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


@pytest.fixture
def replay() -> Iterator[Callable[..., ReplayServer]]:
    """Starts replay servers: ``replay(data, latency={"rpc": 150}, …)``; ``data`` is files or transactions."""
    with ExitStack() as running:

        def start(data: Iterable[Path | dict[str, Any]], **options: object) -> ReplayServer:
            items = list(data)
            paths = [item for item in items if isinstance(item, Path)]
            lines = [msgspec.json.encode(item) for item in items if not isinstance(item, Path)]
            book = Book.read(paths) if paths else Book([lines])
            return running.enter_context(ReplayServer(book, Options().changed(options)))

        yield start


def _named(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()
