"""What the tokens of a trade were worth, in lamports before fees, and where that is known from.

Source: money.md section 4.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct

from walletjobs.core.case import Case
from walletjobs.core.entries import TRADES, Kind
from walletjobs.core.units import LAMPORTS_PER_SOL, STABLECOINS

#: Unix seconds → price of one SOL in millionths of a USD, null where nobody knows.
Prices = Callable[[int], int | None]


class Value(Struct, frozen=True, gc=False):
    """A trade's value; ``parts`` splits it where several tokens stand on one side."""

    lamports: int | None = None
    source: str | None = None  # own_leg, intermediate or price_series
    parts: dict[str, int] | None = None  # mint → lamports, where several tokens share the value


NO_VALUE = Value()


def no_prices(_at: int) -> int | None:
    """Nobody knows any price."""
    return None


def value_of(case: Case, kind: Kind, traded: Mapping[str, int], prices: Prices) -> Value:
    """The value of a trade whose tokens changed by ``traded``; flags say why there is none.

    A SOL leg is itself; a stablecoin leg is worth the SOL that moved between the hops it paid, else its SOL by the
    price of that minute; tokens for tokens are worth the SOL between their hops.
    """
    if kind is Kind.CONVERSION:
        return _of_conversion(case, prices)
    if kind not in TRADES:
        return NO_VALUE
    value = _sum(case, kind, prices)
    several = [mint for mint in traded if mint not in STABLECOINS] if len(traded) > 1 else []
    sides = {traded[mint] > 0 for mint in several}
    if len(several) <= len(sides):
        if value.lamports is None:
            case.flags.append("no_price")
        return value
    parts = _parts(case, several, value.lamports) if len(sides) == 1 else None
    if parts is None:
        case.flags.append("several_tokens")
        return NO_VALUE
    return Value(value.lamports, value.source, parts)


def _of_conversion(case: Case, prices: Prices) -> Value:
    """SOL against a stablecoin is worth its SOL, one stablecoin against another what came by that minute's price."""
    if case.components.consideration:
        return Value(abs(case.components.consideration), "own_leg")
    price = prices(case.transaction.block_time)
    if not price:
        case.flags.append("no_price")
        return NO_VALUE
    came = sum(case.deltas.tokens[mint] for mint in STABLECOINS if case.deltas.tokens.get(mint, 0) > 0)
    return Value(came * LAMPORTS_PER_SOL // price, "price_series")


def _sum(case: Case, kind: Kind, prices: Prices) -> Value:
    tokens, consideration = case.deltas.tokens, case.components.consideration
    stable = 0
    if not STABLECOINS.isdisjoint(tokens):
        stable = sum(tokens.get(mint, 0) for mint in STABLECOINS)  # all have six decimals
    if kind is not Kind.SWAP and not stable:
        return Value(abs(consideration), "own_leg")
    between = _between_hops(case)
    if between:
        return Value(between + (abs(consideration) if kind is not Kind.SWAP else 0), "intermediate")
    price = prices(case.transaction.block_time) if kind is not Kind.SWAP else None
    if price:
        return Value(abs(stable) * LAMPORTS_PER_SOL // price + abs(consideration), "price_series")
    return NO_VALUE


def _between_hops(case: Case) -> int:
    """SOL that the takers of what the wallet gave paid on, else SOL that the givers of what it got were paid."""
    given = {mint for mint, amount in case.deltas.tokens.items() if amount < 0}
    got = {mint for mint, amount in case.deltas.tokens.items() if amount > 0}
    paid = was_paid = 0
    for party, held in case.deltas.others.items():
        sol = case.deltas.gains.get(party, 0)
        if sol < 0 and any(held.get(mint, 0) > 0 for mint in given):
            paid -= sol
        elif sol > 0 and any(held.get(mint, 0) < 0 for mint in got):
            was_paid += sol
    return paid or was_paid


def _parts(case: Case, mints: list[str], value: int | None) -> dict[str, int] | None:
    """The value split by the SOL that moved between each token's own counterparties; null where they are the same.

    What a route leaves of an intermediate has its part of the SOL that the hop moved, and the rest went on.
    """
    moved: dict[str, int] = {}
    hops: dict[str, int] = {}  # mint → base units that its counterparties moved
    for party, held in case.deltas.others.items():
        theirs = [mint for mint in mints if held.get(mint, 0)]
        sol = case.deltas.gains.get(party, 0)
        if not theirs or not sol:
            continue
        if len(theirs) > 1:
            return None
        moved[theirs[0]] = moved.get(theirs[0], 0) + abs(sol)
        hops[theirs[0]] = hops.get(theirs[0], 0) + abs(held[theirs[0]])
    if len(moved) == 1 and len(mints) == 2:
        _pass_on(case, mints, moved, hops)
    total = sum(moved.values())
    if value is None or not total or len(moved) < len(mints):
        return None
    parts = {mint: value * moved[mint] // total for mint in mints}
    parts[mints[-1]] += value - sum(parts.values())
    return parts


def _pass_on(case: Case, mints: list[str], moved: dict[str, int], hops: dict[str, int]) -> None:
    """Of two tokens one was bought with the other's SOL: the other keeps the part of what stayed with the wallet."""
    ((mint, sol),) = moved.items()
    kept = abs(case.deltas.tokens[mint])
    if kept < hops[mint]:
        moved[mint] = sol * kept // hops[mint]
        moved[next(other for other in mints if other != mint)] = sol - moved[mint]
