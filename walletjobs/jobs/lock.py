"""One lock a wallet: short, renewed while the work lives, taken over by the same job's next start.

The lock keeps two jobs from doing the same work; what keeps a holder that lost it from *writing* is the
fencing number (``walletjobs.db.fence``), drawn once the lock is held.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis.exceptions
from redis import Redis

from walletjobs.errors import LockBusy
from walletjobs.jobs import keys
from walletjobs.jobs.events import Speaker
from walletjobs.jobs.queue import compare_and_delete

TTL = 60  # seconds
RENEW_EVERY = 10  # seconds
WAIT = 2.0  # seconds to wait for a busy lock before the job is put back into its queue
_POLL = 0.2  # seconds

_TAKE = """
-- KEYS = {lock}  ARGV = {job id ':', turn, seconds}
-- Returns 1 where the lock is ours: it was free, or an earlier start of the same job held it.
local holder = redis.call('GET', KEYS[1])
if holder then
    if string.sub(holder, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
    if tonumber(string.sub(holder, #ARGV[1] + 1)) > tonumber(ARGV[2]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'EX', ARGV[3])
return 1
"""

_RENEW = """
-- KEYS = {lock}  ARGV = {value, seconds}
-- Returns 1 where the lock is still ours, and lives on.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('EXPIRE', KEYS[1], ARGV[2])
"""


class WalletLock:
    """The lock of one wallet, in the hands of one start of one job."""

    def __init__(self, redis: Redis, wallet: str, holder: Speaker) -> None:
        self._redis = redis
        self._key = keys.wallet_lock(wallet)
        self._owner, self._turn = f"{holder.job_id}:", str(holder.turn or 0)

    def take(self, wait: float = WAIT) -> None:
        """Holds the lock from now on.

        Raises: LockBusy where another job still has it after ``wait`` seconds.
        """
        deadline = time.monotonic() + wait
        while not self._redis.eval(_TAKE, 1, self._key, self._owner, self._turn, str(TTL)):
            if time.monotonic() >= deadline:
                raise LockBusy
            time.sleep(_POLL)

    def renew(self) -> bool:
        """Whether the lock is still ours, for another ``TTL`` seconds."""
        return bool(self._redis.eval(_RENEW, 1, self._key, self._owner + self._turn, str(TTL)))

    def release(self) -> None:
        """Gives the lock back, unless someone else has it by now."""
        compare_and_delete(self._redis, self._key, self._owner + self._turn)


@contextmanager
def held(lock: WalletLock, on_lost: Callable[[], None], every: float = RENEW_EVERY) -> Iterator[None]:
    """Holds the lock while the block lasts; a thread renews it, and calls ``on_lost`` once if it is gone.

    Raises: LockBusy.
    """
    lock.take()
    over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(lock, on_lost, over, every), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        over.set()
        renewing.join()
        lock.release()


def _renew(lock: WalletLock, on_lost: Callable[[], None], over: threading.Event, every: float) -> None:
    while not over.wait(every):
        try:
            if not lock.renew():
                on_lost()
                return
        except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError):
            continue  # away, not lost: the next round tells


def break_lock(redis: Redis, wallet: str, job_id: str) -> None:
    """Frees a wallet whose holder is known to be over: any start of that job, and no other job."""
    holder = redis.get(keys.wallet_lock(wallet))
    if isinstance(holder, bytes) and holder.startswith(f"{job_id}:".encode()):
        compare_and_delete(redis, keys.wallet_lock(wallet), holder.decode())
