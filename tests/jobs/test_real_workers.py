"""Jobs in worker processes of their own, on a real Redis and a real Postgres, while things break.

Each test also asks that no transaction was lost or stored twice, and that the job had one end.
"""

import json
import os
import signal
import threading
import time
from itertools import pairwise

import pytest
from jobservice import OTHER, Service, children, trades, until
from redis import Redis
from rq.job import Job

from walletjobs import ops
from walletjobs.dev.processes import stop
from walletjobs.jobs import events, status

LENGTH = 1200  # transactions: 12 pages and the empty one
SLOW = {"latency": {"addresses": 250}}  # milliseconds a page: three seconds for the history


@pytest.fixture
def service(make_service, redis_client: Redis) -> Service:
    return make_service(redis_client, trades(LENGTH), **SLOW)


def test_one_dyno_finishes_an_analysis_and_its_enrichment_beside_it(service, start_pool):
    start_pool()
    job_id = service.submit().job_id
    assert service.ended(job_id) == events.COMPLETED
    told = until(lambda: _with_end_of_enrichment(service, job_id))
    during = [event.event for event in told[: [event.event for event in told].index(events.COMPLETED)]]
    assert events.ENRICHMENT in during, "names come in while the analysis runs"
    percents = service.percents(job_id)
    assert percents == sorted(percents)
    assert {5, 10, 15, 40, 50, 65, 80, 85, 100} <= set(percents)
    assert any(15 < percent < 40 for percent in percents)
    assert service.stored() == LENGTH


def test_a_worker_killed_with_its_horse_mid_sync_is_replaced(service, start_pool):
    start_pool()
    job_id = service.submit(enrich_metadata=False).job_id
    worker = _mid_sync(service, job_id)
    for pid in [*children(worker), worker]:
        os.kill(pid, signal.SIGKILL)
    stored = service.stored()
    service.provider.change(latency={})
    _completes_whole(service, job_id)
    run = service.run(job_id)
    assert (run.attempt, [attempt["code"] for attempt in run.attempts]) == (2, ["worker_lost"])
    assert service.provider.requests["addresses"] <= LENGTH // 100 + 4, "what was stored is not fetched again"
    assert stored > 0
    assert _says_why_it_went_back(service, job_id)


def test_a_horse_without_its_worker_is_fenced_out(service, start_pool):
    """Only the parent dies: its horse goes on without heartbeats, and the job runs twice for a while."""
    start_pool()
    service.provider.change(latency={"addresses": 1200})  # the orphan lives through the recovery
    job_id = service.submit(enrich_metadata=False).job_id
    worker = _mid_sync(service, job_id)
    (horse,) = children(worker)
    os.kill(worker, signal.SIGKILL)
    until(lambda: service.run(job_id).turn == 2)
    until(lambda: not _lives(horse))  # it ended by itself
    service.provider.change(latency={})
    _completes_whole(service, job_id)
    assert service.one("SELECT fence FROM wallet") == 2


def test_a_job_that_kills_every_worker_fails_after_its_attempts(service, start_pool):
    start_pool()
    job_id = service.submit(enrich_metadata=False).job_id
    for turn in (1, 2, 3):
        until(
            lambda turn=turn: service.run(job_id).turn == turn and service.run(job_id).status == "processing"
        )
        (horse,) = until(lambda: children(service.worker_of(job_id)))
        os.kill(horse, signal.SIGKILL)
    assert service.ended(job_id) == events.FAILED
    run = service.run(job_id)
    assert (run.status, run.error_code, len(run.attempts)) == ("failed", "worker_lost", 3)
    again = service.submit(enrich_metadata=False).job_id  # neither claim nor lock are left
    assert service.ended(again) == events.COMPLETED


def test_sigterm_hands_the_job_to_another_dyno_and_spends_no_attempt(service, start_pool):
    first = start_pool()
    job_id = service.submit(enrich_metadata=False).job_id
    _mid_sync(service, job_id)
    stop(first)
    assert first.returncode == 0
    assert service.run(job_id).status == "queued"
    service.provider.change(latency={})
    start_pool()
    _completes_whole(service, job_id)
    run = service.run(job_id)
    assert (run.attempt, run.attempts, run.turn) == (1, [], 2)
    assert _says_why_it_went_back(service, job_id)


def test_a_running_job_is_cancelled_at_its_next_page_and_keeps_what_it_has(service, start_pool):
    start_pool()
    job_id = service.submit().job_id
    _mid_sync(service, job_id)
    assert status.cancel(service.redis, service.connection, job_id) == "cancelling"
    assert service.ended(job_id) == events.CANCELLED
    assert 0 < service.stored() < LENGTH
    enrichment = until(lambda: service.run(job_id).enrichment_job_id)
    until(lambda: service.run(enrichment).status == "cancelled")
    assert service.one("SELECT synced_at FROM wallet") is None
    assert status.job_view(service.redis, service.connection, service.submit().job_id).status != "cancelled"


def test_a_job_that_hangs_in_a_call_is_cancelled_all_the_same(service, start_pool):
    start_pool()
    service.provider.change(latency={"addresses": 25_000})
    job_id = service.submit(enrich_metadata=False).job_id
    until(lambda: 15 in service.percents(job_id))
    asked = time.monotonic()
    status.cancel(service.redis, service.connection, job_id)
    assert service.ended(job_id) == events.CANCELLED
    assert time.monotonic() - asked < 20, "not when the call came back"


def test_a_provider_that_is_down_for_a_while_costs_an_attempt_and_no_page(service, start_pool):
    start_pool()
    job_id = service.submit(enrich_metadata=False).job_id
    _mid_sync(service, job_id)
    service.provider.change(down=["addresses"])
    failed = until(lambda: [event for event in service.events(job_id) if event.event == events.FAILED])[0]
    assert failed.data["willRetry"] is True
    assert failed.data["error"]["code"] == "provider_unavailable"
    assert status.job_view(service.redis, service.connection, job_id).status == "retrying"
    service.provider.change(down=[], latency={})
    _completes_whole(service, job_id)
    assert service.run(job_id).attempt == 2


def test_a_redis_that_forgets_everything_mid_sync_costs_nothing(service, start_pool):
    start_pool()
    job_id = service.submit(enrich_metadata=False).job_id
    waiting = service.submit(OTHER, enrich_metadata=False).job_id
    _mid_sync(service, job_id)
    service.redis.flushdb()
    service.provider.change(latency={})
    assert service.ended(job_id) == service.ended(waiting) == events.COMPLETED
    assert service.stored() == LENGTH
    for each in (job_id, waiting):
        assert (service.run(each).status, service.run(each).attempts) == ("completed", [])


def test_a_job_lost_between_pop_and_start_runs(service, start_pool):
    """What a worker leaves behind that dies right after it took a job: in the intermediate list, nowhere else."""
    job_id = service.submit(enrich_metadata=False).job_id
    key = "rq:queue:analysis-operations"
    assert service.redis.lmove(key, f"{key}:intermediate") == job_id.encode()
    service.provider.change(latency={})
    start_pool()
    _completes_whole(service, job_id)
    assert service.redis.lrange(f"{key}:intermediate", 0, -1) == []


def test_poison_ends_and_the_same_worker_takes_the_next_job(service, start_pool):
    service.provider.change(latency={})
    unreadable, unfit, healthy = (service.submit(scope=scope).job_id for scope in ("a", "b", "all"))
    service.redis.hset(Job.key_for(unreadable), "status", "nonsense")
    unknown = ["walletjobs.jobs.analysis.run_dashboard_analysis", None, [], {"of": "an older release"}]
    service.redis.hset(Job.key_for(unfit), "data", json.dumps(unknown))
    start_pool()
    assert service.ended(unreadable) == service.ended(unfit) == events.FAILED
    assert service.ended(healthy) == events.COMPLETED
    assert {service.run(job_id).error_code for job_id in (unreadable, unfit)} == {"invalid_job"}


def test_many_wallets_on_two_dynos_each_end_once(service, start_pool):
    service.provider.change(latency={"addresses": 20})
    start_pool()
    start_pool()
    wallets = [f"{OTHER[:-2]}{letters}" for letters in ("WM", "Wh", "X2", "XN")]
    jobs: list[str] = []
    submitting = [threading.Thread(target=lambda w=w: jobs.append(service.submit(w).job_id)) for w in wallets]
    for thread in submitting:
        thread.start()
    for thread in submitting:
        thread.join()
    assert [service.ended(job_id) for job_id in jobs] == [events.COMPLETED] * len(wallets)
    until(lambda: {each.started for each in ops.queues(service.redis, service.connection)} == {0})


def _mid_sync(service: Service, job_id: str) -> int:
    """Some pages are stored, some are not; the process id of the worker."""
    until(lambda: 200 <= service.stored() < LENGTH)
    return service.worker_of(job_id)


def _completes_whole(service: Service, job_id: str) -> None:
    assert service.ended(job_id) == events.COMPLETED
    assert service.stored() == LENGTH
    assert service.one("SELECT sum(transactions) FROM raw_page") == LENGTH
    assert service.one("SELECT count(*) FROM sync_range WHERE reached_start") == 1
    assert service.one("SELECT figures ->> 'buys' FROM pnl_result WHERE method = 'fifo'") == str(_buys())
    assert service.endings(job_id) == [events.COMPLETED]
    assert max(service.percents(job_id)) == 100


def _buys() -> int:
    return sum(
        trade["nativeTransfers"][0]["fromUserAccount"] == trade["feePayer"] for trade in trades(LENGTH)
    )


def _says_why_it_went_back(service: Service, job_id: str) -> bool:
    told = [event.data for event in service.events(job_id) if event.event == events.PROGRESS]
    backward = [after for before, after in pairwise(told) if after["progress"] < before["progress"]]
    return all(data.get("message") for data in backward) and bool(backward)


def _with_end_of_enrichment(service: Service, job_id: str) -> list[events.Event]:
    told = service.events(job_id)
    return told if any(event.data.get("done") for event in told) else []


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
