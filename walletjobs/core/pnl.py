"""Profit and loss: the figures of a book, per token and for the wallet, exact to the lamport.

Ratios are floats for people, rounded to six places, and null with their n where there is nothing to divide by; every
sum is an integer.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

from walletjobs.core.book import Book
from walletjobs.core.course import LAST_BUCKET, RETURN_BUCKETS, Course
from walletjobs.core.sums import Sums
from walletjobs.core.tally import Totals
from walletjobs.core.tokens import TokenPnl, Usd, ratio, usd_of


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
    claimed_cost: int
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
    days_usd: tuple[
        int | None, ...
    ]  # of each of these days, in millionths of a USD; null where it is not known

    @property
    def roi(self) -> float | None:
        """Realized PnL / cost of what was sold."""
        return ratio(self.realized_pnl, self.cost_disposed)


def wallet_of(book: Book, tokens: Sequence[TokenPnl]) -> WalletPnl:
    """The figures of the wallet whose book this is: sums over ``tokens``, and what only the order of events tells."""
    return figures_of(Sums.of(tokens), Course.of(book.columns), book.totals)


def figures_of(sums: Sums, course: Course, totals: Totals) -> WalletPnl:
    """The figures of a wallet.

    Source: money.md section 6.
    """
    tally, closed = sums.tally, sums.closed
    return WalletPnl(
        tokens=sums.traded,
        buys=tally.buys,
        sells=tally.sells,
        cost=tally.cost,
        cost_disposed=tally.cost_disposed,
        proceeds=tally.proceeds,
        realized_pnl=tally.realized_pnl,
        open_cost=sums.open_cost,
        claimed_cost=sums.claimed_cost,
        unverified_proceeds=tally.unverified_proceeds,
        unverified_tokens=sums.unverified,
        unpriced=totals.unpriced,
        usd=usd_of(tally, sums.open_usd()),
        network_fees=totals.fees,
        tips=totals.tips,
        platform_fees=totals.platform_fees,
        arbitrages=totals.arbitrages,
        arbitrage_pnl=totals.arbitrage_pnl,
        token_wins=_rate(closed),
        cycle_wins=Rate(course.winners, course.losers, course.break_even),
        profit_factor=ratio(course.profits, course.losses),
        expectancy=(course.profits - course.losses) // course.cycles if course.cycles else None,
        spread=_spread(closed),
        winning_streak=course.winning_streak,
        losing_streak=course.losing_streak,
        max_drawdown=course.max_drawdown,
        returns=tuple(zip((*(name for _, name in RETURN_BUCKETS), LAST_BUCKET), course.returns, strict=True)),
        days=tuple(sorted(course.days.items())),
        days_usd=tuple(course.days_usd[day] for day in sorted(course.days)),
    )


def _rate(ordered: Sequence[int]) -> Rate:
    losers, winners = bisect_left(ordered, 0), len(ordered) - bisect_right(ordered, 0)
    return Rate(winners, losers, len(ordered) - winners - losers)


def _spread(ordered: Sequence[int]) -> Spread:
    n = len(ordered)
    if not n:
        return Spread(0, None, None, None, None, None, None)
    cut = n // 10
    kept = ordered[cut : n - cut]
    total = sum(ordered)
    variance = (sum(result * result for result in ordered) * n - total * total) // (n * n)
    profits = ordered[bisect_right(ordered, 0) :]
    return Spread(
        n=n,
        median=(ordered[(n - 1) // 2] + ordered[n // 2]) // 2,
        trimmed_mean=sum(kept) // len(kept),
        standard_deviation=isqrt(variance),
        best=ordered[-1],
        worst=ordered[0],
        top_five_share=ratio(sum(profits[-5:]), sum(profits)),
    )
