"""A wallet's history as far as it is held: ranges fetched without a hole, and the gaps between them.

A provider lists transactions newest first, page by page, each page below a cursor: the last signature
before it. A range is what one walk has listed without a hole. A sync starts at the head and always extends
the newest range downwards; where a page meets an older range the two become one and the walk goes on below
it. So one rule reads the head, fills every hole and fetches the older history, in this order, from wherever
the last sync ended.

The order of transactions inside a slot is the order in which the provider lists them. Pages carry a
sequence for it: a walk counts down from its start, and starts lie so far apart that a hole always has room.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

#: Pages that fit between the starts of two walks. A hole of 4 billion pages is longer than the chain.
ROOM = 2**32


@dataclass(frozen=True, slots=True)
class Row:
    """One transaction as a provider listed it."""

    signature: str
    slot: int
    block_time: int | None  # unix seconds
    raw: bytes  # its JSON, untouched
    mints: frozenset[str] = frozenset()  # tokens that the wallet gained or lost in it


@dataclass(frozen=True, slots=True)
class Page:
    """Neighbours in a wallet's history, newest first, without a hole between them."""

    rows: tuple[Row, ...]
    format: str = "enhanced"  # wire format of the raw JSON


@dataclass(frozen=True, slots=True)
class Place:
    """A transaction as a point of the history."""

    slot: int
    signature: str


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots ``first`` to ``last``, both included; none where ``first`` is above ``last``."""

    first: int
    last: int

    def __contains__(self, slot: int) -> bool:
        return self.first <= slot <= self.last


@dataclass(frozen=True, slots=True)
class SyncRange:
    """A part of the history that has been fetched without a hole."""

    newest: Place
    oldest: Place  # the cursor that goes on to older history
    top: int  # sequence of its newest page
    bottom: int  # sequence of its oldest page
    transactions: int
    reached_start: bool
    whole: Slots  # those of which nothing is missing; its outermost slots may be held in part
    id: int | None = None  # of its row, once stored


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in what is held: from the head where ``newer`` is None, to the start where ``older`` is."""

    newer: Place | None
    older: Place | None


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows ``start`` to ``stop`` of a page, which share a place in the order of pages."""

    start: int
    stop: int
    sequence: int
    within: bool = False  # a range that was held: what of it is not stored was listed late


@dataclass(frozen=True, slots=True)
class Growth:
    """What a page makes of the ranges: one that has grown, those it swallowed, and where the rows belong."""

    grown: SyncRange
    swallowed: tuple[SyncRange, ...]
    pieces: tuple[Piece, ...]


def gaps(ranges: Sequence[SyncRange]) -> list[Gap]:
    """The holes of a history, newest first; ``ranges`` are newest first."""
    if not ranges:
        return [Gap(None, None)]
    between = [Gap(newer.oldest, older.newest) for newer, older in pairwise(ranges)]
    last = ranges[-1]
    return between if last.reached_start else [*between, Gap(last.oldest, None)]


def breaks_order(rows: Sequence[Row], walked: SyncRange) -> bool:
    """Whether a page that should lie below ``walked`` repeats it, as when a cursor is ignored."""
    cursor = walked.oldest
    return any(row.slot > cursor.slot or row.signature == cursor.signature for row in rows)


def is_outdated(rows: Sequence[Row], ranges: Sequence[SyncRange]) -> bool:
    """Whether a head page knows less than what is held: it ends where the newest range has not begun."""
    return bool(ranges) and (not rows or rows[0].slot < ranges[0].oldest.slot)


def grow(rows: Sequence[Row], walked: SyncRange | None, others: Sequence[SyncRange]) -> Growth:
    """The ranges after a page that was listed right below ``walked``, or at the head where that is None.

    ``others`` are the ranges older than the walk, newest first. What the page meets is joined; a page may
    run through a short range and out below it. The pieces cover all of it: a row that lies inside a joined
    range and is not stored is a transaction that the provider listed late.
    """
    sequence = walked.bottom - 1 if walked else max((other.top for other in others), default=0) + ROOM
    first, last = _place(rows[0]), _place(rows[-1])
    grown = walked or SyncRange(first, first, sequence, sequence, 0, False, Slots(first.slot, first.slot - 1))
    pieces: list[Piece] = []
    swallowed: list[SyncRange] = []
    at = 0
    for other in others:
        begin = _first_not_above(rows, other.newest, at)
        if begin == len(rows):
            break
        end = _first_below(rows, other.oldest, begin)
        pieces += [Piece(at, begin, sequence), Piece(begin, end, other.top, within=True)]
        grown = _joined(grown, other, begin - at, starts_inside=walked is None and begin == 0)
        swallowed.append(other)
        at, sequence = end, other.bottom - 1
    if at < len(rows):
        pieces.append(Piece(at, len(rows), sequence))
        count = grown.transactions + len(rows) - at
        whole = Slots(last.slot + 1, grown.whole.last)
        grown = replace(
            grown, oldest=last, bottom=sequence, transactions=count, reached_start=False, whole=whole
        )
    filled = tuple(piece for piece in pieces if piece.start < piece.stop)
    return Growth(grown, tuple(swallowed), filled)


def _joined(upper: SyncRange, lower: SyncRange, between: int, *, starts_inside: bool) -> SyncRange:
    """One range of two, with ``between`` rows that lie between them."""
    newest, top = (lower.newest, lower.top) if starts_inside else (upper.newest, upper.top)
    return SyncRange(
        newest=newest,
        oldest=lower.oldest,
        top=top,
        bottom=lower.bottom,
        transactions=upper.transactions + between + lower.transactions,
        reached_start=lower.reached_start,
        whole=Slots(lower.whole.first, lower.whole.last if starts_inside else upper.whole.last),
        id=upper.id if upper.id is not None else lower.id,
    )


def _place(row: Row) -> Place:
    return Place(row.slot, row.signature)


def _first(indices: Iterable[int], otherwise: int) -> int:
    return next(iter(indices), otherwise)


def _first_not_above(rows: Sequence[Row], newest: Place, at: int) -> int:
    """Where a page enters a range; told by the slot too, should the range's end be listed no more."""
    met = (
        i for i in range(at, len(rows)) if rows[i].signature == newest.signature or rows[i].slot < newest.slot
    )
    return _first(met, len(rows))


def _first_below(rows: Sequence[Row], oldest: Place, begin: int) -> int:
    """Where a page leaves a range again."""
    left = (
        i
        for i in range(begin, len(rows))
        if rows[i].slot < oldest.slot or (i > 0 and rows[i - 1].signature == oldest.signature)
    )
    return _first(left, len(rows))
