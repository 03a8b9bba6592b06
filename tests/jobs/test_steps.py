"""Sync, PnL and behavior as jobs of their own, alone and one after the other."""

import fakeredis
import pytest
from jobservice import OTHER, WALLET, Service

from walletjobs.db.connection import connect
from walletjobs.errors import AnalysisInProgress, DependencyFailed, UnknownJob
from walletjobs.jobs import events, keys, status
from walletjobs.jobs.queue import BEHAVIOR, PNL, SYNC, fetch_job
from walletjobs.jobs.reaper import Reaper

SYNC_QUEUE, ANALYSIS_QUEUE = "rq:queue:wallet-operations", "rq:queue:analysis-operations"


@pytest.fixture
def service(make_service) -> Service:
    return make_service(fakeredis.FakeRedis())


@pytest.fixture
def reaper(service, impatient, database_url) -> Reaper:
    return Reaper(service.redis, lambda: connect(database_url))


def test_the_three_steps_leave_what_an_analysis_leaves(service):
    for step in (SYNC, PNL, BEHAVIOR):
        job_id = service.submit(type=step).job_id
        service.work()
        assert service.endings(job_id) == [events.COMPLETED], step
    alone = _figures(service)
    service.submit()
    service.work()
    assert alone == _figures(service)
    assert service.stored() == 250


def test_each_step_has_its_queue_its_ids_and_its_time(service):
    accepted = {step: service.submit(type=step, needs_sync=step == SYNC) for step in (SYNC, PNL, BEHAVIOR)}
    assert [(each.queue, each.job_id.partition("-")[0]) for each in accepted.values()] == [
        ("wallet-operations", "sync"),
        ("analysis-operations", "pnl"),
        ("analysis-operations", "behavior"),
    ]
    minutes = [service.run(each.job_id).arguments["timeout_minutes"] for each in accepted.values()]
    assert minutes == [10, 8, 8]


def test_a_step_runs_once_for_a_wallet_and_beside_the_other_kinds(service):
    first = service.submit(type=SYNC)
    with pytest.raises(AnalysisInProgress) as refused:
        service.submit(type=SYNC)
    assert refused.value.job_id == first.job_id
    assert (
        len(
            {
                service.submit(type=PNL).job_id,
                service.submit().job_id,
                service.submit(OTHER, type=SYNC).job_id,
            }
        )
        == 3
    )
    service.work()
    assert service.submit(type=SYNC).job_id != first.job_id


def test_what_was_never_synced_cannot_be_computed_and_stays_unknown(service):
    for step in (PNL, BEHAVIOR):
        job_id = service.submit(type=step).job_id
        service.work()
        assert service.run(job_id).error_code == "wallet_not_found"
    assert service.one("SELECT count(*) FROM wallet") == 0


def test_a_wallet_is_current_only_after_a_whole_analysis(service):
    for step in (SYNC, PNL, BEHAVIOR):
        service.submit(type=step)
        service.work()
    assert service.one("SELECT synced_at IS NOT NULL AND analyzed_at IS NULL FROM wallet")


def test_a_job_begins_when_the_one_it_depends_on_has_completed(service):
    sync = service.submit(type=SYNC).job_id
    pnl = service.submit(type=PNL, depends_on=sync).job_id
    behavior = service.submit(type=BEHAVIOR, depends_on=pnl).job_id
    service.tick()
    assert service.redis.llen(ANALYSIS_QUEUE) == 0
    assert service.run(pnl).status == "queued"
    for job_id in (sync, pnl, behavior):
        service.work()
        service.tick()
        assert service.run(job_id).status == "completed"


def test_where_it_fails_the_one_that_waits_fails_too_and_says_why(service):
    service.provider.change(refuse=["all"])
    sync = service.submit(type=SYNC).job_id
    pnl = service.submit(type=PNL, depends_on=sync).job_id
    behavior = service.submit(type=BEHAVIOR, depends_on=pnl).job_id
    service.work()
    service.tick()
    service.tick()
    assert service.run(sync).status == "failed"
    assert [service.run(each).error_code for each in (pnl, behavior)] == ["dependency_failed"] * 2
    assert service.run(pnl).error_detail == f"The job {sync} has failed."
    assert service.endings(pnl) == service.endings(behavior) == [events.FAILED]
    assert service.submit(type=PNL).job_id != pnl


def test_where_it_is_cancelled_the_one_that_waits_fails(service):
    sync = service.submit(type=SYNC).job_id
    pnl = service.submit(type=PNL, depends_on=sync).job_id
    status.cancel(service.redis, service.connection, sync)
    service.tick()
    assert service.run(pnl).error_detail == f"The job {sync} was cancelled."


def test_one_that_waits_can_be_cancelled(service):
    sync = service.submit(type=SYNC).job_id
    pnl = service.submit(type=PNL, depends_on=sync).job_id
    assert status.cancel(service.redis, service.connection, pnl) == "cancelled"
    service.work()
    service.tick()
    assert (service.run(sync).status, service.run(pnl).status) == ("completed", "cancelled")


def test_a_redis_that_forgets_loses_neither_the_job_nor_its_dependency(service, reaper):
    sync = service.submit(type=SYNC).job_id
    pnl = service.submit(type=PNL, depends_on=sync).job_id
    service.redis.flushall()
    for _ in range(3):
        reaper.tick()
        service.tick()
    assert service.redis.lrange(SYNC_QUEUE, 0, -1) == [sync.encode()]
    assert fetch_job(service.redis, pnl) is None, "it still waits"
    assert service.redis.get(keys.active(WALLET, SYNC)) == sync.encode()
    service.work()
    service.tick()
    service.work()
    assert service.run(pnl).status == "completed"


def test_a_process_that_dies_between_release_and_queue_loses_nothing(service, reaper):
    sync = service.submit(type=SYNC).job_id
    pnl = service.submit(type=PNL, depends_on=sync).job_id
    service.work()
    service.connection.execute("UPDATE analysis_run SET held = false WHERE id = %s", [pnl])
    for _ in range(3):
        reaper.tick()
    assert service.redis.lrange(ANALYSIS_QUEUE, 0, -1) == [pnl.encode()]


def test_a_job_cannot_wait_for_one_that_failed_or_that_nobody_knows(service):
    service.provider.change(refuse=["all"])
    sync = service.submit(type=SYNC).job_id
    service.work()
    with pytest.raises(DependencyFailed):
        service.submit(type=PNL, depends_on=sync)
    with pytest.raises(UnknownJob):
        service.submit(type=PNL, depends_on="sync-0000000000000000")
    assert service.one("SELECT count(*) FROM analysis_run") == 1


def test_a_job_that_waits_for_one_that_is_over_begins_at_once(service):
    sync = service.submit(type=SYNC).job_id
    service.work()
    pnl = service.submit(type=PNL, depends_on=sync).job_id
    assert service.redis.lrange(ANALYSIS_QUEUE, 0, -1) == [pnl.encode()]


def _figures(service: Service) -> list[object]:
    rows = service.connection.execute(
        "SELECT figures - 'since', coverage FROM pnl_result ORDER BY method, time_window"  # windows move with time
    ).fetchall()
    metrics = service.one("SELECT metrics FROM behavior_result")
    del metrics["currentHoldings"]  # whose age grows
    return [*rows, metrics]
