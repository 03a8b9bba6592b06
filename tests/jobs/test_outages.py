"""Worker processes while Redis or Postgres hangs or restarts, and while dynos restart: jobs wait, and go on."""

import signal
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from chaos.parts import family, strike
from jobservice import Service, trades, until
from redis import Redis
from stalling import Stalling

from walletjobs.db.connection import connect
from walletjobs.db.migrate import migrate
from walletjobs.dev.postgres import Postgres
from walletjobs.dev.processes import Process
from walletjobs.jobs import events

LENGTH = 1200  # transactions: 12 pages and the empty one
SLOW = {"latency": {"addresses": 300}}  # milliseconds a page


@pytest.fixture
def service(make_service, redis_client: Redis) -> Service:
    return make_service(redis_client, trades(LENGTH), **SLOW)


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A Postgres of this test alone, that may be struck."""
    server = Postgres(tmp_path / "postgres")
    server.start()
    with connect(server.url) as connection:
        migrate(connection)
    yield server
    server.stop()


@pytest.fixture
def way(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stalling]:
    """The workers' way to Redis, that may stall; the test has one of its own."""
    with Stalling(redis_url) as stalling:
        monkeypatch.setenv("REDIS_URL", stalling.url)
        yield stalling


def test_a_postgres_that_stops_in_the_midst_of_a_sync_costs_no_page(
    service, start_pool, postgres, monkeypatch
):
    monkeypatch.setenv("DATABASE_URL", postgres.url)
    with connect(postgres.url) as connection:
        struck = Service(service.redis, connection, service.provider)
        start_pool()
        job_id = struck.submit(enrich_metadata=False).job_id
        until(lambda: 200 <= struck.stored() < LENGTH)
    assert postgres.process is not None
    postgres.process.send_signal(signal.SIGQUIT)
    postgres.process.wait()
    postgres.start()
    with connect(postgres.url) as connection:
        struck = Service(service.redis, connection, service.provider)
        _completes_whole(struck, job_id)
        assert struck.provider.requests["addresses"] <= LENGTH // 100 + 4


def test_a_redis_that_hangs_for_a_while_costs_a_while(service, way, start_pool):
    start_pool()
    job_id = service.submit(enrich_metadata=False).job_id
    until(lambda: 200 <= service.stored() < LENGTH)
    way.stall()
    time.sleep(4)
    way.flow()
    _completes_whole(service, job_id)
    assert service.run(job_id).attempts == []


def test_a_dyno_whose_every_process_hears_the_end_twice_spends_no_attempt(service, start_pool):
    service.provider.change(latency={"addresses": 1500})
    first = start_pool()
    job_id = service.submit(enrich_metadata=False).job_id
    until(lambda: service.stored() >= 100)
    for _ in range(2):
        strike(list(family(first.pid)), signal.SIGTERM)
        time.sleep(1.2)  # RQ takes a second signal for impatience after one second
    first.wait(60)
    service.provider.change(latency={})
    start_pool()
    _completes_whole(service, job_id)
    assert (service.run(job_id).attempts, service.run(job_id).turn) == ([], 2)


def test_a_job_that_is_handed_on_again_and_again_comes_to_its_end(service, start_pool):
    """A job longer than its dynos live: each start fetches what is missing, and at most its first page again."""
    pool: Process = start_pool()
    job_id = service.submit(enrich_metadata=False).job_id
    for pages in (2, 5):
        until(lambda pages=pages: service.stored() >= 100 * pages)
        pool.send_signal(signal.SIGTERM)
        pool.wait(60)
        pool = start_pool()
    _completes_whole(service, job_id)
    run = service.run(job_id)
    assert (run.attempt, run.attempts, run.turn) == (1, [], 3)
    assert (
        service.provider.requests["addresses"] <= LENGTH // 100 + 1 + 2 * 3
    )  # a head page, and the one in flight
    told = [event.data for event in service.events(job_id) if event.event == events.PROGRESS]
    assert sum("another worker" in str(data.get("message")) for data in told) >= 2
    assert all(
        after.get("message") for before, after in pairwise(told) if after["progress"] < before["progress"]
    )


def _completes_whole(service: Service, job_id: str) -> None:
    assert service.ended(job_id) == events.COMPLETED
    assert service.stored() == LENGTH
    assert service.one("SELECT sum(transactions) FROM raw_page") == LENGTH
    assert service.endings(job_id) == [events.COMPLETED]
