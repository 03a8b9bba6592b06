"""What is taken in piece by piece comes to what is taken in at once."""

from copy import deepcopy

from histories import keep, moves, scenes_of
from hypothesis import given
from hypothesis import strategies as st

from walletjobs.core.columns import Columns
from walletjobs.core.course import Course
from walletjobs.core.habits import Habits
from walletjobs.core.lots import METHODS
from walletjobs.core.sums import Sums
from walletjobs.core.tokens import tokens_of

cuts = st.lists(st.integers(0, 60), max_size=3).map(sorted)


def pieces(columns: Columns, at: list[int]) -> list[Columns]:
    """Columns cut at some places."""
    result, rest, before = [], columns, 0
    for place in at:
        tail = rest.after((place - before,) * 3)
        head = rest.after((0, 0, 0))
        for name in Columns.__slots__:
            setattr(head, name, getattr(head, name)[: place - before])
        result.append(head)
        rest, before = tail, place
    return [*result, rest]


@given(moves, cuts)
def test_course_and_habits_in_pieces_are_those_of_the_whole(history, at) -> None:
    columns = keep(scenes_of(history), []).books["fifo"].columns
    course, habits = Course(), Habits.of(Columns(), [])
    for piece in pieces(columns, at):
        course.absorb(piece)
        habits.absorb(piece)
    assert course == Course.of(columns)
    assert habits == Habits.of(columns, [])


@given(moves, st.integers(0, 40))
def test_a_token_that_changes_is_taken_out_of_the_sums_and_put_in_again(history, place) -> None:
    scenes = scenes_of(history)
    for method in METHODS:
        before = tokens_of(keep(scenes[:place], []).books[method])
        after = {token.mint: token for token in tokens_of(keep(scenes, []).books[method])}
        sums = Sums.of(before)
        for token in deepcopy(before):
            sums.remove(token)
            sums.add(after.pop(token.mint))
        for token in after.values():
            sums.add(token)
        assert sums == Sums.of(tokens_of(keep(scenes, []).books[method]))


@given(moves, st.integers(0, 40))
def test_lots_that_are_let_go_leave_the_habits_as_if_they_had_never_been(history, place) -> None:
    lots = [
        lot
        for position in keep(scenes_of(history), []).books["fifo"].positions.values()
        for lot in position.pool
    ]
    habits = Habits.of(Columns(), lots)
    habits.let_go(lots[:place])
    assert habits == Habits.of(Columns(), lots[place:])
    habits.hold(lots[:place])
    assert habits == Habits.of(Columns(), lots)
