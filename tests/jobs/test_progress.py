"""Progress: every checkpoint at once, fractions at most ten a second, the last of a burst always."""

import time

import fakeredis
import pytest
from jobservice import Service, until
from rq.job import Job
from rq.serializers import JSONSerializer

from walletjobs.config import Config
from walletjobs.core.progress import Step
from walletjobs.db.runs import RunRepository
from walletjobs.errors import Cancelled, LockLost, Superseded, WorkerStopping
from walletjobs.jobs import events, keys, status
from walletjobs.jobs.progress import INTERVAL, JobReport, Start
from walletjobs.jobs.pulse import pulse, stopping


@pytest.fixture
def service(make_service) -> Service:
    return make_service(fakeredis.FakeRedis())


@pytest.fixture
def start(service) -> Start:
    return begin(service, service.submit().job_id)


def begin(service: Service, job_id: str) -> Start:
    run = RunRepository(service.connection).begin(job_id)
    assert run is not None
    job = Job.fetch(job_id, connection=service.redis, serializer=JSONSerializer)
    started = Start(Config.from_env(), service.redis, service.connection, job, run)
    events.take_turn(service.redis, started.speaker, 60)
    return started


def test_fractions_come_at_most_ten_a_second_and_checkpoints_all(service, start):
    report, began = JobReport(start), time.monotonic()
    report.step(Step.LOCK)
    report.step(Step.STATUS)
    for index in range(1000):
        report.step(Step.SYNC, index / 1000, counts={"transactions": index})
    report.step(Step.SYNC, 1.0)
    report.step(Step.ANALYSES)
    told = [event.data["progress"] for event in service.events(start.run.id)]
    assert (told[:3], told[-2:]) == ([5, 10, 15], [40, 50])
    assert len(told) <= 5 + (time.monotonic() - began) / INTERVAL


def test_the_last_of_a_burst_is_told_although_nothing_follows(service, start):
    report = JobReport(start)
    with pulse(start, report):
        report.step(Step.SYNC)
        report.step(Step.SYNC, 0.5, counts={"transactions": 1200, "pages": 12})
        until(
            lambda: service.events(start.run.id)[-1].data.get("counts") == {"transactions": 1200, "pages": 12}
        )


def test_the_snapshot_in_the_job_is_what_was_told(service, start):
    JobReport(start).step(Step.SYNC, 0.4, message="400 transactions stored", counts={"transactions": 400})
    stored = Job.fetch(start.run.id, connection=service.redis, serializer=JSONSerializer).meta
    told = service.events(start.run.id)[-1].data
    assert {name: stored[name] for name in ("progress", "step", "message", "counts")} == {
        "progress": 25, "step": "sync", "message": "400 transactions stored", "counts": {"transactions": 400},
    }  # fmt: skip
    assert {"jobId": start.run.id, **{name: told[name] for name in told if name != "jobId"}} == told


def test_the_last_provisional_figures_stand_in_the_snapshot(service, start):
    report = JobReport(start)
    report.step(Step.SYNC, 0.2)
    for transactions in (1000, 4000):
        report.partial({"wallet": {"buys": 3}, "coverage": {"transactions": transactions}, "stored": 4100})
    report.step(Step.SYNC, 1.0)
    told = [event.data for event in service.events(start.run.id) if event.event == events.PARTIAL]
    view = status.job_view(service.redis, service.connection, start.run.id)
    assert {"jobId": start.run.id, **view.partial_result} == told[-1] != told[0]


def test_the_next_attempt_goes_on_from_the_provisional_figures_of_the_last(service, start):
    JobReport(start).partial({"stored": 1000})
    RunRepository(service.connection).put_back(start.run)
    JobReport(begin(service, start.run.id)).step(Step.LOCK)
    view = status.job_view(service.redis, service.connection, start.run.id)
    assert view.partial_result == {"provisional": True, "stored": 1000}


def test_progress_never_goes_back_within_an_attempt(service, start):
    report = JobReport(start)
    report.step(Step.SYNC, 0.8)
    report.step(Step.SYNC, 0.2)
    report.step(Step.SYNC, 1.0)
    assert service.percents(start.run.id) == [35, 40]


def test_the_next_attempt_says_why_it_begins_again(service, start):
    RunRepository(service.connection).put_back(start.run)
    again = begin(service, start.run.id)
    JobReport(again).step(Step.LOCK)
    assert "another worker" in service.events(start.run.id)[-1].data["message"]


def test_checkpoints_are_kept_in_postgres_too(service, start):
    report = JobReport(start)
    report.step(Step.PNL)
    assert (service.run(start.run.id).progress, service.run(start.run.id).step) == (65, "pnl")


def test_a_notice_is_told_once_a_second(service, start):
    report = JobReport(start)
    for _ in range(50):
        report.notice("rate_limited", "The provider asks us to slow down.")
    report.notice("high_frequency_wallet", "High-frequency wallet.")
    assert [event.data["code"] for event in service.events(start.run.id)] == [
        "rate_limited",
        "high_frequency_wallet",
    ]


def test_an_older_start_may_tell_nothing_more(service, start):
    begin(service, start.run.id)
    with pytest.raises(Superseded):
        JobReport(start).step(Step.LOCK)
    assert service.events(start.run.id) == []


def test_a_safe_point_is_quiet_until_someone_wants_the_end_and_the_first_reason_stands(start):
    report = JobReport(start)
    report.checkpoint()
    report.end_with(LockLost())
    report.end_with(Cancelled())
    with pytest.raises(LockLost):
        report.checkpoint()


def test_work_that_hangs_is_interrupted_where_it_hangs(service, start):
    report = JobReport(start)
    service.redis.set(keys.cancel(start.run.id), "1")
    with pytest.raises(Cancelled), pulse(start, report):
        time.sleep(300)


def test_work_that_reaches_a_safe_point_ends_there(service, start):
    report, points = JobReport(start), 0
    service.redis.set(keys.cancel(start.run.id), "1")
    with pytest.raises(Cancelled), pulse(start, report):
        points = _work(report)
    assert points == 0


def test_a_process_about_to_stop_ends_the_work(start):
    stopping.set()
    try:
        with pytest.raises(WorkerStopping), pulse(start, JobReport(start)):
            time.sleep(300)
    finally:
        stopping.clear()


def test_a_newer_start_ends_the_older_ones_work(service, start):
    events.take_turn(service.redis, events.Speaker(start.run.id, start.run.turn + 1), 60)
    with pytest.raises(Superseded), pulse(start, JobReport(start)):
        time.sleep(300)


def _work(report: JobReport) -> int:
    while True:
        time.sleep(0.05)
        report.checkpoint()
