"""What a result rests on: which part of the history was seen, and what is not known about it."""

from dataclasses import dataclass

from walletjobs.core.book import Book
from walletjobs.core.sums import Sums
from walletjobs.core.tally import Totals
from walletjobs.core.tokens import tokens_of


@dataclass(frozen=True, slots=True)
class History:
    """What the sync knows of a wallet's history."""

    complete: bool | None  # down to its first transaction, without a gap; null where nobody knows (a file)
    gaps: int = 0
    capped: bool = False  # stopped at the transaction cap
    unreadable: int = 0  # stored transactions whose form could not be read


@dataclass(frozen=True, slots=True)
class Coverage:
    """The ground under a figure. Units: lamports, slots, unix seconds."""

    complete: bool | None
    gaps: int
    capped: bool
    unreadable: int
    transactions: int
    failed: int
    first_slot: int | None
    last_slot: int | None
    first_time: int | None
    last_time: int | None
    unexplained: int  # lamports, summed without sign
    unverified_proceeds: int  # lamports
    unverified_tokens: int
    unpriced: int  # trades without a value
    ties: int  # entries whose order inside a slot could change a figure
    verified_share: float | None  # of all proceeds, those from lots with a known basis


def coverage_of(book: Book, history: History) -> Coverage:
    """The ground under the figures of ``book``."""
    return ground_of(Sums.of(tokens_of(book)), book.totals, history)


def ground_of(sums: Sums, totals: Totals, history: History) -> Coverage:
    """The ground under figures that rest on these sums."""
    unverified, proceeds = sums.tally.unverified_proceeds, sums.tally.proceeds
    known = proceeds + unverified
    return Coverage(
        complete=history.complete,
        gaps=history.gaps,
        capped=history.capped,
        unreadable=history.unreadable,
        transactions=totals.transactions,
        failed=totals.failed,
        first_slot=totals.first_slot,
        last_slot=totals.last_slot,
        first_time=totals.first_time,
        last_time=totals.last_time,
        unexplained=totals.unexplained,
        unverified_proceeds=unverified,
        unverified_tokens=sums.unverified,
        unpriced=totals.unpriced,
        ties=totals.ties,
        verified_share=round(min(max(proceeds / known, 0.0), 1.0), 6) if known > 0 else None,
    )
