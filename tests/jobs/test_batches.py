"""Batches: admission, turns, progress, cancellation; what a click, a rival and a forgetful Redis do to them."""

import hashlib

import base58
import fakeredis
import pytest
from jobservice import OTHER, WALLET, Service, trades

from walletjobs.db.connection import connect
from walletjobs.errors import AnalysisInProgress, DatabaseUnavailable, JobIsOver, UnknownBatch
from walletjobs.jobs import events, status
from walletjobs.jobs.batches import MOST, Wish, batch_view, cancel_batch, new_batch_id, submit_batch
from walletjobs.jobs.reaper import Reaper
from walletjobs.jobs.turns import WAITING

BACKGROUND, ANALYSIS = "rq:queue:analysis-background", "rq:queue:analysis-operations"


@pytest.fixture
def service(make_service) -> Service:
    return make_service(fakeredis.FakeRedis(), [])


@pytest.fixture
def reaper(service, impatient, database_url) -> Reaper:
    return Reaper(service.redis, lambda: connect(database_url))


def wallets(count: int, of: str = "wallet") -> list[str]:
    return [base58.b58encode(hashlib.sha256(f"{of} {n}".encode()).digest()).decode() for n in range(count)]


def submit(service: Service, addresses: list[str], owner: str = "owner", **options) -> str:
    batch_id = new_batch_id()
    wish = Wish(owner, addresses, **{"enrich_metadata": False, **options})
    assert submit_batch(service.connection, wish, batch_id) is not None
    return batch_id


def view(service: Service, batch_id: str):
    return batch_view(service.redis, service.connection, batch_id)


def counts(service: Service, batch_id: str) -> tuple[int, int, int, int, int]:
    tally = view(service, batch_id).batch.tally
    return tally.queued, tally.processing, tally.completed, tally.failed, tally.cancelled


def finish(service: Service) -> None:
    for _ in range(100):
        service.tick()
        service.work()
        if service.one("SELECT count(*) FROM batch WHERE told_at IS NULL") == 0:
            return
    raise AssertionError("the batches do not end")


def members(service: Service, batch_id: str) -> list[tuple[str, str, bool]]:
    return service.connection.execute(
        "SELECT wallet, job_id, joined FROM batch_member WHERE batch_id = %s ORDER BY position", [batch_id]
    ).fetchall()


def test_a_batch_is_recorded_whole_and_waits_in_postgres(service):
    batch_id = submit(service, wallets(MOST))
    assert counts(service, batch_id) == (MOST, 0, 0, 0, 0)
    assert service.redis.keys("*") == []
    assert [wallet for wallet, _, _ in members(service, batch_id)] == wallets(MOST)
    run = service.run(members(service, batch_id)[0][1])
    assert (run.queue, run.held, run.arguments["timeout_minutes"]) == ("analysis-background", True, 30)


def test_the_same_batch_is_recorded_once(service):
    wish = Wish("owner", wallets(2))
    assert len(submit_batch(service.connection, wish, "batch-1")) == 2
    assert submit_batch(service.connection, wish, "batch-1") is None
    assert service.one("SELECT count(*) FROM analysis_run") == 2


def test_without_postgres_nothing_of_a_batch_is_left(database_url):
    closed = connect(database_url)
    closed.close()
    with pytest.raises(DatabaseUnavailable):
        submit_batch(closed, Wish("owner", wallets(2)), "batch-1")
    with connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM analysis_run").fetchone() == (0,)


def test_a_wallet_that_is_being_analyzed_joins_that_job(service):
    running = service.submit(WALLET).job_id
    batch_id = submit(service, [OTHER, WALLET])
    assert members(service, batch_id)[1] == (WALLET, running, True)
    finish(service)
    assert counts(service, batch_id) == (0, 0, 2, 0, 0)


def test_a_few_at_a_time_are_let_in_and_all_of_them_complete(service):
    batch_id = submit(service, wallets(WAITING + 3))
    service.tick()
    assert service.redis.llen(BACKGROUND) == WAITING
    service.tick()
    assert service.redis.llen(BACKGROUND) == WAITING, "no more than the workers have soon done"
    finish(service)
    assert counts(service, batch_id) == (0, 0, WAITING + 3, 0, 0)
    found = view(service, batch_id).batch
    assert (found.status, found.tally.percent, found.eta_seconds) == ("completed", 100, None)
    assert found.ended_at is not None


def test_progress_is_told_as_it_changes_and_the_end_once_after_it_can_be_read(service):
    batch_id = submit(service, wallets(WAITING + 1))
    for _ in range(3):
        service.tick()
    told = service.events(batch_id)
    assert [event.event for event in told] == [events.BATCH_PROGRESS], (
        "what has not changed is not told again"
    )
    assert told[0].data["counts"] == {
        "queued": WAITING + 1, "processing": 0, "completed": 0, "failed": 0, "cancelled": 0,
    }  # fmt: skip
    finish(service)
    service.tick()
    told = service.events(batch_id)
    percents = [event.data["progress"] for event in told]
    assert percents == sorted(percents)
    assert [event.event for event in told if event.ends] == [events.BATCH_COMPLETED]
    assert told[-1].data["counts"]["completed"] == WAITING + 1
    assert told[-1].data["processingTimeMs"] >= 0
    assert view(service, batch_id).last_event_id == told[-1].id


def test_members_that_fail_are_named_and_do_not_fail_the_batch(service):
    addresses = wallets(5)
    service.provider.change(refuse=[addresses[1]])
    batch_id = submit(service, addresses)
    finish(service)
    found = view(service, batch_id)
    assert (found.batch.status, counts(service, batch_id)) == ("completed", (0, 0, 4, 1, 0))
    (failure,) = found.failures
    assert (failure.wallet, failure.code) == (addresses[1], "provider_not_offered")


def test_batches_of_different_owners_take_turns(service):
    large = submit(service, wallets(40), owner="first")
    service.tick()
    small = submit(service, wallets(4, "other"), owner="second")
    service.work()
    service.tick()
    waiting = [job_id.decode() for job_id in service.redis.lrange(BACKGROUND, 0, -1)]
    of_small = {job_id for _, job_id, _ in members(service, small)}
    assert sum(job_id in of_small for job_id in waiting) == WAITING // 2
    service.work()
    service.tick()
    service.work()
    assert counts(service, small) == (0, 0, 4, 0, 0)
    assert counts(service, large)[0] >= 40 - 3 * WAITING


def test_a_second_batch_of_the_same_owner_waits_for_the_first(service):
    first = submit(service, wallets(WAITING))
    second = submit(service, wallets(WAITING, "other"))
    service.tick()
    assert {job_id.decode() for job_id in service.redis.lrange(BACKGROUND, 0, -1)} == {
        job_id for _, job_id, _ in members(service, first)
    }
    finish(service)
    assert counts(service, second) == (0, 0, WAITING, 0, 0)


def test_a_click_on_a_wallet_of_a_batch_brings_its_turn(service):
    addresses = wallets(WAITING + 2)
    batch_id = submit(service, addresses)
    service.tick()
    in_queue, held = (members(service, batch_id)[place] for place in (1, -1))
    for wallet, job_id, _ in (in_queue, held):
        with pytest.raises(AnalysisInProgress) as refused:
            service.submit(wallet)
        assert refused.value.job_id == job_id
    assert service.redis.lrange(ANALYSIS, 0, -1) == [in_queue[1].encode(), held[1].encode()]
    assert service.redis.llen(BACKGROUND) == WAITING - 1
    service.work("analysis-operations")
    assert counts(service, batch_id) == (WAITING, 0, 2, 0, 0)
    cancel_batch(service.redis, service.connection, batch_id)
    assert counts(service, batch_id) == (0, 0, 2, 0, WAITING)


def test_a_click_takes_its_wallet_out_of_the_batchs_hands(service):
    batch_id = submit(service, [WALLET, OTHER])
    with pytest.raises(AnalysisInProgress) as refused:
        service.submit(WALLET)
    cancel_batch(service.redis, service.connection, batch_id)
    assert counts(service, batch_id) == (0, 0, 0, 0, 2)
    service.work()
    assert service.run(refused.value.job_id).status == "completed"


def test_a_cancelled_batch_ends_what_waits_and_what_runs(service):
    addresses = wallets(WAITING + 5)
    batch_id = submit(service, addresses)
    service.tick()
    service.work()
    service.tick()
    assert cancel_batch(service.redis, service.connection, batch_id) == "cancelled"
    finish(service)
    assert counts(service, batch_id) == (0, 0, WAITING, 0, 5)
    assert view(service, batch_id).batch.status == "cancelled"
    (end,) = [event for event in service.events(batch_id) if event.ends]
    assert (end.event, end.data["status"]) == (events.BATCH_COMPLETED, "cancelled")
    for _, job_id, _ in members(service, batch_id)[WAITING:]:
        assert service.endings(job_id) == [events.CANCELLED]
    assert service.redis.llen(BACKGROUND) == 0
    with pytest.raises(JobIsOver):
        cancel_batch(service.redis, service.connection, batch_id)


def test_a_cancellation_that_its_process_did_not_finish_is_finished_by_the_clock(service):
    batch_id = submit(service, wallets(3))
    service.connection.execute("UPDATE batch SET cancelled_at = now()")
    service.tick()
    service.tick()
    assert counts(service, batch_id) == (0, 0, 0, 0, 3)


def test_a_member_that_another_batch_waits_for_outlives_the_cancellation_of_its_own(service):
    first, second = submit(service, [WALLET, OTHER]), submit(service, [WALLET])
    cancel_batch(service.redis, service.connection, first)
    finish(service)
    assert counts(service, first) == (0, 0, 0, 0, 2) or counts(service, first) == (0, 0, 1, 0, 1)
    assert counts(service, second) == (0, 0, 1, 0, 0)


def test_a_redis_that_forgets_costs_a_batch_nothing(service, reaper):
    batch_id = submit(service, wallets(WAITING + 4))
    service.tick()
    service.redis.flushall()
    for _ in range(3):
        reaper.tick()
    assert service.redis.llen(BACKGROUND) == WAITING, "those that were let in, and no others"
    finish(service)
    assert counts(service, batch_id) == (0, 0, WAITING + 4, 0, 0)
    assert service.one("SELECT count(*) FROM analysis_run WHERE turn <> 1") == 0


def test_the_enrichment_of_a_click_comes_before_those_of_a_batch(make_service):
    service: Service = make_service(fakeredis.FakeRedis(), trades(20) + trades(20, OTHER))
    submit(service, [OTHER], enrich_metadata=True)
    service.tick()
    service.work("analysis-background")
    click = service.submit(WALLET).job_id
    service.work("analysis-operations")
    first, second = service.redis.lrange("rq:queue:enrichment-operations", 0, -1)
    assert first.decode() == service.run(click).enrichment_job_id
    service.work()
    assert service.run(second.decode()).status == "completed"


def test_an_unknown_batch_is_unknown(service):
    with pytest.raises(UnknownBatch):
        view(service, "batch-0")
    with pytest.raises(UnknownBatch):
        cancel_batch(service.redis, service.connection, "batch-0")


def test_the_jobs_of_a_batch_are_listed_by_it(service):
    batch_id = submit(service, [WALLET, OTHER])
    service.submit(wallets(1)[0])
    which = status.RunFilter(batch=batch_id)
    assert {each.wallet_address for each in status.history(service.connection, which)} == {WALLET, OTHER}
