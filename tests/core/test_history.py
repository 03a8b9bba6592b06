"""Ranges on random histories, against a model that knows every index."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from walletjobs.core.history import (
    ROOM,
    Gap,
    Piece,
    Place,
    Row,
    Slots,
    SyncRange,
    breaks_order,
    gaps,
    grow,
    is_outdated,
)

Interval = tuple[int, int]  # indices of a history's newest and oldest held row, newest row of all is 0


def rows_of(slots: list[int]) -> list[Row]:
    return [Row(f"s{i}", slot, None, b"{}") for i, slot in enumerate(slots)]


def history(*slots: int) -> list[Row]:
    return rows_of(list(slots))


def held(rows: list[Row], interval: Interval, top: int = ROOM, pages: int = 1) -> SyncRange:
    newest, oldest = rows[interval[0]], rows[interval[1]]
    return SyncRange(
        newest=Place(newest.slot, newest.signature),
        oldest=Place(oldest.slot, oldest.signature),
        top=top,
        bottom=top - pages + 1,
        transactions=interval[1] - interval[0] + 1,
        reached_start=interval[1] == len(rows) - 1,
        whole=Slots(oldest.slot + 1, newest.slot - 1),
    )


def interval_of(held_range: SyncRange) -> Interval:
    return int(held_range.newest.signature[1:]), int(held_range.oldest.signature[1:])


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Row], list[Interval], int]:
    """A history with ties in slots, disjoint held intervals with holes between them, and a page size."""
    steps = draw(st.lists(st.sampled_from([0, 0, 1, 5]), min_size=1, max_size=40))
    slots = [1000 - sum(steps[:i]) for i in range(len(steps))]
    cuts = sorted(draw(st.sets(st.integers(0, len(slots) - 1), max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    apart = [
        pair
        for pair, before in zip(pairs, [None, *pairs], strict=False)
        if not before or pair[0] > before[1] + 1
    ]
    return rows_of(slots), apart, draw(st.integers(1, 12))


def test_no_range_is_one_gap_without_ends() -> None:
    assert gaps([]) == [Gap(None, None)]


def test_gaps_lie_between_ranges_and_before_the_oldest_one() -> None:
    rows = history(9, 8, 7, 6, 5, 4)
    upper, lower = held(rows, (0, 1)), held(rows, (3, 4))
    assert gaps([upper, lower]) == [Gap(Place(8, "s1"), Place(6, "s3")), Gap(Place(5, "s4"), None)]
    assert gaps([upper, replace(lower, reached_start=True)]) == [Gap(Place(8, "s1"), Place(6, "s3"))]


def test_first_page_opens_a_range() -> None:
    rows = history(9, 8, 8)
    growth = grow(rows, None, [])
    assert interval_of(growth.grown) == (0, 2)
    assert growth.grown.transactions == 3
    assert growth.pieces == (Piece(0, 3, ROOM),)
    assert growth.swallowed == ()


def test_page_below_a_range_extends_it_and_counts_its_sequence_down() -> None:
    rows = history(9, 8, 7, 6)
    growth = grow(rows[2:], held(rows, (0, 1)), [])
    assert interval_of(growth.grown) == (0, 3)
    assert growth.pieces == (Piece(0, 2, ROOM - 1),)
    assert growth.grown.bottom == ROOM - 1


def test_head_page_without_news_changes_nothing() -> None:
    rows = history(9, 8, 7, 6)
    stored = replace(held(rows, (0, 3)), id=5)
    growth = grow(rows[:2], None, [stored])
    assert growth.grown == stored
    assert growth.swallowed == (stored,)


def test_lagging_head_page_does_not_move_the_newest_end_back() -> None:
    rows = history(9, 8, 7, 6)
    stored = held(rows, (0, 2))
    assert grow(rows[1:3], None, [stored]).grown == stored


def test_page_that_runs_through_a_short_range_keeps_its_two_outer_pieces_apart() -> None:
    rows = history(9, 8, 8, 8, 8, 7)
    stored = held(rows, (2, 3), top=ROOM, pages=2)
    growth = grow(rows, None, [stored])
    assert growth.pieces == (Piece(0, 2, 2 * ROOM), Piece(2, 4, ROOM, within=True), Piece(4, 6, ROOM - 2))
    assert interval_of(growth.grown) == (0, 5)
    assert growth.grown.transactions == 6
    assert not growth.grown.reached_start


def test_range_whose_end_the_provider_no_longer_lists_is_met_by_its_slot() -> None:
    rows = history(9, 8, 7, 6, 5)
    stored = held(rows, (2, 4))
    listed = [rows[0], rows[1], rows[3], rows[4]]
    growth = grow(listed, None, [stored])
    assert growth.swallowed == (stored,)
    assert growth.grown.oldest == stored.oldest
    assert growth.grown.reached_start


def test_page_that_repeats_the_cursor_or_goes_back_breaks_the_order() -> None:
    rows = history(9, 8, 7, 7, 6)
    walked = held(rows, (1, 2))
    assert breaks_order(rows[2:], walked)
    assert breaks_order(rows[:2], walked)
    assert not breaks_order(rows[3:], walked)


def test_head_page_that_ends_before_what_is_held_is_outdated() -> None:
    rows = history(9, 8, 7, 6)
    assert is_outdated([], [held(rows, (0, 1))])
    assert is_outdated(rows[2:], [held(rows, (0, 1))])
    assert not is_outdated(rows[1:], [held(rows, (0, 1))])
    assert not is_outdated([], [])


@given(situations())
def test_walk_from_the_head_ends_with_one_range_of_everything(
    situation: tuple[list[Row], list[Interval], int],
) -> None:
    rows, intervals, size = situation
    ranges = [held(rows, pair, ROOM * (len(intervals) - i), 3) for i, pair in enumerate(intervals)]
    before = set().union(*(range(low, high + 1) for low, high in intervals))
    placed: dict[int, int] = {}  # row → sequence of the page that stores it
    growth = grow(rows[:size], None, ranges)
    offset = 0
    while True:
        newly = [
            (offset + i, piece.sequence) for piece in growth.pieces for i in range(piece.start, piece.stop)
        ]
        assert [index for index, _ in newly] == list(range(offset, min(offset + size, len(rows))))
        for index, sequence in newly:
            if index not in before:
                assert index not in placed, "a row was fetched twice"
                placed[index] = sequence
        ranges = [growth.grown, *(other for other in ranges if other not in growth.swallowed)]
        _assert_sound(rows, ranges[0], before | set(placed))
        offset = interval_of(ranges[0])[1] + 1
        if offset == len(rows):
            break
        assert not breaks_order(rows[offset : offset + size], ranges[0])
        growth = grow(rows[offset : offset + size], ranges[0], ranges[1:])
        ranges = ranges[1:]
    assert len(ranges) == 1
    assert before | set(placed) == set(range(len(rows)))
    _assert_order(rows, placed)


def _assert_sound(rows: list[Row], grown: SyncRange, have: set[int]) -> None:
    low, high = interval_of(grown)
    assert set(range(low, high + 1)) <= have
    assert {index for index, row in enumerate(rows) if row.slot in grown.whole} <= have
    assert grown.transactions == high - low + 1


def _assert_order(rows: list[Row], placed: dict[int, int]) -> None:
    for newer, older in pairwise(sorted(placed)):
        if rows[newer].slot == rows[older].slot:
            assert placed[newer] >= placed[older]
