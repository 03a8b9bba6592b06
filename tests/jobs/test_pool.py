"""The pool's description, and the dequeue of a process with several queues."""

import logging
import os
import signal

import fakeredis
import pytest
from jobservice import OTHER, Service
from rq.exceptions import DequeueTimeout, StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer

from walletjobs.config import Config
from walletjobs.errors import InvalidSetting
from walletjobs.jobs.pool import parse_pool
from walletjobs.jobs.queue import ANALYSIS_QUEUE, BACKGROUND_QUEUE, QUEUES
from walletjobs.jobs.worker import SafeQueue


def test_the_default_pool_leaves_no_queue_of_jobs_without_a_worker():
    config = Config(database_url="", redis_url="")
    listened = [name for queues in parse_pool(config.worker_pool) for name in queues]
    assert set(QUEUES) - set(listened) <= {"similarity-operations"}
    background = next(queues for queues in parse_pool(config.worker_pool) if BACKGROUND_QUEUE in queues)
    assert ANALYSIS_QUEUE not in background, "a user's click never waits behind a batch"
    assert background[-1] == BACKGROUND_QUEUE


def test_processes_stand_apart_by_blanks_queues_by_commas_and_may_be_several():
    assert parse_pool("analysis-operations*2 maintenance,wallet-operations") == [
        ["analysis-operations"], ["analysis-operations"], ["maintenance", "wallet-operations"],
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "  ", "no-such-queue", "maintenance,", "maintenance*x"])
def test_a_pool_that_makes_no_sense_is_refused(text):
    with pytest.raises(InvalidSetting):
        parse_pool(text)


def test_from_several_queues_a_job_is_taken_by_way_of_the_intermediate_list(make_service, redis_client):
    service: Service = make_service(redis_client)  # fakeredis says it is too old for LMOVE
    job_id = service.submit().job_id
    queues = [SafeQueue(name, connection=service.redis, serializer=JSONSerializer) for name in QUEUES[::-1]]
    job, queue = SafeQueue.dequeue_any(queues, 1, connection=service.redis, serializer=JSONSerializer)
    assert (job.id, queue.name) == (job_id, "analysis-operations")
    assert service.redis.lrange("rq:queue:analysis-operations:intermediate", 0, -1) == [job_id.encode()]


def test_a_signal_that_comes_while_a_job_is_read_ends_the_worker_and_not_the_job(make_service, redis_client):
    service: Service = make_service(redis_client)
    job_id = service.submit().job_id
    queues = [SafeQueue("analysis-operations", connection=service.redis, serializer=JSONSerializer)]
    with pytest.raises(StopRequested):
        SafeQueue.dequeue_any(queues, 1, connection=service.redis, job_class=_Interrupted)
    assert service.run(job_id).status == "queued"
    assert service.redis.lrange("rq:queue:analysis-operations:intermediate", 0, -1) == [job_id.encode()]


class _Interrupted(Job):
    """A job whose reading a signal interrupts."""

    def refresh(self) -> None:
        raise StopRequested


def test_a_signal_that_comes_while_a_line_is_logged_ends_the_worker_all_the_same(make_service):
    """RQ ends an idle worker by an exception, and logging swallows it."""
    service: Service = make_service(fakeredis.FakeRedis())
    first, second = service.submit().job_id, service.submit(OTHER).job_id
    logger, handler = logging.getLogger("rq.worker"), _Interrupting()
    before = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    logger.addHandler(handler)
    try:
        service.work()
    finally:
        logger.removeHandler(handler)
        for number, handle in before:
            signal.signal(number, handle)
    assert handler.swallowed
    assert (service.run(first).attempt, service.run(second).attempt) == (1, 0)


class _Interrupting(logging.Handler):
    """Has a signal come while it writes of the first job that is taken; like all handlers it lets nothing out."""

    swallowed = False

    def emit(self, record: logging.LogRecord) -> None:
        if not self.swallowed and "dashboard-" in record.getMessage():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            except StopRequested:
                self.swallowed = True


def test_several_empty_queues_time_out_as_one_does():
    redis = fakeredis.FakeRedis()
    queues = [SafeQueue(name, connection=redis, serializer=JSONSerializer) for name in QUEUES]
    with pytest.raises(DequeueTimeout):
        SafeQueue.dequeue_any(queues, 1, connection=redis)
    assert SafeQueue.dequeue_any(queues, None, connection=redis) is None
