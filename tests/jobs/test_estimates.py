"""How long jobs take, in words, before they begin."""

import fakeredis
import pytest
from jobservice import WALLET, Service

from walletjobs.core.run import Ending, NewRun
from walletjobs.db.runs import RunRepository
from walletjobs.jobs.estimates import Estimates, duration_text
from walletjobs.jobs.queue import BALANCE, DASHBOARD, PNL, SYNC


@pytest.fixture
def service(make_service) -> Service:
    return make_service(fakeredis.FakeRedis())


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(1, "1 minute(s)"), (13, "13 minute(s)"), (60, "60 minute(s)"), (61, "1 hour(s)"), (120, "2 hour(s)")],
)
def test_durations_read_as_the_original_plan_has_them(minutes, text):
    assert duration_text(minutes) == text


def test_without_history_a_sync_takes_ten_minutes_and_the_rest_three(service):
    estimates = Estimates()
    asked = [(DASHBOARD, True), (DASHBOARD, False), (SYNC, True), (PNL, False), (BALANCE, False)]
    words = [estimates.words(service.connection, *each) for each in asked]
    assert words == ["13 minute(s)", "3 minute(s)", "10 minute(s)", "3 minute(s)", "1 minute(s)"]


def test_the_estimate_is_the_median_of_our_own_runs_once_there_are_five(service):
    for index, minutes in enumerate([1, 2, 2, 90, 5]):
        _completed(service, f"job-{index}", minutes, synced=True)
    estimates = Estimates()
    assert estimates.words(service.connection, DASHBOARD, needs_sync=True) == "2 minute(s)"
    assert estimates.words(service.connection, DASHBOARD, needs_sync=False) == "3 minute(s)"


def test_the_history_is_not_asked_for_every_request(service):
    estimates = Estimates()
    first = estimates.words(service.connection, DASHBOARD, needs_sync=True)
    for index in range(5):
        _completed(service, f"job-{index}", 40, synced=True)
    assert estimates.words(service.connection, DASHBOARD, needs_sync=True) == first
    assert Estimates().words(service.connection, DASHBOARD, needs_sync=True) == "40 minute(s)"


def _completed(service: Service, job_id: str, minutes: int, synced: bool) -> None:
    runs = RunRepository(service.connection)
    runs.add(NewRun(job_id, "request", DASHBOARD, WALLET, "analysis-operations", {}))
    run = runs.begin(job_id)
    assert run is not None
    assert runs.finish(run, Ending("completed", {"synced": synced}))
    service.connection.execute(
        "UPDATE analysis_run SET started_at = ended_at - make_interval(mins => %s) WHERE id = %s",
        [minutes, job_id],
    )
