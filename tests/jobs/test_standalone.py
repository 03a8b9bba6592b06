"""Balances and enrichments as jobs of their own; what an enrichment of many tokens tells, and when."""

import threading

import fakeredis
import pytest
from jobservice import OTHER, WALLET, Service, trades, until
from redis import Redis

from walletjobs.errors import AnalysisInProgress
from walletjobs.jobs import events, status
from walletjobs.jobs.queue import BALANCE, ENRICHMENT

MANY = 500  # mints


@pytest.fixture
def service(make_service) -> Service:
    return make_service(fakeredis.FakeRedis())


def test_balances_are_fetched_without_an_analysis(service):
    job_id = service.submit(type=BALANCE).job_id
    service.work()
    run = service.run(job_id)
    assert (run.status, run.queue) == ("completed", "wallet-operations")
    assert run.result["assets"] == service.one("SELECT count(*) FROM wallet_balance") > 1
    assert service.one("SELECT synced_at IS NULL AND analyzed_at IS NULL FROM wallet")


def test_balances_that_cannot_be_fetched_are_an_error_and_no_empty_wallet(service):
    service.submit(type=BALANCE)
    service.work()
    held = service.one("SELECT count(*) FROM wallet_balance")
    service.provider.change(refuse=["rpc"])
    job_id = service.submit(type=BALANCE).job_id
    service.work()
    assert (service.run(job_id).status, service.run(job_id).error_code) == ("failed", "provider_not_offered")
    assert service.one("SELECT count(*) FROM wallet_balance") == held


def test_enrichment_alone_knows_what_is_stored_and_what_is_held(service):
    service.submit(enrich_metadata=False)
    service.work()
    job_id = service.submit(type=ENRICHMENT).job_id
    service.work()
    run = service.run(job_id)
    assert (run.status, run.queue, run.parent) == ("completed", "enrichment-operations", None)
    told = [event.data for event in service.events(job_id) if event.event == events.ENRICHMENT]
    assert (told[-1]["jobId"], told[-1]["done"], told[-1]["missing"]) == (job_id, True, [])
    assert told[-1]["enriched"] == told[-1]["total"] == service.one("SELECT count(*) FROM token")
    assert service.endings(job_id) == [events.COMPLETED]


def test_enrichment_alone_of_an_unknown_wallet_knows_what_it_holds(service):
    job_id = service.submit(type=ENRICHMENT).job_id
    service.work()
    assert service.run(job_id).result["enriched"] > 1
    assert service.stored() == 0


def test_one_enrichment_of_a_wallet_runs_at_a_time_beside_its_analysis(service):
    first = service.submit(type=ENRICHMENT).job_id
    with pytest.raises(AnalysisInProgress) as refused:
        service.submit(type=ENRICHMENT)
    assert refused.value.job_id == first
    service.submit()
    service.submit(OTHER, type=ENRICHMENT)
    service.work()
    assert service.one("SELECT count(*) FROM analysis_run WHERE status = 'completed'") == 4
    assert service.submit(type=ENRICHMENT).job_id != first


def test_enrichment_alone_waits_for_the_wallet_and_can_be_cancelled(service):
    service.redis.set(f"walletjobs:lock:wallet:{WALLET}", "another:1", ex=60)
    job_id = service.submit(type=ENRICHMENT).job_id
    service.work()
    assert service.run(job_id).status == "queued"
    assert status.cancel(service.redis, service.connection, job_id) == "cancelled"


def test_five_hundred_tokens_come_in_while_the_analysis_runs(make_service, redis_client: Redis, start_pool):
    service = make_service(redis_client, trades(1500, mints=MANY), latency={"all": 100, "full": 300})
    start_pool()
    job_id = service.submit().job_id
    assert service.ended(job_id) == events.COMPLETED
    told = until(lambda: _whole_enrichment(service, job_id))
    names = [event.event for event in told]
    during = [
        event.data for event in told[: names.index(events.COMPLETED)] if event.event == events.ENRICHMENT
    ]
    assert len(during) > 2
    assert during[-1]["enriched"] > 0
    last = [event.data for event in told if event.event == events.ENRICHMENT][-1]
    assert (last["total"], last["missing"]) == (MANY + 1, [])
    assert last["enriched"] > MANY * 0.9
    counts = [event.data["enriched"] for event in told if event.event == events.ENRICHMENT]
    assert counts == sorted(counts)
    tokens = {token["mint"] for event in told for token in event.data.get("tokens", ())}
    assert len(tokens) == last["enriched"]


def test_provider_that_dies_half_way_is_named_with_what_it_owes(make_service, redis_client: Redis):
    service = make_service(redis_client, trades(1000, mints=MANY), latency={"dexscreener": 50})
    job_id = service.submit().job_id
    service.work("analysis-operations")
    dying = threading.Thread(target=_kill, args=[service], daemon=True)
    dying.start()
    service.work("enrichment-operations")
    dying.join()
    last = _whole_enrichment(service, job_id)[-1].data
    owed = int(last["missing"][0].removeprefix("dexscreener: ").split(" ")[0])
    assert 0 < owed < MANY
    assert last["enriched"] > MANY * 0.9, "the others went on"
    assert service.run(job_id).status == "completed"


def test_provider_that_asks_for_patience_gets_it_and_nothing_is_missing(make_service, redis_client: Redis):
    service = make_service(redis_client, trades(300, mints=150), rate={"dexscreener": 1, "jupiter": 1})
    job_id = service.submit().job_id
    service.work()
    last = _whole_enrichment(service, job_id)[-1].data
    assert last["missing"] == []
    assert service.provider.stats.statuses["dexscreener 429"] > 0


def _kill(service: Service) -> None:
    until(lambda: service.provider.requests.get("dexscreener", 0) > 3)
    service.provider.change(down=("dexscreener",))


def _whole_enrichment(service: Service, job_id: str) -> list[events.Event]:
    """The stream of an analysis, once its enrichment has ended."""
    told = service.events(job_id)
    return told if any(event.data.get("done") for event in told) else []
