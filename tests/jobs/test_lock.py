"""The wallet's lock: one holder, taken over by the same job's next start, given back to nobody else's loss."""

import threading

import fakeredis
import pytest
from jobservice import WALLET, until

from walletjobs.errors import LockBusy
from walletjobs.jobs import keys
from walletjobs.jobs.events import Speaker
from walletjobs.jobs.lock import TTL, WalletLock, break_lock, held


@pytest.fixture
def redis() -> fakeredis.FakeRedis:
    return fakeredis.FakeRedis()


def lock(redis: fakeredis.FakeRedis, job_id: str = "job", turn: int = 1) -> WalletLock:
    return WalletLock(redis, WALLET, Speaker(job_id, turn))


def test_another_job_waits_and_then_gives_up(redis):
    lock(redis).take()
    with pytest.raises(LockBusy):
        lock(redis, "other").take(wait=0)


def test_a_lock_that_is_given_back_can_be_taken(redis):
    first = lock(redis)
    first.take()
    first.release()
    lock(redis, "other").take(wait=0)


def test_the_next_start_of_the_same_job_takes_over_and_the_older_one_has_lost(redis):
    older, newer = lock(redis, turn=1), lock(redis, turn=2)
    older.take()
    newer.take(wait=0)
    assert (older.renew(), newer.renew()) == (False, True)
    with pytest.raises(LockBusy):
        older.take(wait=0)
    older.release()
    assert newer.renew(), "who has lost the lock cannot free it"


def test_a_job_whose_id_begins_alike_is_another_job(redis):
    lock(redis, "job").take()
    with pytest.raises(LockBusy):
        lock(redis, "jo").take(wait=0)


def test_a_held_lock_lives_on_and_is_free_after(redis):
    with held(lock(redis), on_lost=lambda: None, every=0.01):
        redis.expire(keys.wallet_lock(WALLET), 5)
        until(lambda: redis.ttl(keys.wallet_lock(WALLET)) > 5)
        assert redis.ttl(keys.wallet_lock(WALLET)) <= TTL
    assert not redis.exists(keys.wallet_lock(WALLET))


def test_who_loses_a_held_lock_hears_of_it_once(redis):
    lost = []
    told = threading.Event()
    with held(lock(redis), on_lost=lambda: (lost.append(1), told.set()), every=0.01):
        redis.set(keys.wallet_lock(WALLET), "other:1")
        assert told.wait(30)
    assert lost == [1]
    assert redis.get(keys.wallet_lock(WALLET)) == b"other:1"


def test_the_lock_of_a_job_that_is_over_is_broken_and_no_other(redis):
    lock(redis, "job", turn=3).take()
    break_lock(redis, WALLET, "other")
    assert redis.exists(keys.wallet_lock(WALLET))
    break_lock(redis, WALLET, "job")
    assert not redis.exists(keys.wallet_lock(WALLET))
