"""What the reaper finds, and what becomes of it; in this process, without waiting."""

import time

import fakeredis
import pytest
from jobservice import WALLET, Service
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

from walletjobs import ops
from walletjobs.core.run import Ending
from walletjobs.db.connection import connect
from walletjobs.db.runs import RunRepository
from walletjobs.jobs import events, keys, recovery, status
from walletjobs.jobs.events import Speaker
from walletjobs.jobs.lock import WalletLock
from walletjobs.jobs.queue import queue_of
from walletjobs.jobs.reaper import Patience, Reaper, look
from walletjobs.jobs.worker import SafeQueue, WalletWorker

QUEUE = "analysis-operations"


@pytest.fixture
def service(make_service) -> Service:
    return make_service(fakeredis.FakeRedis())


@pytest.fixture
def reaper(service, impatient, database_url) -> Reaper:
    return Reaper(service.redis, lambda: connect(database_url))


def dies(service: Service, job_id: str) -> None:
    """A worker takes the job, begins it, and is heard of no more."""
    key = f"rq:queue:{QUEUE}"
    service.redis.lrem(key, 1, job_id)
    job = Job.fetch(job_id, connection=service.redis, serializer=JSONSerializer)
    with service.redis.pipeline() as pipeline:
        Execution.create(job, 10, pipeline)
        job.prepare_for_execution("a worker", pipeline)
        pipeline.execute()
    run = RunRepository(service.connection).begin(job_id)
    assert run is not None
    WalletLock(service.redis, WALLET, Speaker(job_id, run.turn)).take()


def twice(reaper: Reaper) -> None:
    reaper.tick()
    reaper.tick()


def test_what_changes_is_not_outlasted():
    patience = Patience()
    assert patience.outlasted({"lease": 1.0}, 0.01) == []
    time.sleep(0.02)
    assert patience.outlasted({"lease": 2.0}, 0.01) == [], "a heartbeat was heard"
    time.sleep(0.02)
    assert patience.outlasted({"lease": 2.0}, 0.01) == ["lease"]
    assert patience.outlasted({}, 0.01) == []


def test_a_job_whose_worker_is_silent_runs_again_and_spends_an_attempt(service, reaper):
    job_id = service.submit(enrich_metadata=False).job_id
    dies(service, job_id)
    twice(reaper)
    assert service.redis.lrange(f"rq:queue:{QUEUE}", 0, -1) == [job_id.encode()]
    assert service.redis.zcard(f"rq:wip:{QUEUE}") == 0
    view = status.job_view(service.redis, service.connection, job_id)
    assert (view.status, view.message) == ("retrying", "The worker died; another one takes the job up.")
    service.work()
    run = service.run(job_id)
    assert (run.status, run.attempt, [each["code"] for each in run.attempts]) == (
        "completed",
        2,
        ["worker_lost"],
    )
    retry = next(event.data for event in service.events(job_id) if event.event == events.FAILED)
    assert (retry["willRetry"], retry["error"]["code"]) == (True, "worker_lost")


def test_after_its_last_attempt_it_fails_and_the_wallet_is_free(service, reaper):
    job_id = service.submit().job_id
    for _ in range(3):
        dies(service, job_id)
        twice(reaper)
    run = service.run(job_id)
    assert (run.status, run.error_code, len(run.attempts)) == ("failed", "worker_lost", 3)
    assert service.endings(job_id) == [events.FAILED]
    assert not service.redis.exists(keys.wallet_lock(WALLET), keys.active(WALLET, "all"))
    assert service.submit().job_id != job_id


def test_a_dead_worker_of_a_cancelled_job_is_not_replaced(service, reaper):
    job_id = service.submit().job_id
    dies(service, job_id)
    status.cancel(service.redis, service.connection, job_id)
    twice(reaper)
    assert service.endings(job_id) == [events.CANCELLED]
    assert service.redis.llen(f"rq:queue:{QUEUE}") == 0


def test_a_worker_that_died_between_the_record_of_the_end_and_its_event_leaves_no_one_waiting(
    service, reaper
):
    job_id = service.submit().job_id
    dies(service, job_id)
    run = service.run(job_id)
    assert RunRepository(service.connection).finish(run, Ending("completed", {"transactions": 3}))
    twice(reaper)
    assert service.endings(job_id) == [events.COMPLETED]
    assert not service.redis.exists(keys.active(WALLET, "all"))


def test_an_end_that_nobody_came_to_tell_is_told(service, reaper):
    """The worker died after it had recorded the end, and Redis forgot everything."""
    job_id = service.submit().job_id
    dies(service, job_id)
    assert RunRepository(service.connection).finish(service.run(job_id), Ending("completed", {}))
    service.redis.flushall()
    service.connection.execute("UPDATE analysis_run SET ended_at = now() - interval '1 minute'")
    twice(reaper)
    assert service.endings(job_id) == [events.COMPLETED]


def test_an_end_that_redis_forgot_is_not_told_again(service, reaper):
    job_id = service.submit(enrich_metadata=False).job_id
    service.work()
    service.redis.flushall()
    service.connection.execute("UPDATE analysis_run SET ended_at = now() - interval '1 minute'")
    status.put_into_queue(service.redis, service.run(job_id), "By mistake.")
    service.work()
    twice(reaper)
    assert service.endings(job_id) == []
    assert status.job_view(service.redis, service.connection, job_id).status == "completed"


def test_an_orphaned_lease_of_a_job_that_runs_elsewhere_disturbs_nobody(service, reaper, monkeypatch):
    job_id = service.submit().job_id
    dies(service, job_id)
    twice(reaper)
    service.redis.delete(f"rq:queue:{QUEUE}")
    dies(service, job_id)  # this one lives: its lease grows
    old, new = service.redis.zrange(f"rq:wip:{QUEUE}", 0, -1)[0], f"{job_id}:old"
    service.redis.zadd(f"rq:wip:{QUEUE}", {new: 1})
    for lease in (100, 200):
        service.redis.zadd(f"rq:wip:{QUEUE}", {old: lease})
        monkeypatch.setattr("walletjobs.jobs.reaper.SILENCE", 0.01)
        reaper.tick()
        time.sleep(0.02)
    service.redis.zadd(f"rq:wip:{QUEUE}", {old: 300})
    reaper.tick()
    assert service.redis.zrange(f"rq:wip:{QUEUE}", 0, -1) == [old]
    assert service.run(job_id).turn == 2
    assert service.redis.llen(f"rq:queue:{QUEUE}") == 0


def test_a_job_lost_between_pop_and_start_is_queued_again_for_nothing(service, reaper):
    job_id = service.submit().job_id
    service.redis.lmove(f"rq:queue:{QUEUE}", f"rq:queue:{QUEUE}:intermediate")
    twice(reaper)
    assert service.redis.lrange(f"rq:queue:{QUEUE}:intermediate", 0, -1) == []
    assert service.redis.lrange(f"rq:queue:{QUEUE}", 0, -1) == [job_id.encode()]
    assert service.run(job_id).attempts == []


def test_a_job_that_was_lost_before_it_was_recorded_runs_all_the_same(service, reaper):
    """Redis had queued it when the request broke off: its claim would keep the wallet away for a day."""
    job_id = service.submit(enrich_metadata=False).job_id
    service.connection.execute("DELETE FROM analysis_run")
    service.redis.lmove(f"rq:queue:{QUEUE}", f"rq:queue:{QUEUE}:intermediate")
    twice(reaper)
    service.work()
    assert service.run(job_id).status == "completed"
    assert not service.redis.exists(keys.active(WALLET, "all"))


def test_what_redis_forgot_is_queued_again_with_its_claim(service, reaper):
    job_id = service.submit(enrich_metadata=False, force_refresh=True).job_id
    service.redis.flushall()
    twice(reaper)
    twice(reaper)
    assert service.redis.lrange(f"rq:queue:{QUEUE}", 0, -1) == [job_id.encode()]
    assert service.redis.get(keys.active(WALLET, "all")) == job_id.encode()
    service.work()
    assert (service.run(job_id).status, service.run(job_id).attempt) == ("completed", 1)


def test_a_retry_that_is_due_is_queued_and_one_that_is_not_waits(service, reaper):
    job_id = service.submit().job_id
    queue = queue_of(service.redis, QUEUE)
    service.redis.delete(queue.key)
    service.redis.zadd(queue.scheduled_job_registry.key, {job_id: time.time() + 1000})
    twice(reaper)
    assert service.redis.llen(queue.key) == 0
    service.redis.zadd(queue.scheduled_job_registry.key, {job_id: time.time() - 1})
    twice(reaper)
    assert service.redis.lrange(queue.key, 0, -1) == [job_id.encode()]
    assert service.redis.zcard(queue.scheduled_job_registry.key) == 0


def test_of_two_processes_one_acts(service, reaper, database_url):
    other = Reaper(service.redis, lambda: connect(database_url))
    reaper.tick()
    job_id = service.submit().job_id
    service.redis.flushall()
    service.redis.set(keys.recovery_leader(), "someone else")
    twice(other)
    twice(other)
    assert service.redis.llen(f"rq:queue:{QUEUE}") == 0
    service.redis.delete(keys.recovery_leader())
    twice(other)
    assert service.redis.lrange(f"rq:queue:{QUEUE}", 0, -1) == [job_id.encode()]


def test_a_healthy_queue_is_left_alone(service, reaper):
    waiting = service.submit().job_id
    twice(reaper)
    assert service.redis.lrange(f"rq:queue:{QUEUE}", 0, -1) == [waiting.encode()]
    assert look(service.redis).named == {waiting}
    assert service.events(waiting) == []


def test_a_judgement_of_a_run_that_has_moved_on_since_is_refused(service):
    """What a reaper does that stood still between its look and its act."""
    job_id = service.submit().job_id
    dies(service, job_id)
    seen = service.run(job_id)
    service.redis.delete(f"rq:queue:{QUEUE}")
    dies(service, job_id)  # this one lives
    recovery.answer_for(service.redis, service.connection, job_id, seen)
    recovery.bring_back(service.redis, service.connection, job_id, seen)
    assert (service.run(job_id).status, service.run(job_id).attempts) == ("processing", [])
    assert service.redis.llen(f"rq:queue:{QUEUE}") == 0


def test_a_time_in_which_nobody_looked_proves_nothing(service, database_url, monkeypatch):
    job_id = service.submit(enrich_metadata=False).job_id
    dies(service, job_id)
    reaper = Reaper(service.redis, lambda: connect(database_url))
    reaper.tick()
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + 30)
    reaper.tick()
    assert service.run(job_id).status == "processing"


def test_a_worker_whose_job_was_given_to_another_has_nothing_to_answer_for(service, reaper, environment):
    job_id = service.submit(enrich_metadata=False).job_id
    dies(service, job_id)
    job = Job.fetch(job_id, connection=service.redis, serializer=JSONSerializer)
    (mine,) = (Execution.from_composite_key(entry.decode(), service.redis) for entry in _running(service))
    twice(reaper)
    service.redis.delete(f"rq:queue:{QUEUE}")
    dies(service, job_id)  # this one lives
    worker = _worker(service)
    worker.handle_job_failure(job, queue_of(service.redis, QUEUE), execution=mine)
    assert (service.run(job_id).status, len(service.run(job_id).attempts)) == ("processing", 1)


def test_a_worker_is_known_again_to_a_redis_that_forgot_it(service):
    worker = _worker(service)
    worker.register_birth()
    service.redis.flushall()
    worker.heartbeat()
    assert [each.queues for each in ops.workers(service.redis)] == [(QUEUE,)]


def test_a_worker_that_was_silent_for_too_long_leaves_nothing_that_cannot_be_read(
    service, reaper, environment
):
    job_id = service.submit().job_id
    job = Job.fetch(job_id, connection=service.redis, serializer=JSONSerializer)
    worker = _worker(service)
    worker.register_birth()
    execution = worker.prepare_execution(job)
    assert [each.job_id for each in ops.workers(service.redis)] == [job_id]
    twice(reaper)
    worker.maintain_heartbeats(job, execution)  # it goes on, unaware
    assert not service.redis.exists(execution.key)
    service.redis.hset(execution.key, "last_heartbeat", 1)  # as RQ leaves it
    assert [each.job_id for each in ops.workers(service.redis)] == [job_id]


def _worker(service: Service) -> WalletWorker:
    queue = SafeQueue(QUEUE, connection=service.redis, serializer=JSONSerializer)
    return WalletWorker([queue], connection=service.redis, serializer=JSONSerializer)


def _running(service: Service) -> list[bytes]:
    return service.redis.zrange(f"rq:wip:{QUEUE}", 0, -1)
