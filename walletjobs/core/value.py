"""What the tokens of a trade were worth, in lamports before fees, and where that is known from.

Source: money.md section 4.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from walletjobs.core.case import Case
from walletjobs.core.entries import TRADES, Kind
from walletjobs.core.hops import Hops, hops_of
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
    tokens = case.deltas.tokens
    stable = 0
    if not STABLECOINS.isdisjoint(tokens):
        stable = sum(tokens.get(mint, 0) for mint in STABLECOINS)  # all have six decimals
    if kind is Kind.SWAP:
        return _of_swap(case, prices(case.transaction.block_time))
    if not stable:
        return Value(abs(case.components.consideration), "own_leg")
    return _of_stable_trade(case, kind, stable, prices)


def _of_swap(case: Case, price: int | None) -> Value:
    """Tokens for tokens: what moved between their hops, SOL before stablecoins; at least of most of a split route."""
    tokens = case.deltas.tokens
    given = {mint: amount for mint, amount in tokens.items() if amount < 0}
    got = {mint: amount for mint, amount in tokens.items() if amount > 0}
    sides = [hops_of(case, given), hops_of(case, got)]
    if price:
        sides += [hops_of(case, given, price), hops_of(case, got, price)]
    for hops in sides:
        if hops.whole:
            return Value(hops.lamports, "intermediate")
    return _scaled(case, sides)


def _of_stable_trade(case: Case, kind: Kind, stable: int, prices: Prices) -> Value:
    """Stablecoins, with or without SOL beside them: the SOL that they were traded for and what the wallet's own was; or
    all that the token was traded for; else the stablecoins by the price of that minute.

    ``stable``: what the wallet gained (+) or lost (−), in millionths of a USD.
    """
    tokens, sold = case.deltas.tokens, kind is Kind.SELL
    own = case.components.consideration if sold else -case.components.consideration
    quote = hops_of(case, {mint: amount for mint, amount in tokens.items() if mint in STABLECOINS})
    traded = hops_of(case, {mint: amount for mint, amount in tokens.items() if mint not in STABLECOINS})
    way = 1 if (stable > 0) is sold else -1
    if quote.whole:
        return _positive(way * quote.lamports + own, "intermediate")
    if traded.whole:
        return Value(traded.lamports, "intermediate")
    if price := prices(case.transaction.block_time):
        return _positive(way * (abs(stable) * LAMPORTS_PER_SOL // price) + own, "price_series")
    return _scaled(case, [traded])


def _positive(lamports: int, source: str) -> Value:
    """A value that a trade can have: where more came back than was paid, nobody knows what it was worth."""
    return Value(lamports, source) if lamports > 0 else NO_VALUE


def _scaled(case: Case, sides: Sequence[Hops]) -> Value:
    """The value by the largest part of a split route, if it is most of it."""
    known = [hops for hops in sides if hops.most]
    if not known:
        return NO_VALUE
    case.flags.append("part_of_route")
    return Value(max(known, key=lambda hops: hops.seen / (hops.seen + hops.unseen)).scaled(), "intermediate")


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
