"""A token's events, replayed, come to what the books made of them the first time."""

from histories import keep, moves, scenes_of
from hypothesis import given

from walletjobs.core.evidence import evidence_of
from walletjobs.core.lots import METHODS
from walletjobs.core.replay import replayed


@given(moves)
def test_replayed_events_make_the_same_decisions_and_leave_the_same_standing(history) -> None:
    kept = keep(scenes_of(history), [])
    for each in kept.evidence:
        notes, standings = replayed(each.mint, each.decimals, each.events)
        assert [note.event for note in notes] == each.events
        assert evidence_of(each.mint, each.decimals, notes, standings) == each
        assert standings == {method: kept.books[method].positions[each.mint].standing() for method in METHODS}
