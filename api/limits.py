"""How often one client may ask for work."""

import math
import time

from flask import current_app, request
from flask_limiter import Limiter
from redis.exceptions import RedisError

WINDOW = 60  # seconds


def client() -> str:
    """Who asks: the client's address, behind as many proxies as the settings trust."""
    return request.remote_addr or "unknown"


def analyses_a_minute() -> str:
    """The limit on starting analyses, from the settings."""
    return f"{current_app.extensions['doors'].config.analyses_per_minute} per {WINDOW} seconds"


#: Counted in Redis for all web processes together; without Redis the request is answered 503.
limiter = Limiter(key_func=client, strategy="moving-window")


def seconds_to_wait() -> int:
    """Whole seconds until the limit that was just broken lets one more through."""
    limit = limiter.current_limit
    try:
        return min(max(math.ceil(limit.reset_at - time.time()), 1), WINDOW) if limit else WINDOW
    except RedisError:
        return WINDOW
