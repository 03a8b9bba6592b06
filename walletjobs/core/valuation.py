"""What a holding is worth now, in lamports, by prices in USD."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from walletjobs.core.units import LAMPORTS_PER_SOL


@dataclass(frozen=True, slots=True)
class Holding:
    """What is held of one token, and its price."""

    mint: str
    decimals: int
    held: int  # base units
    held_known: int  # base units: the part with a known basis
    open_cost: int  # lamports, of the known part
    price_usd: Decimal | None  # of one whole token


@dataclass(frozen=True, slots=True)
class Unrealized:
    """Market value of holdings and what it is above their cost; what has no price is counted, not guessed."""

    value: int | None  # lamports, of all priced holdings; null where there are holdings and none has a price
    pnl: int | None  # lamports, of the priced holdings' known part
    priced: int  # holdings
    unpriced: int  # holdings
    unpriced_cost: int  # lamports: open cost of the holdings without a price


def market_value(
    quantity: int, decimals: int, price_usd: Decimal | None, sol_usd: Decimal | None
) -> int | None:
    """``quantity`` base units in lamports, rounded down; null without both prices."""
    if price_usd is None or not sol_usd:
        return None
    return int(quantity * price_usd * LAMPORTS_PER_SOL / sol_usd / 10**decimals)


def unrealized(holdings: Iterable[Holding], sol_usd: Decimal | None) -> Unrealized:
    """Sums over holdings of more than nothing."""
    value = pnl = priced = unpriced = unpriced_cost = 0
    for holding in holdings:
        worth = market_value(holding.held, holding.decimals, holding.price_usd, sol_usd)
        known = market_value(holding.held_known, holding.decimals, holding.price_usd, sol_usd)
        if worth is None or known is None:
            unpriced += 1
            unpriced_cost += holding.open_cost
            continue
        priced += 1
        value += worth
        pnl += known - holding.open_cost
    if unpriced and not priced:
        return Unrealized(None, None, 0, unpriced, unpriced_cost)
    return Unrealized(value, pnl, priced, unpriced, unpriced_cost)
