"""One budget of requests for every process: a bucket in Redis, paced by its clock.

The first script is GCRA: a bucket knows when its next slot is, a caller reserves it and waits for it. Callers are
served in order, and a pause moves everybody's slots back. Who sleeps may wake late, and several of them together: the
second script lets a caller go, and never more of them within any second than the rate allows. A request costs two short
trips.
"""

import time
from collections.abc import Callable
from math import ceil
from typing import Any, NamedTuple

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

#: KEYS = {bucket, times at which callers went}
#: ARGV = {slot, how many may go within a second}
#: Returns {microseconds to wait, now}: none and the caller has gone; -1 where a pause has taken the slot.
_GO = f"""
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
if tonumber(ARGV[1]) < tonumber(redis.call('HGET', KEYS[1], 'paused') or '0') then return {{-1, now}} end
local before = redis.call('LINDEX', KEYS[2], ARGV[2] - 1)
if before and now - before < 1000000 then return {{before + 1000000 - now, now}} end
redis.call('LPUSH', KEYS[2], string.format('%.0f', now))
redis.call('LTRIM', KEYS[2], 0, ARGV[2] - 1)
redis.call('PEXPIRE', KEYS[2], {KEEP * 1000})
return {{0, now}}
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


class Turn(NamedTuple):
    """A caller's turn. Units: microseconds by Redis' clock."""

    slot: int
    gone: int  # when it went


class Limiter:
    """A bucket of ``rate`` requests a second, shared by all who name it on one Redis."""

    def __init__(self, client: redis.Redis, bucket: str, rate: float) -> None:
        self._client = client
        self._key = f"walletjobs:limit:{bucket}"
        self._gone = f"walletjobs:gone:{bucket}"
        self._interval = round(1_000_000 / rate)  # microseconds
        self._most = ceil(rate)  # within any second
        self._reserve = client.register_script(_RESERVE)
        self._go = client.register_script(_GO)
        self._pause = client.register_script(_PAUSE)

    def acquire(self, on_wait: OnWait | None = None) -> Turn:
        """Wait for the next free slot; ``on_wait`` hears the seconds that are left, at least once a second.

        What ``on_wait`` raises ends the waiting; the slot is then lost, not the order.
        Raises: QueueUnavailable.
        """
        while True:
            slot, left = self._ask(self._reserve, [self._key], [self._interval])
            while left >= 0:
                wait(left / 1_000_000, on_wait)
                left, now = self._ask(self._go, [self._key, self._gone], [slot, self._most])
                if left == 0:
                    return Turn(int(slot), int(now))

    def pause(self, seconds: float) -> None:
        """Let nobody through for ``seconds``, those who wait already included.

        Raises: QueueUnavailable.
        """
        self._ask(self._pause, [self._key], [round(seconds * 1_000_000)])

    @staticmethod
    def _ask(script: Callable[..., Any], keys: list[str], args: list[int]) -> Any:
        try:
            return script(keys=keys, args=args)
        except redis.RedisError as error:
            raise QueueUnavailable(f"Redis cannot be reached: {error}") from error


def wait(seconds: float, on_wait: OnWait | None = None) -> None:
    """Sleep, telling ``on_wait`` before each nap how many seconds are left."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if on_wait is not None:
            on_wait(left)
        time.sleep(min(left, NAP))
