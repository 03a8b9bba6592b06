"""What a wallet's holdings are worth, kept in Redis: thousands of products are computed once, not at each reload.

What is kept is named by all that it follows from: the analysis, and when prices were last asked for. A price that comes
in, or another analysis, makes another name; nothing is ever out of date, and nothing needs to be thrown away.
"""

from contextlib import suppress
from decimal import Decimal

import msgspec
from redis import Redis
from redis.exceptions import RedisError

from walletjobs.core.valuation import Unrealized, unrealized
from walletjobs.db.results import ResultRepository, StoredResult
from walletjobs.jobs import keys

KEEP = 3600  # seconds
_WORTH = msgspec.json.Decoder(Unrealized)


def worth_of(
    redis: Redis, results: ResultRepository, wallet_id: int, result: StoredResult, sol_usd: Decimal | None
) -> Unrealized:
    """The holdings' worth at the newest stored prices; without Redis it is computed each time."""
    key = keys.worth(wallet_id, f"{result.computed_at.timestamp()}:{results.prices_asked_at()}")
    with suppress(RedisError):
        kept = redis.get(key)
        if isinstance(kept, bytes):
            return _WORTH.decode(kept)
    worth = unrealized(results.holdings(wallet_id, scope=result.scope), sol_usd)
    with suppress(RedisError):
        redis.set(key, msgspec.json.encode(worth), ex=KEEP)
    return worth
