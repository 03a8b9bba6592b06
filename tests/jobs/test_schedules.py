"""Schedules: when a run is due, who gets it, and what becomes of runs that nobody was there for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import fakeredis
import pytest
from jobservice import OTHER, WALLET, Service
from psycopg_pool import ConnectionPool

from walletjobs.core.schedule import NewSchedule, Schedule
from walletjobs.db.connection import open_pool
from walletjobs.errors import InvalidData, UnknownSchedule
from walletjobs.jobs.schedules import (
    add_schedule,
    find_schedule,
    next_run,
    remove_schedule,
    run_due,
    schedules_of,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def service(make_service) -> Service:
    return make_service(fakeredis.FakeRedis())


def add(service: Service, **when) -> Schedule:
    return add_schedule(service.connection, NewSchedule("owner", [WALLET, OTHER], **when))


def becomes_due(service: Service, ago: str = "1 hour") -> None:
    service.connection.execute("UPDATE schedule SET next_run_at = now() - %s::interval", [ago])


def batches(service: Service) -> int:
    return service.one("SELECT count(*) FROM batch")


@pytest.mark.parametrize(
    ("cron", "after"),
    [
        ("*/15 * * * *", NOON + timedelta(minutes=15)),
        ("0 6 * * *", NOON + timedelta(hours=18)),
        ("30 12 * * MON", NOON + timedelta(days=1, minutes=30)),
        ("0 0 1 1 *", datetime(2027, 1, 1, tzinfo=UTC)),
        ("@hourly", NOON + timedelta(hours=1)),
    ],
)
def test_cron_text_names_the_next_time_in_utc(cron, after):
    assert next_run(cron, None, NOON, NOON) == after


@pytest.mark.parametrize(
    "cron", ["", "nonsense", "* * * *", "61 * * * *", "* * * * * *", "0 0 30 2 *", "R * * * *"]
)
def test_cron_text_that_names_no_time_is_refused(service, cron):
    with pytest.raises(InvalidData):
        add(service, cron=cron)
    assert schedules_of(service.connection) == []


def test_an_interval_neither_drifts_nor_makes_up_for_what_was_missed():
    due = NOON - timedelta(seconds=1)
    assert next_run(None, 30, due, NOON) == due + timedelta(minutes=30)
    assert next_run(None, 30, NOON - timedelta(days=3, seconds=1), NOON) == due + timedelta(minutes=30)
    assert next_run(None, 30, NOON, NOON) == NOON + timedelta(minutes=30)


@pytest.mark.parametrize("when", [{}, {"cron": "@daily", "every_minutes": 5}])
def test_a_schedule_has_one_kind_of_time(service, when):
    with pytest.raises(InvalidData):
        add(service, **when)


def test_an_interval_begins_at_once_and_a_cron_text_at_its_first_time(service):
    add(service, cron="0 0 1 1 *")
    run_due(service.connection)
    assert batches(service) == 0
    schedule = add(service, every_minutes=30)
    run_due(service.connection)
    assert batches(service) == 1
    after = find_schedule(service.connection, schedule.id)
    assert after.next_run_at == schedule.next_run_at + timedelta(minutes=30)
    run_due(service.connection)
    assert batches(service) == 1


def test_a_run_that_is_due_is_a_batch_of_the_background_that_syncs(service):
    schedule = add(service, every_minutes=30)
    service.tick()
    after = find_schedule(service.connection, schedule.id)
    assert service.one("SELECT owner FROM batch WHERE id = %s", after.last_batch) == "owner"
    assert service.one("SELECT count(*) FROM batch_member WHERE batch_id = %s", after.last_batch) == 2
    job_id = service.one("SELECT job_id FROM batch_member WHERE wallet = %s", WALLET)
    assert service.run(job_id).arguments["force_refresh"] is True
    assert after.last_run_at is not None
    service.work()
    assert service.run(job_id).status == "completed"


def test_missed_runs_are_not_piled_up(service):
    add(service, every_minutes=10)
    becomes_due(service, "3 days")
    for _ in range(3):
        run_due(service.connection)
    assert batches(service) == 1
    assert service.one("SELECT next_run_at > now() FROM schedule")


def test_of_many_runners_one_has_each_run(service, database_url):
    for _ in range(3):
        add(service, every_minutes=10)
    with open_pool(database_url, 8) as pool, ThreadPoolExecutor(8) as threads:
        pool.timeout = 30.0
        list(threads.map(lambda _: _run(pool), range(24)))
    assert batches(service) == 3


def test_a_runner_that_dies_on_the_way_leaves_the_run_to_the_next(service):
    add(service, every_minutes=10)
    with service.connection.transaction(force_rollback=True):
        run_due(service.connection)
    assert batches(service) == 0
    run_due(service.connection)
    assert batches(service) == 1


def test_wallets_that_are_still_at_work_on_the_last_run_join_it(service):
    add(service, every_minutes=10)
    run_due(service.connection)
    becomes_due(service)
    run_due(service.connection)
    assert batches(service) == 2
    assert service.one("SELECT count(*) FROM analysis_run") == 2
    assert service.one("SELECT count(*) FROM batch_member WHERE joined") == 2


def test_a_removed_schedule_is_not_due_again(service):
    schedule = add(service, every_minutes=10)
    remove_schedule(service.connection, schedule.id)
    run_due(service.connection)
    assert batches(service) == 0
    for ask in (remove_schedule, find_schedule):
        with pytest.raises(UnknownSchedule):
            ask(service.connection, schedule.id)


def _run(pool: ConnectionPool) -> None:
    with pool.connection() as connection:
        run_due(connection)
