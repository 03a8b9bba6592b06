"""Gaps cut into parts and covered in any order, against a model that knows every row."""

import random
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from walletjobs.core.history import ROOM, Growth, Place, Row, Slots, SyncRange
from walletjobs.core.parts import TOP, Part, agenda, cover, cut, holes


def rows_of(*slots: int) -> list[Row]:
    return [Row(f"s{i}", slot, None, b"{}") for i, slot in enumerate(slots)]


def walked(rows: list[Row], newest: int, oldest: int, top: int = ROOM, start: bool = False) -> SyncRange:
    """Rows ``newest`` to ``oldest`` as a walk leaves them: slots at the ends may be held in part."""
    ends = [Place(rows[at].slot, rows[at].signature) for at in (newest, oldest)]
    whole = Slots(rows[oldest].slot + 1, rows[newest].slot - 1)
    return SyncRange(*ends, top, top - 3, oldest - newest + 1, start, whole, id=newest)


def after(growth: Growth, ranges: list[SyncRange]) -> list[SyncRange]:
    left = [held for held in ranges if held not in growth.swallowed]
    return sorted([*left, growth.grown], key=lambda held: (-held.newest.slot, -held.top))


def inside(rows: list[Row], slots: Slots) -> list[Row]:
    return [row for row in rows if row.slot in slots]


def test_nothing_held_is_one_hole_of_everything() -> None:
    assert holes([]) == [Slots(0, TOP)]
    assert agenda([], []) == [Slots(0, TOP)]


def test_holes_take_in_the_slots_that_may_be_held_in_part() -> None:
    rows = rows_of(90, 80, 70, 60, 50, 40)
    upper, lower = walked(rows, 0, 1), walked(rows, 3, 4)
    assert holes([upper, lower]) == [Slots(60, 80), Slots(0, 50)]
    assert holes([upper, replace(lower, reached_start=True)]) == [Slots(60, 80)]


def test_known_parts_stand_in_their_hole_and_those_that_lie_in_none_are_left_out() -> None:
    rows = rows_of(90, 80, 40)
    upper, lower = walked(rows, 0, 1), walked(rows, 2, 2, start=True)
    known, stale = Part(Slots(50, 60), 7), Part(Slots(75, 85), 9)
    assert agenda([upper, lower], [stale, known]) == [upper, Slots(61, 80), known, Slots(40, 49), lower]


def test_listing_is_cut_where_slots_change() -> None:
    parts, used = cut([9, 8, 8, 7, 6], Slots(5, 20), 2, ended=True)
    assert parts == [Part(Slots(9, 20), 1), Part(Slots(8, 8), 2), Part(Slots(5, 7), 2)]
    assert used == 5


def test_what_fills_no_part_waits_for_the_rest_of_the_listing() -> None:
    parts, used = cut([9, 8, 7], Slots(0, 20), 2, ended=False)
    assert parts == [Part(Slots(8, 20), 2)]
    assert used == 2
    assert cut([7, 7], Slots(0, 7), 2, ended=False) == ([], 0)


def test_busy_slot_is_one_part_however_many_it_holds() -> None:
    assert cut([7, 7, 7, 5], Slots(0, 9), 2, ended=True)[0] == [
        Part(Slots(6, 9), 3),
        Part(Slots(0, 5), 1),
    ]


def test_hole_in_which_nothing_is_listed_is_a_part_without_transactions() -> None:
    assert cut([], Slots(5, 9), 2, ended=True) == ([Part(Slots(5, 9), 0)], 0)


def test_part_between_two_ranges_makes_one_of_them() -> None:
    rows = rows_of(90, 80, 70, 60, 50)
    upper, lower = walked(rows, 0, 1, top=2 * ROOM), walked(rows, 3, 4, start=True)
    growth = cover(inside(rows, Slots(60, 80)), Slots(60, 80), [upper, lower])
    assert growth.swallowed == (upper, lower)
    assert growth.grown == SyncRange(
        upper.newest, lower.oldest, 2 * ROOM, ROOM - 3, 5, True, Slots(51, 89), None
    )
    (piece,) = growth.pieces
    assert lower.top < piece.sequence < upper.bottom


def test_part_around_a_range_goes_on_in_its_last_slot_below_it() -> None:
    rows = rows_of(90, 90, 90, 80)
    head, lower = walked(rows, 0, 1, top=2 * ROOM), walked(rows, 3, 3)
    growth = cover(inside(rows, Slots(90, 90)), Slots(90, 90), [head, lower])
    (piece,) = growth.pieces
    assert lower.top < piece.sequence < head.bottom
    assert (growth.grown.top, growth.grown.bottom) == (head.top, piece.sequence)


def test_part_around_the_range_that_reached_the_start_has_reached_it() -> None:
    rows = rows_of(90, 80, 80, 80)
    head, lower = walked(rows, 0, 0, top=2 * ROOM), walked(rows, 2, 3, start=True)
    (hole,) = holes([head, lower])
    assert cover(inside(rows, hole), hole, [head, lower]).grown.reached_start


def test_empty_hole_joins_the_ranges_around_it() -> None:
    rows = rows_of(90, 80, 60, 50)
    upper, lower = walked(rows, 0, 1, top=2 * ROOM), walked(rows, 2, 3)
    growth = cover([], Slots(60, 80), [upper, lower])
    assert growth.pieces == ()
    assert (growth.grown.newest, growth.grown.oldest) == (upper.newest, lower.oldest)
    assert growth.grown.transactions == 4


def test_nothing_below_the_oldest_range_is_the_start() -> None:
    rows = rows_of(90, 80)
    held = walked(rows, 0, 1)
    grown = cover([], Slots(0, 80), [held]).grown
    assert grown.reached_start
    assert (grown.newest, grown.oldest, grown.transactions) == (held.newest, held.oldest, 2)


@given(
    st.lists(st.sampled_from([0, 0, 1, 1, 2, 5]), min_size=1, max_size=60),
    st.integers(1, 9),
    st.sets(st.integers(0, 59), max_size=8),
    st.randoms(use_true_random=False),
)
def test_holes_covered_in_any_order_end_as_one_range_of_everything(
    steps: list[int], most: int, cuts: set[int], dice: random.Random
) -> None:
    slots = [1000 - sum(steps[: i + 1]) for i in range(len(steps))]
    rows = rows_of(*slots)
    ends = sorted(at for at in cuts if at < len(rows))
    pairs = list(zip(ends[::2], ends[1::2], strict=False))
    ranges = [
        walked(rows, *pair, top=ROOM * (len(pairs) - i), start=pair[1] == len(rows) - 1)
        for i, pair in enumerate(pairs)
        if i == 0 or pair[0] > pairs[i - 1][1] + 1
    ]
    if ranges and ranges[0].newest.signature != "s0":
        ranges = ranges[:0]  # the head page comes first
    placed = {
        row.signature: (held.bottom, held.top)
        for held in ranges
        for row in rows[_at(held.newest) : _at(held.oldest) + 1]
    }
    have = {row.signature for held in ranges for row in rows[_at(held.newest) : _at(held.oldest) + 1]}
    todo = [part for hole in holes(ranges) for part in _cut_in_two_sittings(inside(rows, hole), hole, most)]
    dice.shuffle(todo)
    for part in todo:
        found = inside(rows, part.slots)
        assert len(found) == part.transactions
        have |= {row.signature for row in found}
        growth = cover(found, part.slots, ranges)
        for piece in growth.pieces:
            for row in found[piece.start : piece.stop]:
                placed.setdefault(row.signature, (piece.sequence, piece.sequence))
        ranges = after(growth, ranges)
        for held in ranges:
            between = rows[_at(held.newest) : _at(held.oldest) + 1]
            assert {row.signature for row in (*between, *inside(rows, held.whole))} <= have
            assert held.transactions == len(between)
    (whole,) = ranges
    assert whole.reached_start
    assert whole.transactions == len(rows)
    for newer, older in pairwise(rows):
        if newer.slot == older.slot:
            assert placed[newer.signature][1] >= placed[older.signature][0]
    assert not [item for item in agenda(ranges, todo) if not isinstance(item, SyncRange)]


def _at(place: Place) -> int:
    return int(place.signature[1:])


def _cut_in_two_sittings(rows: list[Row], hole: Slots, most: int) -> list[Part]:
    listed = [row.slot for row in rows]
    first, used = cut(listed[: len(listed) // 2], hole, most, ended=False)
    left = Slots(hole.first, first[-1].slots.first - 1 if first else hole.last)
    return first + cut(listed[used:], left, most, ended=True)[0]
