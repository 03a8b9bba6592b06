"""How a wallet trades: its metrics, read off the same book as its PnL.

Entries that are not trades never count as trades. A metric that cannot be computed is null, and its n says why.

Source: behavior.md, "Metrics of a wallet" and "Style".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from walletjobs.core.book import Book
from walletjobs.core.lots import Basis, Lot
from walletjobs.core.positions import Position
from walletjobs.core.rhythm import Rhythm, rhythm_of
from walletjobs.core.style import Style, style_of
from walletjobs.core.tally import Cycle

MINUTE, HOUR, DAY = 60, 3_600, 86_400  # seconds
#: Upper limits of the hold-time buckets, in seconds, and their names.
HOLD_BUCKETS = (
    (MINUTE, "< 1 min"),
    (5 * MINUTE, "1 to 5 min"),
    (30 * MINUTE, "5 to 30 min"),
    (HOUR, "30 to 60 min"),
    (4 * HOUR, "1 to 4 h"),
    (8 * HOUR, "4 to 8 h"),
    (24 * HOUR, "8 to 24 h"),
    (7 * DAY, "1 to 7 d"),
)
LAST_HOLD = ">= 7 d"
DUST = 1_000_000  # lamports: a holding below 0.001 SOL is not one
FAST = 5  # seconds: a shorter round trip is a machine's
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
    columns, totals = book.columns, book.totals
    positions = [
        position for position in book.positions.values() if position.tally.buys or position.tally.sells
    ]
    cycles = [cycle for position in positions for cycle in position.cycles]
    two_sided = [position for position in positions if position.tally.buys and position.tally.sells]
    buys = sum(position.tally.buys for position in positions)
    sells = sum(position.tally.sells for position in positions)
    symmetry = _mean([_symmetry(position) for position in two_sided])
    consistency = _mean([_consistency(position) for position in two_sided])
    holds = columns.held_for
    priced = [value for value in columns.value if value >= 0]
    fees = totals.fees + totals.tips + totals.platform_fees
    closed = [position for position in positions if position.cycles]
    return Behavior(
        unique_tokens=len(positions),
        tokens_two_sided=len(two_sided),
        tokens_only_bought=sum(1 for position in positions if not position.tally.sells),
        tokens_only_sold=sum(1 for position in positions if not position.tally.buys),
        buys=buys,
        sells=sells,
        trades_per_token=_quotient(buys + sells, len(positions), len(positions)),
        buy_sell_ratio=_quotient(buys, sells, buys + sells),
        mean_hold=_weighted_mean(holds, columns.match_cost),
        median_hold=Measure(median(holds) if holds else None, len(holds)),
        hold_buckets=_hold_buckets(book),
        holdings=_holdings(book, now),
        symmetry=symmetry,
        consistency=consistency,
        reentry_rate=_quotient(_reentered(closed), len(closed), len(closed)),
        average_trade=_quotient(sum(priced), len(priced), len(priced)),
        largest_trade=Measure(max(priced, default=None), len(priced)),
        rhythm=rhythm_of(columns.trade_at),
        flipper_score=_flipper(holds, symmetry, consistency),
        fast_round_trips=_quotient(
            sum(1 for cycle in cycles if _length(cycle) < FAST), len(cycles), len(cycles)
        ),
        failed_share=_quotient(totals.failed, totals.own, totals.own),
        fee_burden=_quotient(fees, sum(priced), len(priced)),
        style=style_of(book, symmetry.value, consistency.value),
    )


def _quotient(part: int, whole: int, n: int) -> Measure:
    return Measure(round(part / whole, 6) if whole else None, n)


def _mean(values: Sequence[float]) -> Measure:
    return Measure(round(sum(values) / len(values), 6) if values else None, len(values))


def _weighted_mean(values: Sequence[int], weights: Sequence[int]) -> Measure:
    total = sum(weights)
    if not total:
        return Measure(None, len(values))
    mean = sum(value * weight for value, weight in zip(values, weights, strict=True)) / total
    return Measure(round(mean, 3), len(values))


def _symmetry(position: Position) -> float:
    buys, sells = position.tally.buys, position.tally.sells
    return min(buys, sells) / max(buys, sells)


def _consistency(position: Position) -> float:
    return min(position.tally.matched / position.tally.bought, 1.0)


def _reentered(closed: Iterable[Position]) -> int:
    return sum(1 for position in closed if len(position.cycles) + (position.open_cycle is not None) > 1)


def _length(cycle: Cycle) -> int:
    return cycle.closed_at - cycle.opened_at


def _hold_buckets(book: Book) -> tuple[HoldBucket, ...]:
    names = [name for _, name in HOLD_BUCKETS] + [LAST_HOLD]
    sums = {name: [0, 0, 0, 0] for name in names}  # matches, wins, pnl, cost
    columns = book.columns
    for held, pnl, cost in zip(columns.held_for, columns.match_pnl, columns.match_cost, strict=True):
        bucket = sums[_bucket(held)]
        bucket[0] += 1
        bucket[1] += pnl > 0
        bucket[2] += pnl
        bucket[3] += cost
    total = len(columns.held_for)
    return tuple(
        HoldBucket(
            name,
            matches,
            round(matches / total, 6) if total else None,
            round(wins / matches, 6) if matches else None,
            pnl,
            round(pnl / cost, 6) if cost else None,
        )
        for name, (matches, wins, pnl, cost) in sums.items()
    )


def _bucket(held: int) -> str:
    return next((name for limit, name in HOLD_BUCKETS if held < limit), LAST_HOLD)


def _holdings(book: Book, now: int) -> Holdings:
    lots = [lot for position in book.positions.values() for lot in position.open_lots() if _counts(lot)]
    ages = [max(now - lot.block_time, 0) for lot in lots]
    open_cost = sum(lot.cost for lot in lots)
    acquired = sum(position.tally.cost for position in book.positions.values())
    return Holdings(
        lots=len(lots),
        mean_age=_weighted_mean(ages, [lot.cost for lot in lots]).value,
        median_age=median(ages) if ages else None,
        share_of_cost=round(min(open_cost / acquired, 1.0), 6) if acquired else None,
    )


def _counts(lot: Lot) -> bool:
    return lot.basis is not Basis.UNKNOWN and lot.cost >= DUST


def _flipper(holds: Sequence[int], symmetry: Measure, consistency: Measure) -> Measure:
    """0.7 × speed + 0.3 × balance. Source: behavior.md, "flipper score"."""
    if not holds or symmetry.value is None or consistency.value is None:
        return Measure(None, len(holds))
    weighted = sum(next((weight for limit, weight in FLIP_WEIGHTS if held < limit), 0) for held in holds)
    speed = weighted / 100 / len(holds)
    balance = (symmetry.value + consistency.value) / 2
    return Measure(round(min(0.7 * speed + 0.3 * balance, 1.0), 6), len(holds))
