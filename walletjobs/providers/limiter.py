"""One budget of requests for every process: a bucket in Redis, paced by its clock.

The script is GCRA: a bucket knows when its next slot is, a caller reserves it and waits for it. Callers are
served in order, a request costs one round trip, and a pause moves everybody's slots back.
"""

import time
from collections.abc import Callable
from typing import Any

import redis

from walletjobs.errors import QueueUnavailable

#: The longest sleep between two looks at the world: a cancelled job must notice.
NAP = 1.0  # seconds
KEEP = 60  # seconds a bucket outlives its last slot

OnWait = Callable[[float], None]

#: KEYS = {bucket}
#: ARGV = {microseconds between slots}
#: Returns {slot, microseconds until then}, by Redis' clock.
_RESERVE = f"""
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local slot = math.max(now, tonumber(redis.call('HGET', KEYS[1], 'next') or '0'))
redis.call('HSET', KEYS[1], 'next', string.format('%.0f', slot + ARGV[1]))
redis.call('PEXPIRE', KEYS[1], math.ceil((slot - now + ARGV[1]) / 1000) + {KEEP * 1000})
return {{slot, slot - now}}
"""

#: KEYS = {bucket}
#: ARGV = {microseconds}
#: Returns nothing. Slots before the pause's end are void, the reserved ones too.
_PAUSE = f"""
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local ends = now + ARGV[1]
local paused = math.max(ends, tonumber(redis.call('HGET', KEYS[1], 'paused') or '0'))
local next = math.max(ends, tonumber(redis.call('HGET', KEYS[1], 'next') or '0'))
redis.call('HSET', KEYS[1], 'paused', string.format('%.0f', paused), 'next', string.format('%.0f', next))
redis.call('PEXPIRE', KEYS[1], math.ceil((next - now) / 1000) + {KEEP * 1000})
"""


class Limiter:
    """A bucket of ``rate`` requests a second, shared by all who name it on one Redis."""

    def __init__(self, client: redis.Redis, bucket: str, rate: float) -> None:
        self._client = client
        self._key = f"walletjobs:limit:{bucket}"
        self._interval = round(1_000_000 / rate)  # microseconds
        self._reserve = client.register_script(_RESERVE)
        self._pause = client.register_script(_PAUSE)

    def acquire(self, on_wait: OnWait | None = None) -> int:
        """Wait for the next free slot; ``on_wait`` hears the seconds that are left, at least once a second.

        What ``on_wait`` raises ends the waiting; the slot is then lost, not the order.
        Units: microseconds, the slot by Redis' clock.
        Raises: QueueUnavailable.
        """
        while True:
            slot, microseconds = self._ask(lambda: self._reserve(keys=[self._key], args=[self._interval]))
            if not microseconds:
                return int(slot)
            wait(microseconds / 1_000_000, on_wait)
            if slot >= int(self._ask(lambda: self._client.hget(self._key, "paused")) or 0):
                return int(slot)

    def pause(self, seconds: float) -> None:
        """Let nobody through for ``seconds``, those who wait already included.

        Raises: QueueUnavailable.
        """
        self._ask(lambda: self._pause(keys=[self._key], args=[round(seconds * 1_000_000)]))

    @staticmethod
    def _ask(command: Callable[[], Any]) -> Any:
        try:
            return command()
        except redis.RedisError as error:
            raise QueueUnavailable(f"Redis cannot be reached: {error}") from error


def wait(seconds: float, on_wait: OnWait | None = None) -> None:
    """Sleep, telling ``on_wait`` before each nap how many seconds are left."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if on_wait is not None:
            on_wait(left)
        time.sleep(min(left, NAP))
