"""Profit and loss: the figures of a book, per token and for the wallet, exact to the lamport.

Ratios are floats for people, rounded to six places, and null with their n where there is nothing to divide by; every
sum is an integer.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import isqrt

from walletjobs.core.book import Book
from walletjobs.core.positions import Position
from walletjobs.core.tally import Cycle, Tally

DAY = 86_400  # seconds
#: Upper limits of the cycle-return buckets, in percent, and their names. Source: money.md section 6
RETURN_BUCKETS = ((-50, "< -50 %"), (0, "-50 to 0 %"), (200, "0 to 200 %"), (500, "200 to 500 %"))
LAST_BUCKET = "> 500 %"


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something was won, with what it rests on."""

    winners: int
    losers: int
    break_even: int

    @property
    def n(self) -> int:
        """Winners and losers; break-even stands apart."""
        return self.winners + self.losers

    @property
    def value(self) -> float | None:
        """Winners / n, null without any."""
        return ratio(self.winners, self.n)


@dataclass(frozen=True, slots=True)
class Usd:
    """Sums in USD, each event at the price of its own time. Units: millionths of a USD."""

    cost: int
    cost_disposed: int
    proceeds: int
    open_cost: int | None
    unverified_proceeds: int
    gaps: int  # events whose price of SOL nobody knows: the sums lack them

    @property
    def realized_pnl(self) -> int:
        """Proceeds − cost of what was sold."""
        return self.proceeds - self.cost_disposed


@dataclass(frozen=True, slots=True)
class TokenPnl:
    """The figures of one token. Units: base units and lamports."""

    mint: str
    decimals: int
    tally: Tally
    held: int  # base units
    held_known: int  # base units: the part with a known basis
    open_cost: int  # lamports
    open_cost_usd: int | None  # millionths of a USD
    cycles: int  # closed ones
    cycle_open: bool

    @property
    def fees(self) -> int:
        """Network fees, tips, platform fees and rents paid for others in its trades. Units: lamports."""
        tally = self.tally
        return tally.network_fees + tally.tips + tally.platform_fees + tally.rents

    @property
    def usd(self) -> Usd:
        """The token's sums in USD."""
        return _usd([self])

    @property
    def roi(self) -> float | None:
        """Realized PnL / cost of what was sold."""
        return ratio(self.tally.realized_pnl, self.tally.cost_disposed)


@dataclass(frozen=True, slots=True)
class Spread:
    """How realized PnL is spread over tokens with a closed cycle. Units: lamports."""

    n: int
    median: int | None
    trimmed_mean: int | None  # without a tenth at each end
    standard_deviation: int | None
    best: int | None
    worst: int | None
    top_five_share: float | None  # of all profits


@dataclass(frozen=True, slots=True)
class WalletPnl:
    """The figures of a wallet. Units: lamports."""

    tokens: int
    buys: int
    sells: int
    cost: int  # all-in, of everything bought with a known value
    cost_disposed: int
    proceeds: int
    realized_pnl: int
    open_cost: int
    unverified_proceeds: int
    unverified_tokens: int
    unpriced: int  # trades without a value
    usd: Usd
    network_fees: int  # of every transaction, trades or not
    tips: int
    platform_fees: int
    arbitrages: int
    arbitrage_pnl: int  # of its own: in no token, not in realized_pnl
    token_wins: Rate
    cycle_wins: Rate
    profit_factor: float | None
    expectancy: int | None  # mean PnL of a closed cycle
    spread: Spread
    winning_streak: int  # longest, in closed cycles
    losing_streak: int
    max_drawdown: int  # of cumulative realized PnL
    returns: tuple[tuple[str, int], ...]  # bucket, closed cycles
    days: tuple[tuple[int, int], ...]  # UTC midnight in unix seconds, realized PnL of that day

    @property
    def roi(self) -> float | None:
        """Realized PnL / cost of what was sold."""
        return ratio(self.realized_pnl, self.cost_disposed)


def ratio(part: int, whole: int) -> float | None:
    """part / whole for people, six places; null without a whole."""
    return round(part / whole, 6) if whole else None


def tokens_of(book: Book) -> list[TokenPnl]:
    """The figures of every token that was ever traded or held, best realized PnL first."""
    tokens = [_token(position) for position in book.positions.values()]
    return sorted(tokens, key=lambda token: (-token.tally.realized_pnl, token.mint))


def wallet_of(book: Book, tokens: list[TokenPnl]) -> WalletPnl:
    """The figures of the wallet: sums over ``tokens``, and what only the order of events tells.

    Source: money.md section 6.
    """
    totals = book.totals
    cycles = sorted(
        (cycle for position in book.positions.values() for cycle in position.cycles),
        key=lambda cycle: (cycle.closed_at, cycle.opened_at, cycle.mint),
    )
    winning, losing = _streaks(cycles)
    profits = sum(cycle.pnl for cycle in cycles if cycle.pnl > 0)
    losses = -sum(cycle.pnl for cycle in cycles if cycle.pnl < 0)
    days = daily(book)
    closed = [token.tally.realized_pnl for token in tokens if token.cycles]
    return WalletPnl(
        tokens=sum(1 for token in tokens if token.tally.buys or token.tally.sells),
        buys=sum(token.tally.buys for token in tokens),
        sells=sum(token.tally.sells for token in tokens),
        cost=sum(token.tally.cost for token in tokens),
        cost_disposed=sum(token.tally.cost_disposed for token in tokens),
        proceeds=sum(token.tally.proceeds for token in tokens),
        realized_pnl=sum(token.tally.realized_pnl for token in tokens),
        open_cost=sum(token.open_cost for token in tokens),
        unverified_proceeds=sum(token.tally.unverified_proceeds for token in tokens),
        unverified_tokens=sum(1 for token in tokens if token.tally.unverified_quantity),
        unpriced=totals.unpriced,
        usd=_usd(tokens),
        network_fees=totals.fees,
        tips=totals.tips,
        platform_fees=totals.platform_fees,
        arbitrages=totals.arbitrages,
        arbitrage_pnl=totals.arbitrage_pnl,
        token_wins=_rate(closed),
        cycle_wins=_rate([cycle.pnl for cycle in cycles]),
        profit_factor=ratio(profits, losses),
        expectancy=sum(cycle.pnl for cycle in cycles) // len(cycles) if cycles else None,
        spread=_spread(closed),
        winning_streak=winning,
        losing_streak=losing,
        max_drawdown=_drawdown(book),
        returns=_returns(cycles),
        days=days,
    )


def daily(book: Book) -> tuple[tuple[int, int], ...]:
    """Realized PnL of each UTC day that has any: (midnight in unix seconds, lamports), oldest first."""
    days: dict[int, int] = {}
    for at, pnl in zip(book.columns.match_at, book.columns.match_pnl, strict=True):
        day = at - at % DAY
        days[day] = days.get(day, 0) + pnl
    return tuple(sorted(days.items()))


def _token(position: Position) -> TokenPnl:
    return TokenPnl(
        mint=position.mint,
        decimals=position.decimals,
        tally=position.tally,
        held=position.held,
        held_known=position.held_known(),
        open_cost=position.open_cost(),
        open_cost_usd=position.open_cost_usd(),
        cycles=len(position.cycles),
        cycle_open=position.open_cycle is not None,
    )


def _usd(tokens: Iterable[TokenPnl]) -> Usd:
    tallies = [token.tally for token in tokens]
    open_costs = [token.open_cost_usd for token in tokens]
    return Usd(
        cost=sum(tally.cost_usd for tally in tallies),
        cost_disposed=sum(tally.cost_disposed_usd for tally in tallies),
        proceeds=sum(tally.proceeds_usd for tally in tallies),
        open_cost=None if None in open_costs else sum(cost for cost in open_costs if cost is not None),
        unverified_proceeds=sum(tally.unverified_proceeds_usd for tally in tallies),
        gaps=sum(tally.usd_gaps for tally in tallies),
    )


def _rate(results: Iterable[int]) -> Rate:
    signs = Counter((result > 0) - (result < 0) for result in results)
    return Rate(signs[1], signs[-1], signs[0])


def _streaks(cycles: list[Cycle]) -> tuple[int, int]:
    longest = {1: 0, -1: 0}
    run = last = 0
    for cycle in cycles:
        sign = (cycle.pnl > 0) - (cycle.pnl < 0)
        run = run + 1 if sign == last else 1
        last = sign
        if sign:
            longest[sign] = max(longest[sign], run)
    return longest[1], longest[-1]


def _drawdown(book: Book) -> int:
    """The deepest fall of cumulative realized PnL below the highest it had been, from zero."""
    total = peak = deepest = 0
    for pnl in book.columns.match_pnl:
        total += pnl
        peak = max(peak, total)
        deepest = max(deepest, peak - total)
    return deepest


def _spread(results: list[int]) -> Spread:
    n = len(results)
    if not n:
        return Spread(0, None, None, None, None, None, None)
    ordered = sorted(results)
    cut = n // 10
    kept = ordered[cut : n - cut]
    total = sum(ordered)
    variance = (sum(result * result for result in ordered) * n - total * total) // (n * n)
    profits = [result for result in ordered if result > 0]
    return Spread(
        n=n,
        median=(ordered[(n - 1) // 2] + ordered[n // 2]) // 2,
        trimmed_mean=sum(kept) // len(kept),
        standard_deviation=isqrt(variance),
        best=ordered[-1],
        worst=ordered[0],
        top_five_share=ratio(sum(profits[-5:]), sum(profits)),
    )


def _returns(cycles: list[Cycle]) -> tuple[tuple[str, int], ...]:
    """Closed cycles by return on their cost; cycles without any known cost have no return and are left out."""
    counts = Counter(_bucket(cycle) for cycle in cycles if cycle.cost)
    names = [name for _, name in RETURN_BUCKETS] + [LAST_BUCKET]
    return tuple((name, counts[name]) for name in names)


def _bucket(cycle: Cycle) -> str:
    for limit, name in RETURN_BUCKETS:
        if cycle.pnl * 100 < limit * cycle.cost:
            return name
    return LAST_BUCKET if cycle.pnl * 100 > 500 * cycle.cost else RETURN_BUCKETS[-1][1]
