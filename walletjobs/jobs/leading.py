"""Of several processes that could do a thing, one does it; the others are ready."""

import secrets

from redis import Redis

_LEAD = """
-- KEYS = {leader}  ARGV = {me, seconds}
-- Returns 1 where this process leads.
local leader = redis.call('GET', KEYS[1])
if leader and leader ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""


class Candidate:
    """One process that would lead, and does so as long as it asks again within ``seconds``.

    Two may lead for a moment (a pause, an emptied Redis): what the leader does is harmless done twice.
    """

    def __init__(self, redis: Redis, key: str, seconds: int) -> None:
        self._redis = redis
        self._key = key
        self._seconds = str(seconds)
        self._me = secrets.token_hex(8)

    def leads(self) -> bool:
        """Whether this process leads from now on."""
        return bool(self._redis.eval(_LEAD, 1, self._key, self._me, self._seconds))
