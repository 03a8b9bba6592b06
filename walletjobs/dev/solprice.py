"""SOL in US dollars at any second, invented but steady: the same for ever, so that figures can be compared.

Noise of seven periods from a quarter year to a minute, each weighted by the square root of its period as a
random walk would be. Random access: no series is kept.
"""

import math
from functools import lru_cache
from hashlib import blake2b

#: The field that marks invented transactions: their SOL has this price, real ones' has not.
INVENTED = "_invented"
INVENTED_MARK = b'"_invented":true'
BASE = 150.0  # US dollars
VOLATILITY = 0.000045  # of one second, as a share of the price
PERIODS = (90 * 86400, 14 * 86400, 2 * 86400, 6 * 3600, 3600, 600, 60)  # seconds


@lru_cache(maxsize=65536)
def _lattice(period: int, index: int) -> float:
    digest = blake2b(f"{period}:{index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**63 - 1.0


def price_at(time: int) -> float:
    """The price at a unix second, in US dollars."""
    exponent = 0.0
    for period in PERIODS:
        index, offset = divmod(time, period)
        share = offset / period
        smooth = share * share * (3 - 2 * share)
        noise = _lattice(period, index) * (1 - smooth) + _lattice(period, index + 1) * smooth
        exponent += noise * VOLATILITY * period**0.5
    return BASE * math.exp(exponent)


def cents_at(time: int) -> int:
    """The price at the close of the minute that holds a unix second, in whole cents."""
    return round(price_at(time - time % 60 + 60) * 100)
