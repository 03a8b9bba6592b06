"""What takes long to put together from what an analysis stored, kept in Redis: computed once, not at each reload.

What is kept is named by all that it follows from. Another analysis makes another name; nothing is ever out of date, and
nothing needs to be thrown away.
"""

import zlib
from collections.abc import Callable
from contextlib import suppress

from redis import Redis
from redis.exceptions import RedisError

KEEP = 3600  # seconds


def kept(redis: Redis, key: str, make: Callable[[], bytes]) -> bytes:
    """What ``make`` says, or said within the hour; without Redis it is asked each time."""
    with suppress(RedisError):
        found = redis.get(key)
        if isinstance(found, bytes):
            return zlib.decompress(found)
    made = make()
    with suppress(RedisError):
        redis.set(key, zlib.compress(made, 1), ex=KEEP)
    return made
