import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

from walletjobs.errors import Cancelled, QueueUnavailable
from walletjobs.providers.limiter import Limiter

#: A worker that takes slots as fast as it may and prints each slot and the Redis time at which it got it.
WORKER = """
import json, sys, redis
from walletjobs.providers.limiter import Limiter
client = redis.Redis.from_url(sys.argv[1])
limiter = Limiter(client, "shared", float(sys.argv[2]))
client.blpop("start")
taken = []
for _ in range(int(sys.argv[3])):
    slot = limiter.acquire().slot
    seconds, microseconds = client.time()
    taken.append((slot, seconds * 1_000_000 + microseconds))
print(json.dumps(taken))
"""


def busiest_second(moments: list[int]) -> int:
    ordered = sorted(moments)
    return max(sum(begin <= moment < begin + 1_000_000 for moment in ordered) for begin in ordered)


def test_several_processes_share_one_budget(redis_url: str, redis_client: "redis.Redis[bytes]") -> None:
    rate, each, processes = 40, 30, 4
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, redis_url, str(rate), str(each)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(processes)
    ]
    redis_client.rpush("start", *range(processes))
    answers = [worker.communicate(timeout=60)[0] for worker in workers]
    taken = [(slot, moment) for answer in answers for slot, moment in json.loads(answer)]
    slots = [slot for slot, _ in taken]
    assert len(set(slots)) == each * processes, "two callers got one slot"
    assert busiest_second(slots) <= rate * 1.05
    assert all(moment >= slot for slot, moment in taken), "a caller went before its slot"


def test_callers_that_wake_late_do_not_leave_together(redis_client: "redis.Redis[bytes]") -> None:
    """Forty callers at ten a second, all of whom oversleep."""
    rate, late = 10, threading.Event()
    threading.Timer(2.5, late.set).start()

    def take(_: int) -> int:
        return Limiter(redis_client, "late", rate).acquire(lambda _: late.wait() and None).gone

    with ThreadPoolExecutor(40) as threads:
        gone = list(threads.map(take, range(40)))
    assert busiest_second(gone) <= rate


def test_first_caller_of_an_idle_bucket_does_not_wait(redis_client: "redis.Redis[bytes]") -> None:
    waits: list[float] = []
    Limiter(redis_client, "idle", 1).acquire(waits.append)
    assert waits == []


def test_slots_do_not_pile_up_while_nobody_asks(redis_client: "redis.Redis[bytes]") -> None:
    limiter = Limiter(redis_client, "b", 50)
    limiter.acquire()
    time.sleep(0.1)
    slots = [limiter.acquire().slot for _ in range(3)]
    assert slots[1] - slots[0] >= 20_000
    assert slots[2] - slots[1] >= 20_000


def test_waiting_caller_hears_how_long(redis_client: "redis.Redis[bytes]") -> None:
    limiter = Limiter(redis_client, "b", 5)
    waits: list[float] = []
    limiter.acquire(waits.append)
    limiter.acquire(waits.append)
    assert len(waits) >= 1
    assert 0 < waits[0] <= 0.2


def test_pause_moves_everybody_even_those_who_wait_already(redis_client: "redis.Redis[bytes]") -> None:
    limiter, other = Limiter(redis_client, "b", 10), Limiter(redis_client, "b", 10)
    first = limiter.acquire().slot
    paused = False

    def pause_once(_: float) -> None:
        nonlocal paused
        if not paused:
            paused = True
            other.pause(0.5)

    assert limiter.acquire(pause_once).slot >= first + 500_000


def test_short_pause_does_not_cut_a_long_one(redis_client: "redis.Redis[bytes]") -> None:
    limiter = Limiter(redis_client, "b", 1000)
    first = limiter.acquire().slot
    limiter.pause(0.4)
    limiter.pause(0.01)
    assert limiter.acquire().slot >= first + 400_000


def test_bucket_expires(redis_client: "redis.Redis[bytes]") -> None:
    limiter = Limiter(redis_client, "b", 10)
    limiter.acquire()
    assert 0 < redis_client.ttl("walletjobs:limit:b") <= 62
    limiter.pause(100)
    assert 100 < redis_client.ttl("walletjobs:limit:b") <= 162
    limiter.pause(0.1)
    assert redis_client.ttl("walletjobs:limit:b") > 100


def test_buckets_are_separate(redis_client: "redis.Redis[bytes]") -> None:
    Limiter(redis_client, "a", 1).pause(60)
    waits: list[float] = []
    Limiter(redis_client, "b", 1).acquire(waits.append)
    assert waits == []


def test_cancelled_job_need_not_wait_to_the_end(redis_client: "redis.Redis[bytes]") -> None:
    limiter = Limiter(redis_client, "b", 10)
    limiter.pause(600)

    def cancel(_: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        limiter.acquire(cancel)


def test_missing_redis_is_an_error_of_ours() -> None:
    away: redis.Redis[Any] = redis.Redis(host="127.0.0.1", port=1, retry=None)
    with pytest.raises(QueueUnavailable):
        Limiter(away, "b", 1).acquire()
