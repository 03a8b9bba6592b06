"""Figures of queues and workers: read, never changed."""

import time

import fakeredis
import pytest
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from walletjobs import ops
from walletjobs.errors import QueueUnavailable
from walletjobs.jobs.batches import Wish, submit_batch
from walletjobs.jobs.connection import web_redis
from walletjobs.jobs.queue import QUEUES, queue_of

WALLETS = ["3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2", "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM"]


def test_every_queue_is_there_even_where_nothing_ever_was(connection):
    figures = ops.queues(fakeredis.FakeRedis(), connection)
    assert [each.name for each in figures] == list(QUEUES)
    assert {(each.depth, each.latency_seconds, each.workers) for each in figures} == {(0, None, 0)}


def test_a_queue_says_how_much_waits_and_how_long_the_oldest_has(redis_client, connection):
    queue = queue_of(redis_client, "maintenance")
    queue.enqueue("time.sleep", 0)
    time.sleep(0.05)
    queue.enqueue("time.sleep", 0)
    before = redis_client.dbsize()
    figures = ops.queue(redis_client, connection, "maintenance")
    assert (figures.depth, figures.started, figures.failed, figures.scheduled) == (2, 0, 0, 0)
    assert figures.latency_seconds >= 0.05
    assert redis_client.dbsize() == before


def test_a_worker_is_listed_while_it_lives(redis_client, connection):
    worker = SimpleWorker([Queue("maintenance", connection=redis_client)], connection=redis_client)
    worker.register_birth()
    (figures,) = ops.workers(redis_client)
    assert (figures.queues, figures.pid, figures.job_id) == (("maintenance",), worker.pid, None)
    assert ops.queue(redis_client, connection, "maintenance").workers == 1
    redis_client.delete(worker.key)  # it died, and nobody has swept yet
    assert ops.queue(redis_client, connection, "maintenance").workers == 0
    assert ops.workers(redis_client) == []


def test_a_failed_job_is_counted(redis_client, connection):
    queue = queue_of(redis_client, "maintenance")
    queue.enqueue("time.sleep", "not a number")
    SimpleWorker([queue], connection=redis_client, serializer=JSONSerializer).work(burst=True)
    assert ops.queue(redis_client, connection, "maintenance").failed == 1


def test_without_redis_it_says_so(connection):
    with pytest.raises(QueueUnavailable):
        ops.queues(web_redis("redis://127.0.0.1:1/0"), connection)


def test_jobs_that_wait_in_postgres_count_as_waiting(connection):
    submit_batch(connection, Wish("owner", WALLETS), "batch-1")
    connection.execute("UPDATE analysis_run SET created_at = now() - interval '5 minutes'")
    figures = ops.queue(fakeredis.FakeRedis(), connection, "analysis-background")
    assert (figures.depth, figures.held, figures.arrivals_per_minute) == (0, 2, 0.2)
    assert figures.latency_seconds >= 300
    assert (figures.service_seconds, figures.processes_wanted) == (None, 1)


def test_what_ended_lately_tells_how_long_a_job_takes(connection):
    submit_batch(connection, Wish("owner", WALLETS), "batch-1")
    connection.execute(
        """
        UPDATE analysis_run
           SET status = 'completed', started_at = now() - interval '30 minutes', ended_at = now()
        """
    )
    figures = ops.queue(fakeredis.FakeRedis(), connection, "analysis-background")
    assert (figures.served_per_minute, figures.service_seconds) == (0.2, 1800)
    assert figures.processes_wanted == 6, "two jobs of 30 minutes in each 10 minutes"
