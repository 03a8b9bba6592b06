"""Figures of queues and workers: read, never changed."""

import time

import fakeredis
import pytest
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from walletjobs import ops
from walletjobs.errors import QueueUnavailable
from walletjobs.jobs.connection import web_redis
from walletjobs.jobs.queue import QUEUES, queue_of


def test_every_queue_is_there_even_where_nothing_ever_was():
    figures = ops.queues(fakeredis.FakeRedis())
    assert [each.name for each in figures] == list(QUEUES)
    assert {(each.depth, each.latency_seconds, each.workers) for each in figures} == {(0, None, 0)}


def test_a_queue_says_how_much_waits_and_how_long_the_oldest_has(redis_client):
    queue = queue_of(redis_client, "maintenance")
    queue.enqueue("time.sleep", 0)
    time.sleep(0.05)
    queue.enqueue("time.sleep", 0)
    before = redis_client.dbsize()
    figures = ops.queue(redis_client, "maintenance")
    assert (figures.depth, figures.started, figures.failed, figures.scheduled) == (2, 0, 0, 0)
    assert figures.latency_seconds >= 0.05
    assert redis_client.dbsize() == before


def test_a_worker_is_listed_while_it_lives(redis_client):
    worker = SimpleWorker([Queue("maintenance", connection=redis_client)], connection=redis_client)
    worker.register_birth()
    (figures,) = ops.workers(redis_client)
    assert (figures.queues, figures.pid, figures.job_id) == (("maintenance",), worker.pid, None)
    assert ops.queue(redis_client, "maintenance").workers == 1
    redis_client.delete(worker.key)  # it died, and nobody has swept yet
    assert ops.queue(redis_client, "maintenance").workers == 0
    assert ops.workers(redis_client) == []


def test_a_failed_job_is_counted(redis_client):
    queue = queue_of(redis_client, "maintenance")
    queue.enqueue("time.sleep", "not a number")
    SimpleWorker([queue], connection=redis_client, serializer=JSONSerializer).work(burst=True)
    assert ops.queue(redis_client, "maintenance").failed == 1


def test_without_redis_it_says_so():
    with pytest.raises(QueueUnavailable):
        ops.queues(web_redis("redis://127.0.0.1:1/0"))
