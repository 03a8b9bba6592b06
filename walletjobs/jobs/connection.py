"""Connections to Redis, each with the patience that its user needs."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis.exceptions
from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.retry import Retry

from walletjobs.errors import QueueUnavailable

WEB_TIMEOUT = 1.0  # seconds: a request is cut at 30, so it must not wait for a hung Redis
WORKER_TIMEOUT = 15.0  # seconds; RQ raises it above its own blocking reads
WORKER_RETRIES = 8  # with the back-off below: a Redis that restarts within ten seconds costs nothing


def web_redis(url: str) -> Redis:
    """For requests: answers or fails within a second, and never tries again."""
    return Redis.from_url(
        url, socket_timeout=WEB_TIMEOUT, socket_connect_timeout=WEB_TIMEOUT, retry=Retry(NoBackoff(), 0)
    )


def worker_redis(url: str) -> Redis:
    """For workers and their jobs: waits out a Redis that restarts."""
    return Redis.from_url(
        url,
        socket_timeout=WORKER_TIMEOUT,
        socket_connect_timeout=WORKER_TIMEOUT,
        retry=Retry(ExponentialBackoff(cap=2.0, base=0.05), WORKER_RETRIES),
        health_check_interval=30,
    )


def reader_redis(url: str) -> Redis:
    """For subscribers: blocks as long as nothing comes, and asks every 30 s whether the other side lives."""
    return Redis.from_url(
        url, socket_timeout=None, socket_connect_timeout=WEB_TIMEOUT, health_check_interval=30
    )


@contextmanager
def translated() -> Iterator[None]:
    """Inside it, a Redis that is away, hangs or breaks off is a QueueUnavailable."""
    try:
        yield
    except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError) as error:
        raise QueueUnavailable(f"Redis cannot be reached: {error}") from error
