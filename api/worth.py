"""What a wallet's holdings are worth: kept by the analysis, and by when prices were last asked for."""

from decimal import Decimal

import msgspec
from redis import Redis

from api.keeping import kept
from walletjobs.core.valuation import Unrealized, unrealized
from walletjobs.db.results import ResultRepository, StoredResult
from walletjobs.jobs import keys

_WORTH = msgspec.json.Decoder(Unrealized)


def worth_of(
    redis: Redis, results: ResultRepository, wallet_id: int, result: StoredResult, sol_usd: Decimal | None
) -> Unrealized:
    """The holdings' worth at the newest stored prices."""
    key = keys.worth(wallet_id, f"{result.computed_at.timestamp()}:{results.prices_asked_at()}")
    return _WORTH.decode(
        kept(
            redis,
            key,
            lambda: msgspec.json.encode(unrealized(results.holdings(wallet_id, scope=result.scope), sol_usd)),
        )
    )
