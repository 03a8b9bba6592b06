"""A wallet's habits: what its trades, matches, round trips and open lots add up to, taken in piece by piece."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

from msgspec import Struct

from walletjobs.core.columns import Columns
from walletjobs.core.lots import Basis, Lot
from walletjobs.core.rhythm import Times

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
_LIMITS = [limit for limit, _ in HOLD_BUCKETS]


class Bucket(Struct):
    """Matches of one range of hold times. Units: lamports."""

    matches: int = 0
    wins: int = 0
    pnl: int = 0
    cost: int = 0


class Habits(Struct):
    """What behavior rests on, beside the sums over tokens. Units: lamports and seconds."""

    times: Times
    buckets: list[Bucket]
    holds: list[int] = []  # of each realized match, in order
    weighted: int = 0  # sum of hold × cost over the matches
    lengths: list[int] = []  # of each closed cycle, in order
    priced: int = 0  # trades of a known value
    volume: int = 0  # of these
    largest: int | None = None
    lots: list[tuple[int, int]] = []  # acquired at (unix seconds), cost: of each lot that counts, in order

    @classmethod
    def of(cls, columns: Columns, lots: Iterable[Lot]) -> "Habits":
        """The habits that some columns tell, and what is held."""
        habits = cls(Times(), [Bucket() for _ in range(len(HOLD_BUCKETS) + 1)])
        habits.absorb(columns)
        habits.lots = sorted(_row(lot) for lot in lots if _counts(lot))
        return habits

    def absorb(self, columns: Columns) -> None:
        """Take in what follows, in the order of the ledger."""
        self.times.absorb(columns.trade_at)
        priced = [value for value in columns.value if value >= 0]
        if priced:
            self.priced += len(priced)
            self.volume += sum(priced)
            self.largest = max(max(priced), self.largest or 0)
        for held, pnl, cost in zip(columns.held_for, columns.match_pnl, columns.match_cost, strict=True):
            bucket = self.buckets[bisect_right(_LIMITS, held)]
            bucket.matches += 1
            bucket.wins += pnl > 0
            bucket.pnl += pnl
            bucket.cost += cost
            self.weighted += held * cost
        self.holds = merged(self.holds, columns.held_for)
        self.lengths = merged(self.lengths, columns.cycle_length)

    def hold(self, lots: Iterable[Lot]) -> None:
        """Some more lots are held."""
        for lot in lots:
            if _counts(lot):
                insort(self.lots, _row(lot))

    def let_go(self, lots: Iterable[Lot]) -> None:
        """Some lots that were held are so no more."""
        for lot in lots:
            if _counts(lot):
                del self.lots[bisect_left(self.lots, _row(lot))]


def merged(ordered: list[int], more: Iterable[int]) -> list[int]:
    """All of both, in order."""
    return sorted([*ordered, *more])


def _row(lot: Lot) -> tuple[int, int]:
    return lot.block_time, lot.cost


def _counts(lot: Lot) -> bool:
    return lot.basis is not Basis.UNKNOWN and lot.cost >= DUST
