"""How a wallet trades: its metrics, read off the same book as its PnL.

Entries that are not trades never count as trades. A metric that cannot be computed is null, and its n says why.

Source: behavior.md, "Metrics of a wallet" and "Style".
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from walletjobs.core.book import Book
from walletjobs.core.habits import FAST, HOLD_BUCKETS, HOUR, LAST_HOLD, MINUTE, Habits
from walletjobs.core.rhythm import Rhythm
from walletjobs.core.style import Style, mean, style_of
from walletjobs.core.sums import Sums
from walletjobs.core.tally import Totals
from walletjobs.core.tokens import tokens_of

#: Weight of matches by their hold time in the flipper score: (upper limit in seconds, weight in percent).
FLIP_WEIGHTS = ((30 * MINUTE, 85), (HOUR, 10), (4 * HOUR, 5))


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with the size of the sample it rests on; null without a sample."""

    value: float | None
    n: int


@dataclass(frozen=True, slots=True)
class HoldBucket:
    """Matches of one range of hold times. Units: lamports."""

    name: str
    matches: int
    share: float | None  # of all matches
    win_rate: float | None
    pnl: int  # lamports
    roi: float | None


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is held now, in lots worth at least 0.001 SOL at cost."""

    lots: int
    mean_age: float | None  # seconds, weighted by cost
    median_age: float | None  # seconds
    share_of_cost: float | None  # open cost / all cost ever acquired


@dataclass(frozen=True, slots=True)
class Behavior:
    """The metrics of a wallet. Ratios are 0 to 1; times are seconds; amounts are lamports."""

    unique_tokens: int
    tokens_two_sided: int  # bought and sold
    tokens_only_bought: int
    tokens_only_sold: int
    buys: int
    sells: int
    trades_per_token: Measure
    buy_sell_ratio: Measure
    mean_hold: Measure  # seconds, weighted by matched cost
    median_hold: Measure  # seconds
    hold_buckets: tuple[HoldBucket, ...]
    holdings: Holdings
    symmetry: Measure
    consistency: Measure
    reentry_rate: Measure
    average_trade: Measure  # lamports
    largest_trade: Measure  # lamports
    rhythm: Rhythm
    flipper_score: Measure
    fast_round_trips: Measure
    failed_share: Measure
    fee_burden: Measure
    style: Style


def behavior_of(book: Book, now: int) -> Behavior:
    """The metrics of the wallet whose book this is; ``now`` (unix seconds) dates what is still held.

    Units: seconds and lamports.
    """
    lots = (lot for position in book.positions.values() for lot in position.open_lots())
    sums = Sums.of(tokens_of(book))
    habits = Habits.of(book.columns, lots)
    return metrics_of(sums, habits, book.totals, holdings_of(habits, sums, now))


def metrics_of(sums: Sums, habits: Habits, totals: Totals, holdings: Holdings) -> Behavior:
    """The metrics of a wallet."""
    buys, sells, traded = sums.tally.buys, sums.tally.sells, sums.traded
    priced, cycles, closed = habits.priced, len(habits.lengths), len(sums.closed)
    fees = totals.fees + totals.tips + totals.platform_fees
    symmetry = Measure(mean(sums.symmetry, sums.two_sided), sums.two_sided)
    consistency = Measure(mean(sums.consistency, sums.two_sided), sums.two_sided)
    return Behavior(
        unique_tokens=traded,
        tokens_two_sided=sums.two_sided,
        tokens_only_bought=sums.only_bought,
        tokens_only_sold=sums.only_sold,
        buys=buys,
        sells=sells,
        trades_per_token=_quotient(buys + sells, traded, traded),
        buy_sell_ratio=_quotient(buys, sells, buys + sells),
        mean_hold=_mean_hold(habits),
        median_hold=Measure(_median(habits.holds), len(habits.holds)),
        hold_buckets=_hold_buckets(habits),
        holdings=holdings,
        symmetry=symmetry,
        consistency=consistency,
        reentry_rate=_quotient(sums.reentered, closed, closed),
        average_trade=_quotient(habits.volume, priced, priced),
        largest_trade=Measure(habits.largest, priced),
        rhythm=habits.times.rhythm(),
        flipper_score=_flipper(habits, symmetry, consistency),
        fast_round_trips=_quotient(bisect_left(habits.lengths, FAST), cycles, cycles),
        failed_share=_quotient(totals.failed, totals.own, totals.own),
        fee_burden=_quotient(fees, habits.volume, priced),
        style=style_of(sums, _median(habits.lengths), cycles),
    )


def holdings_of(habits: Habits, sums: Sums, now: int) -> Holdings:
    """What is held ``now`` (unix seconds), and what share it is of all that was ever paid."""
    lots, acquired = habits.lots, sums.tally.cost
    ages = [max(now - at, 0) for at, _ in lots]
    open_cost = sum(cost for _, cost in lots)
    weighted = sum(age * cost for age, (_, cost) in zip(ages, lots, strict=True))
    return Holdings(
        lots=len(lots),
        mean_age=round(weighted / open_cost, 3) if open_cost else None,
        median_age=median(ages) if ages else None,
        share_of_cost=round(min(open_cost / acquired, 1.0), 6) if acquired else None,
    )


def _quotient(part: int, whole: int, n: int) -> Measure:
    return Measure(round(part / whole, 6) if whole else None, n)


def _median(ordered: Sequence[int]) -> float | None:
    """The middle of what is in order already."""
    n = len(ordered)
    if not n:
        return None
    return ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) / 2


def _mean_hold(habits: Habits) -> Measure:
    """Weighted by matched cost."""
    cost = sum(bucket.cost for bucket in habits.buckets)
    return Measure(round(habits.weighted / cost, 3) if cost else None, len(habits.holds))


def _hold_buckets(habits: Habits) -> tuple[HoldBucket, ...]:
    names, total = [*(name for _, name in HOLD_BUCKETS), LAST_HOLD], len(habits.holds)
    return tuple(
        HoldBucket(
            name,
            bucket.matches,
            round(bucket.matches / total, 6) if total else None,
            round(bucket.wins / bucket.matches, 6) if bucket.matches else None,
            bucket.pnl,
            round(bucket.pnl / bucket.cost, 6) if bucket.cost else None,
        )
        for name, bucket in zip(names, habits.buckets, strict=True)
    )


def _flipper(habits: Habits, symmetry: Measure, consistency: Measure) -> Measure:
    """0.7 × speed + 0.3 × balance. Source: behavior.md, "flipper score"."""
    n = len(habits.holds)
    if not n or symmetry.value is None or consistency.value is None:
        return Measure(None, n)
    limits = [0, *(limit for limit, _ in FLIP_WEIGHTS)]
    upto = [bisect_left(habits.holds, limit) for limit in limits]
    weighted = sum(
        weight * (end - start) for (_, weight), start, end in zip(FLIP_WEIGHTS, upto, upto[1:], strict=False)
    )
    speed = weighted / 100 / n
    balance = (symmetry.value + consistency.value) / 2
    return Measure(round(min(0.7 * speed + 0.3 * balance, 1.0), 6), n)
