"""Windows: what happened from some time on, by lots that see the whole history.

When the first entry of a window comes, a checkpoint keeps the sums as they stand, and each position's before the first
leg in the window moves it; in the end the window is the difference. All windows of a book cost one pass.
"""

from copy import copy
from typing import TYPE_CHECKING

from walletjobs.core.entries import Entry
from walletjobs.core.positions import Position
from walletjobs.core.tally import Tally, Totals, less

if TYPE_CHECKING:
    from walletjobs.core.book import Book

DAY = 86_400  # seconds
#: Seconds by the name that users give. Source: money.md section 6
WINDOWS = {"24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}


class Checkpoint:
    """Where a book stood when a window began."""

    __slots__ = ("_firsts", "_positions", "first_slot", "first_time", "kinds", "lengths", "totals")

    def __init__(self, book: "Book", entry: Entry) -> None:
        self.first_slot, self.first_time = entry.slot, entry.block_time
        self.totals = copy(book.totals)
        self.kinds = dict(book.kinds)
        self.lengths = book.columns.lengths()
        self._positions: dict[str, tuple[Tally, int]] = {}  # sums and closed cycles
        self._firsts: dict[str, int] = {}  # unix seconds of the first trade

    def keep(self, position: Position, traded_at: int | None) -> None:
        """Keep what a position stands at, unless an earlier leg in the window has moved it."""
        mint = position.mint
        if mint not in self._positions:
            self._positions[mint] = (copy(position.tally), position.cycles)
        if traded_at is not None and mint not in self._firsts:
            self._firsts[mint] = traded_at

    def fill(self, window: "Book", book: "Book") -> None:
        """Bring into ``window`` what ``book`` holds beyond this."""
        totals = book.totals
        window.totals = less(totals, self.totals, first_slot=self.first_slot, first_time=self.first_time)
        counts = {kind: count - self.kinds.get(kind, 0) for kind, count in book.kinds.items()}
        window.kinds = {kind: count for kind, count in counts.items() if count}
        window.columns = book.columns.after(self.lengths)
        for mint, (before, cycles) in self._positions.items():
            position, first = book.positions[mint], self._firsts.get(mint)
            last = None if first is None else position.tally.last_trade
            tally = less(position.tally, before, first_trade=first, last_trade=last)
            window.positions[mint] = position.within(tally, position.cycles - cycles)


def fill_window(window: "Book", book: "Book", checkpoint: Checkpoint | None) -> None:
    """Make ``window`` tell what happened from the checkpoint on, nothing without one; what is held stays whole."""
    window.totals = Totals()
    for position in book.positions.values():
        if position.held or position.claims.quantity:
            window.positions[position.mint] = position.within(Tally(), 0)
    if checkpoint is not None:
        checkpoint.fill(window, book)
