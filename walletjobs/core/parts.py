"""Gaps read by slots: cut into parts that can be fetched at the same time and stored in any order.

A part ends where a slot ends, so two parts never share one, and a part that is held joins the ranges that it
touches, whatever came before it. A gap is cut by a listing of its signatures, which also says how many
transactions a part must bring.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from walletjobs.core.history import ROOM, Growth, Piece, Place, Row, Slots, SyncRange

#: Above every slot of the chain.
TOP = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Part:
    """Slots that are not held, and how many transactions were listed in them."""

    slots: Slots
    transactions: int


def holes(ranges: Sequence[SyncRange]) -> list[Slots]:
    """The slots that are not held whole, one hole below each range; ``ranges`` are newest first."""
    ceilings = [held.whole.first - 1 for held in ranges] or [TOP]
    floors = [*(held.whole.last + 1 for held in ranges[1:]), 0]
    found = [Slots(*ends) for ends in zip(floors, ceilings, strict=True)]
    return found[:-1] if ranges and ranges[-1].reached_start else found


def agenda(ranges: Sequence[SyncRange], parts: Iterable[Part]) -> list[SyncRange | Part | Slots]:
    """A history from its newest range down: what is held, what is known and owed, and what is yet to be listed."""
    known = sorted(parts, key=lambda part: -part.slots.last)
    items: list[SyncRange | Part | Slots] = []
    for held, hole in zip_longest(ranges, holes(ranges)):
        items += [held] if held else []
        items += _filled(hole, known) if hole else []
    return items


def _filled(hole: Slots, known: Sequence[Part]) -> Iterator[Part | Slots]:
    """A hole as the parts that lie in it and what is left between them."""
    last = hole.last
    for part in known:
        if part.slots.first >= hole.first and part.slots.last <= last:
            if part.slots.last < last:
                yield Slots(part.slots.last + 1, last)
            yield part
            last = part.slots.first - 1
    if hole.first <= last:
        yield Slots(hole.first, last)


def cut(listed: Sequence[int], hole: Slots, most: int, *, ended: bool) -> tuple[list[Part], int]:
    """Parts of ``most`` transactions, as near as slots allow, from the top of ``hole`` down.

    ``listed`` are the slots of its transactions, newest first. Until the listing has ``ended`` what fills no
    part waits: returned with how many of the listed are in the parts.
    """
    parts: list[Part] = []
    at, ceiling = 0, hole.last
    while at < len(listed):
        end = _end_of_part(listed, at, most)
        if end == len(listed) and not ended:
            break
        floor = listed[end] + 1 if end < len(listed) else hole.first
        parts.append(Part(Slots(floor, ceiling), end - at))
        at, ceiling = end, floor - 1
    if ended and not listed:
        parts.append(Part(hole, 0))
    return parts, at


def _end_of_part(listed: Sequence[int], at: int, most: int) -> int:
    """Where the part that begins at ``at`` ends: at the last change of slot within it, else at the next one."""
    end = at + most
    if end >= len(listed):
        return len(listed)
    while end > at and listed[end - 1] == listed[end]:
        end -= 1
    if end > at:
        return end
    while end < len(listed) and listed[end] == listed[at]:
        end += 1
    return end


def cover(rows: Sequence[Row], slots: Slots, ranges: Sequence[SyncRange]) -> Growth:
    """The ranges after everything in ``slots`` was fetched: ``rows``, newest first; ``ranges`` are newest first.

    The slots at the ends of a range may be held in part; what is listed again there counts once.
    """
    for held in ranges:
        if held.whole.first <= slots.first and slots.last <= held.whole.last:
            return Growth(replace(held, id=None), (held,), _late(rows, held))
    newer = [held for held in ranges if held.newest.slot > slots.last]
    inside = [held for held in ranges if slots.first <= held.oldest.slot and held.newest.slot <= slots.last]
    older = [held for held in ranges if held.oldest.slot < slots.first and held.newest.slot <= slots.last]
    above = newer[-1] if newer and newer[-1].whole.first - 1 <= slots.last else None
    below = older[0] if older and older[0].whole.last + 1 >= slots.first else None
    pieces = _pieces(rows, newer[-1] if newer else None, inside, older)
    sequences = [piece.sequence for piece in pieces if piece.start < piece.stop or not inside]
    found = SyncRange(
        newest=_place(rows[0]) if rows else Place(slots.last, ""),
        oldest=_place(rows[-1]) if rows else Place(slots.first, ""),
        top=max([*sequences, *(held.top for held in inside)]),
        bottom=min([*sequences, *(held.bottom for held in inside)]),
        transactions=_between(rows, above, below),
        reached_start=slots.first == 0 or any(held.reached_start for held in inside),
        whole=slots,
    )
    if above:
        found = _stacked(above, found, keeps_lower=bool(rows))
    if below:
        found = _stacked(found, below, keeps_upper=bool(rows or above))
    swallowed = (*([above] if above else []), *inside, *([below] if below else []))
    return Growth(found, swallowed, tuple(piece for piece in pieces if piece.start < piece.stop))


def _late(rows: Sequence[Row], held: SyncRange) -> tuple[Piece, ...]:
    """What is listed again in slots that another part brought meanwhile."""
    return (Piece(0, len(rows), held.bottom, within=True),) if rows else ()


def _pieces(
    rows: Sequence[Row], upper: SyncRange | None, inside: Sequence[SyncRange], older: Sequence[SyncRange]
) -> list[Piece]:
    """The rows from one held range down to the next, right below the upper one, whose last slot may go on."""
    at = {row.signature: index for index, row in enumerate(rows)}
    if upper:
        first = upper.bottom - 1
    elif inside:
        first = inside[0].top + 1
    else:
        first = max((held.top for held in older), default=0) + ROOM
    starts = [0, *(at.get(held.newest.signature, len(rows)) for held in inside)]
    sequences = [first, *(held.bottom - 1 for held in inside)]
    ends = [*starts[1:], len(rows)]
    return [Piece(*each) for each in zip(starts, ends, sequences, strict=True)]


def _between(rows: Sequence[Row], above: SyncRange | None, below: SyncRange | None) -> int:
    """How many rows lie below the one range and above the other."""
    at = {row.signature: index for index, row in enumerate(rows)}
    begin = at.get(above.oldest.signature, -1) + 1 if above else 0
    end = at.get(below.newest.signature, len(rows)) if below else len(rows)
    return end - begin


def _stacked(
    upper: SyncRange, lower: SyncRange, *, keeps_upper: bool = True, keeps_lower: bool = True
) -> SyncRange:
    """One range of two that touch; a side without transactions gives only its slots."""
    top, bottom = upper if keeps_upper else lower, lower if keeps_lower else upper
    first, last = min(upper.whole.first, lower.whole.first), max(upper.whole.last, lower.whole.last)
    return replace(
        top,
        oldest=bottom.oldest,
        bottom=bottom.bottom,
        transactions=upper.transactions + lower.transactions,
        reached_start=lower.reached_start,
        whole=Slots(first, last),
        id=None,
    )


def _place(row: Row) -> Place:
    return Place(row.slot, row.signature)
