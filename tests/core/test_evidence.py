"""Evidence adds up to the figures: over the whole history, over windows, by every method."""

import pytest
from histories import keep, moves, scenes_of
from hypothesis import given
from hypothesis import strategies as st
from ledgers import buy, gift, sell, send, swap
from scenes import MINT, OTHER_MINT, START, WALLET

from walletjobs.core.audit import FIGURES, audit_of, missing_of, sum_of
from walletjobs.core.behavior import behavior_of
from walletjobs.core.book import Book
from walletjobs.core.coverage import History, coverage_of
from walletjobs.core.evidence import ALWAYS, Period
from walletjobs.core.lots import METHODS
from walletjobs.core.pnl import wallet_of
from walletjobs.core.recount import tally_of
from walletjobs.core.rules import Rules
from walletjobs.core.selection import selected
from walletjobs.core.tally import Fate
from walletjobs.core.tokens import TokenPnl, tokens_of
from walletjobs.errors import InvalidData

DOLLARS = 150_000_000  # a SOL, in millionths
offsets = st.lists(st.integers(0, 800_000), min_size=1, max_size=4, unique=True)


def rising(at: int) -> int | None:
    """A price of SOL that rises, and that nobody knows in every seventh minute."""
    return None if at // 60 % 7 == 0 else DOLLARS + at - START


def figure_of(token: TokenPnl, name: str) -> int:
    """A figure by its name in the API."""
    own = {
        "openCost": token.open_cost,
        "claimedCost": token.claimed_cost,
        "held": token.held,
        "fees": token.fees,
        "rentsForOthers": token.tally.rents,
    }
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return own[name] if name in own else getattr(token.tally, snake)


@given(moves, offsets)
def test_a_window_from_a_checkpoint_is_the_sum_of_the_events_in_it(history, spans) -> None:
    starts = [START + each for each in spans]
    kept = keep(scenes_of(history), starts, rising)
    for method in METHODS:
        for start in starts:
            window = kept.books[method].window(start)
            for each in kept.evidence:
                told = (
                    window.positions[each.mint].tally
                    if each.mint in window.positions
                    else tally_of(each, method, Period(0, 0))
                )
                assert told == tally_of(each, method, Period(start))


@given(moves, offsets)
def test_a_period_put_together_from_evidence_has_the_figures_of_the_window(history, spans) -> None:
    start = START + spans[0]
    kept = keep(scenes_of(history), [start], rising)
    empty = [Book(WALLET, Rules(method)) for method in METHODS]
    books = selected(empty, Period(start), kept.entries, kept.evidence)
    for method, again in zip(METHODS, books, strict=True):
        window = kept.books[method].window(start)
        assert wallet_of(window, tokens_of(window)) == wallet_of(again, tokens_of(again))
        assert coverage_of(window, History(None)) == coverage_of(again, History(None))
        if method == "fifo":  # whose lots tell holding times
            assert behavior_of(window, START + 10**6) == behavior_of(again, START + 10**6)


@given(moves, st.integers(0, 800_000))
def test_two_periods_that_meet_sum_to_the_whole(history, offset) -> None:
    kept = keep(scenes_of(history), [])
    for method in METHODS:
        for each in kept.evidence:
            for name in FIGURES.keys() - {"openCost", "claimedCost", "held"}:
                parts = [Period(0, START + offset), Period(START + offset)]
                assert sum(sum_of(each, name, method, part) for part in parts) == sum_of(each, name, method)


@given(moves)
def test_every_figure_of_a_token_is_the_sum_of_its_lines_and_of_its_terms(history) -> None:
    kept = keep(scenes_of(history), [], rising)
    for method, book in kept.books.items():
        tokens = {token.mint: token for token in tokens_of(book)}
        for each in kept.evidence:
            for name in FIGURES:
                audit = audit_of(each, name, method)
                assert audit.total == figure_of(tokens[each.mint], name), name
                assert not audit.terms or sum(amount for _, amount in audit.terms) == audit.total


@given(moves)
def test_a_disposals_parts_sum_to_what_was_disposed_and_what_came_for_it(history) -> None:
    kept = keep(scenes_of(history), [], rising)
    for each in kept.evidence:
        for method in METHODS:
            quantities, proceeds = (
                dict.fromkeys(range(len(each.events)), 0),
                dict.fromkeys(range(len(each.events)), 0),
            )
            for part in each.proofs[method].disposals:
                quantities[part.event] += part.quantity
                proceeds[part.event] += part.proceeds or 0
            for place, event in enumerate(each.events):
                assert quantities[place] == (0 if event.acquires else event.quantity)
                assert proceeds[place] == (event.amount or 0 if event.role == -1 else 0)


def test_a_sale_names_the_lots_it_used_up() -> None:
    kept = keep(
        [buy(MINT, 40, 400, 1, fee=0), buy(MINT, 60, 1200, 2, fee=0), sell(MINT, 70, 2100, 3, fee=0)], []
    )
    first, second, last = (entry.signature for entry in kept.entries)
    lines = audit_of(kept.evidence[0], "realizedPnl", "fifo").lines
    assert [(line.lot and line.lot.signature, line.quantity, line.cost, line.proceeds) for line in lines] == [
        (first, 40, 400, 1200),
        (second, 30, 600, 900),
    ]
    assert {line.event.signature for line in lines} == {last}
    (left,) = audit_of(kept.evidence[0], "openCost", "fifo").lines
    assert (left.event.signature, left.quantity, left.amount) == (second, 30, 600)


def test_what_is_missing_names_its_transactions() -> None:
    kept = keep(
        [
            gift(MINT, 10, 1),
            sell(MINT, 30, 900, 2, fee=0),
            swap(MINT, 5, OTHER_MINT, 7, 0, slot=3),
        ],
        [],
    )
    missing = missing_of(kept.evidence[0])
    assert (missing.unverified_quantity, missing.unverified_proceeds) == (35, 900)
    assert missing.unverified == (kept.entries[1].signature, kept.entries[2].signature)
    assert missing.unpriced == (kept.entries[2].signature,)
    assert missing.without_usd == (kept.entries[1].signature,)


def test_what_is_sent_away_is_a_disposal_without_profit() -> None:
    kept = keep([buy(MINT, 10, 100, 1, fee=0), send(MINT, 15, 2, fee=0)], [])
    parts = kept.evidence[0].proofs["fifo"].disposals
    assert [(part.fate, part.lot, part.quantity, part.cost) for part in parts] == [
        (Fate.SENT, 0, 10, 100),
        (Fate.SENT, None, 5, 0),
    ]


def test_a_figure_without_a_formula_is_refused() -> None:
    kept = keep([buy(MINT, 1, 100, 1)], [])
    with pytest.raises(InvalidData, match="realizedPnl"):
        audit_of(kept.evidence[0], "luck")


def test_a_period_holds_its_start_and_not_its_end() -> None:
    assert [Period(10, 20).holds(at) for at in (9, 10, 19, 20)] == [False, True, True, False]
    assert ALWAYS.holds(0)
