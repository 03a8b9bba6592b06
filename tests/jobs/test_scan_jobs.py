"""Jobs that read a history by slots, many calls at a time, in real workers: killed, stopped, cancelled."""

import os
import signal
import time

import pytest
from jobservice import WALLET, children, trades, until

from walletjobs.dev.processes import stop
from walletjobs.jobs import events, status

LENGTH = 4000
SLOW = {"latency": {"full": 1500}}  # milliseconds a page: sixteen come at a time


@pytest.fixture
def service(make_service, redis_client, monkeypatch):
    monkeypatch.setenv("HELIUS_ROUTE", "slots")
    return make_service(redis_client, trades(LENGTH), **SLOW)


def _mid_sync(service, job_id):
    """The worker that has stored some pages of the history, and not all of them."""
    until(lambda: 0 < service.stored() < LENGTH)
    return service.worker_of(job_id)


def _fetched_twice(service):
    """Full pages that were asked for more than once, the head page apart."""
    asked = service.provider.stats.attempts.items()
    return [key for key, times in asked if times > 1 and "full" in key and "slot" in key]


def _completes_whole(service, job_id):
    assert service.ended(job_id) == events.COMPLETED
    assert service.stored() == LENGTH
    assert service.one("SELECT count(*) FROM sync_range") == 1
    assert service.one("SELECT count(*) FROM sync_part") == 0


def test_worker_killed_with_its_horse_mid_scan_loses_no_more_than_what_was_under_way(service, start_pool):
    start_pool()
    job_id = service.submit(enrich_metadata=False).job_id
    worker = _mid_sync(service, job_id)
    for pid in [*children(worker), worker]:
        os.kill(pid, signal.SIGKILL)
    service.provider.change(latency={})
    _completes_whole(service, job_id)
    assert len(_fetched_twice(service)) <= 20


def test_sigterm_mid_scan_hands_the_job_on_within_ten_seconds(service, start_pool):
    first = start_pool()
    job_id = service.submit(enrich_metadata=False).job_id
    _mid_sync(service, job_id)
    stop(first)
    assert service.run(job_id).status == "queued"
    service.provider.change(latency={})
    start_pool()
    _completes_whole(service, job_id)
    assert (service.run(job_id).attempt, service.run(job_id).turn) == (1, 2)


def test_scan_whose_calls_all_hang_is_cancelled_all_the_same(service, start_pool):
    start_pool()
    service.provider.change(latency={"rpc": 25_000})
    job_id = service.submit(enrich_metadata=False).job_id
    until(lambda: 15 in service.percents(job_id))
    asked = time.monotonic()
    status.cancel(service.redis, service.connection, job_id)
    assert service.ended(job_id) == events.CANCELLED
    assert time.monotonic() - asked < 20, "not when the calls came back"
    assert service.one("SELECT count(*) FROM wallet WHERE address = %s", WALLET) == 1


def test_receipt_of_the_job_says_what_the_provider_was_asked(service, start_pool):
    service.provider.change(latency={})
    start_pool()
    job_id = service.submit(enrich_metadata=False).job_id
    _completes_whole(service, job_id)
    spent = service.run(job_id).result["provider"]
    assert spent["route"] == "slots"
    assert spent["calls"] == service.provider.requests["getTransactionsForAddress"]
    assert spent["credits"] == 10 * spent["calls"]


def test_figures_of_the_newest_transactions_come_while_older_ones_load(service, start_pool):
    start_pool()
    job_id = service.submit(enrich_metadata=False).job_id
    _completes_whole(service, job_id)
    told = [event.data for event in service.events(job_id) if event.event == events.PARTIAL]
    assert 1 <= len(told) <= 4
    first = told[0]
    assert (first["jobId"], first["provisional"], first["expected"]) == (job_id, True, LENGTH)
    assert 1000 <= first["coverage"]["transactions"] < first["stored"] + 1 <= LENGTH
    assert first["coverage"]["complete"] is False
    assert first["wallet"]["buys"] + first["wallet"]["sells"] > 0
    names = [event.event for event in service.events(job_id)]
    assert names.index(events.PARTIAL) < names.index(events.COMPLETED)
