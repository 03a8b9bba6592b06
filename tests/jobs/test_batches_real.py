"""A batch in worker processes of their own, while a user clicks, a provider refuses and Redis forgets."""

import hashlib
from typing import Any

import base58
import pytest
from jobservice import WALLET, Service, trades, until
from redis import Redis

from walletjobs.core.batch import Batch
from walletjobs.jobs import events
from walletjobs.jobs.batches import Wish, batch_view, cancel_batch, submit_batch

MEMBERS = 24
ADDRESSES = [
    base58.b58encode(hashlib.sha256(f"member {n}".encode()).digest()).decode() for n in range(MEMBERS)
]
BATCH = "batch-of-the-test"


@pytest.fixture
def service(make_service, redis_client: Redis) -> Service:
    history: list[dict[str, Any]] = [trade for address in ADDRESSES for trade in trades(3, address)]
    return make_service(redis_client, history + trades(3), latency={"addresses": 60})


def submit(service: Service) -> None:
    wish = Wish("owner", ADDRESSES, enrich_metadata=False)
    assert submit_batch(service.connection, wish, BATCH) is not None


def now(service: Service) -> Batch:
    return batch_view(service.redis, service.connection, BATCH).batch


def ended(service: Service) -> Batch:
    return until(lambda: (batch := now(service)).told_at and batch, seconds=180)


def test_a_batch_ends_with_its_failures_named_and_a_click_does_not_wait_for_it(service, start_pool):
    service.provider.change(refuse=[ADDRESSES[3]])
    start_pool()
    submit(service)
    until(lambda: now(service).tally.over >= 2)
    click = service.submit(WALLET, enrich_metadata=False).job_id
    assert service.ended(click) == events.COMPLETED
    assert now(service).tally.live, "the click was done before the batch"
    tally = ended(service).tally
    assert (tally.completed, tally.failed, tally.cancelled) == (MEMBERS - 1, 1, 0)
    (failure,) = batch_view(service.redis, service.connection, BATCH).failures
    assert failure.wallet == ADDRESSES[3]
    assert service.endings(BATCH) == [events.BATCH_COMPLETED]


def test_a_redis_that_forgets_everything_mid_batch_costs_nothing(service, start_pool):
    start_pool()
    submit(service)
    until(lambda: now(service).tally.over >= 4)
    service.redis.flushdb()
    assert ended(service).tally.completed == MEMBERS
    assert service.one("SELECT count(*) FROM wallet_transaction") == 3 * MEMBERS
    assert service.one("SELECT count(*) FROM analysis_run WHERE attempts <> '[]'") == 0


def test_a_batch_is_cancelled_as_one_while_it_runs(service, start_pool):
    start_pool()
    submit(service)
    until(lambda: now(service).tally.over >= 2)
    cancel_batch(service.redis, service.connection, BATCH)
    batch = ended(service)
    assert batch.status == "cancelled"
    assert batch.tally.cancelled >= MEMBERS // 2
    assert batch.tally.over == MEMBERS
    again = service.submit(ADDRESSES[-1], enrich_metadata=False).job_id
    assert service.ended(again) == events.COMPLETED
