"""The durable record of jobs: who may write it, how it ends, what is listed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from walletjobs.core.run import Ending, FailedAttempt, NewRun, RunFilter
from walletjobs.db.connection import open_pool
from walletjobs.db.runs import RunRepository

WALLET = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2"
NEW = NewRun(
    "job-1", "request-1", "dashboard-wallet-analysis", WALLET, "analysis-operations", {"wallet": WALLET}
)
LOST = FailedAttempt("worker_lost", "The worker died.")


@pytest.fixture
def runs(connection) -> RunRepository:
    return RunRepository(connection)


def test_a_run_is_recorded_once(runs):
    assert (runs.add(NEW), runs.add(NEW)) == (True, False)
    run = runs.find("job-1")
    assert (run.status, run.arguments, run.attempt, run.live) == ("queued", {"wallet": WALLET}, 0, True)
    assert runs.find("job-2") is None


def test_a_wallet_has_one_live_analysis_a_scope(runs):
    assert runs.add(NEW)
    assert not runs.add(replace(NEW, id="job-2"))
    assert not runs.add(replace(NEW, id="job-3", scope="7d")), "the wider one covers it"
    assert runs.live_of(WALLET).id == "job-1"
    runs.finish(runs.begin("job-1"), Ending("completed"))
    assert runs.add(replace(NEW, id="job-2"))


def test_each_start_has_a_higher_turn_and_an_older_one_may_no_longer_write(runs):
    runs.add(NEW)
    older, newer = runs.begin("job-1"), runs.begin("job-1")
    assert (older.turn, newer.turn) == (1, 2)
    assert not runs.note(older, 15, "sync")
    assert not runs.note_fence(older, 7)
    assert not runs.put_back(older)
    assert not runs.attempt_failed(older, LOST)
    assert not runs.finish(older, Ending("completed"))
    assert runs.finish(newer, Ending("completed", {"transactions": 3}))
    assert runs.find("job-1").result == {"transactions": 3}


def test_a_run_ends_once_and_is_not_begun_again(runs):
    runs.add(NEW)
    run = runs.begin("job-1")
    assert runs.finish(run, Ending("failed", None, "timed_out", "It took too long."), LOST)
    assert not runs.finish(run, Ending("completed"))
    assert runs.begin("job-1") is None
    ended = runs.find("job-1")
    assert (ended.status, ended.error_code, ended.live) == ("failed", "timed_out", False)


def test_failed_attempts_are_kept_with_their_numbers_and_times(runs):
    runs.add(NEW)
    runs.attempt_failed(runs.begin("job-1"), LOST)
    run = runs.begin("job-1")
    assert (run.attempt, run.status) == (2, "processing")
    runs.attempt_failed(run, FailedAttempt("provider_unavailable", "503", "Traceback …"))
    attempts = runs.find("job-1").attempts
    assert [(each["number"], each["code"]) for each in attempts] == [
        (1, "worker_lost"),
        (2, "provider_unavailable"),
    ]
    assert attempts[1]["traceback"] == "Traceback …"
    assert all(each["at"] for each in attempts)


def test_a_run_that_is_put_back_has_spent_no_attempt(runs):
    runs.add(NEW)
    runs.put_back(runs.begin("job-1"))
    assert runs.find("job-1").status == "queued"
    assert runs.begin("job-1").attempt == 1


def test_only_a_waiting_run_is_cancelled_from_outside(runs):
    runs.add(NEW)
    runs.begin("job-1")
    assert runs.cancel_waiting("job-1", "by the user") is None
    runs.put_back(runs.find("job-1"))
    assert runs.cancel_waiting("job-1", "by the user").status == "cancelled"


def test_a_failed_run_is_reopened_unless_another_one_is_live(runs):
    runs.add(NEW)
    runs.finish(runs.begin("job-1"), Ending("failed", None, "provider_refused", "403"), LOST)
    again = runs.reopen("job-1")
    assert (again.status, again.max_attempts, again.error_code) == ("queued", 4, None)
    runs.finish(runs.begin("job-1"), Ending("failed", None, "provider_refused", "403"), LOST)
    runs.add(replace(NEW, id="job-2"))
    assert runs.reopen("job-1") is None


def test_runs_are_listed_newest_first_page_by_page(runs):
    for number in range(5):
        runs.add(
            replace(NEW, id=f"job-{number}", scope=str(number), wallet=WALLET if number % 2 else "other")
        )
    page = runs.listed(RunFilter(limit=2))
    rest = runs.listed(RunFilter(before=(page[-1].created_at, page[-1].id)))
    assert [run.id for run in [*page, *rest]] == [f"job-{number}" for number in (4, 3, 2, 1, 0)]
    assert [run.id for run in runs.listed(RunFilter(wallet=WALLET))] == ["job-3", "job-1"]
    assert runs.listed(RunFilter(status="failed")) == []
    assert len(runs.listed(RunFilter(type="dashboard-wallet-analysis", since=rest[-1].created_at))) == 5
    assert runs.listed(RunFilter(until=rest[-1].created_at - timedelta(seconds=1))) == []


def test_of_many_starts_at_once_each_has_its_own_turn(runs, database_url):
    runs.add(NEW)
    with open_pool(database_url, 8) as pool, ThreadPoolExecutor(8) as threads:
        pool.timeout = 30.0

        def begin(_: int) -> int:
            with pool.connection() as connection:
                return RunRepository(connection).begin("job-1").turn

        assert sorted(threads.map(begin, range(20))) == list(range(1, 21))
