"""An analysis that goes on leaves what one of everything leaves, row for row (money.md, identity 6)."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection
from stored import A_PAGE, everything, invented, store

from walletjobs.core.series import MINUTE, Bar
from walletjobs.db.fence import Fence, take
from walletjobs.db.prices import PriceRepository
from walletjobs.db.transactions import TransactionRepository
from walletjobs.providers.enhanced import read_transaction
from walletjobs.providers.files import read_line
from walletjobs.services.behavior import store_behavior
from walletjobs.services.books import READERS, slot_of
from walletjobs.services.pnl import Analysis, analyze_pnl
from walletjobs.services.prices import stored_prices

few = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
cuts = st.lists(st.integers(0, 120), min_size=1, max_size=3).map(sorted)


def analyze(connection: Connection[Any], fence: Fence, now: int) -> Analysis:
    minutes = TransactionRepository(connection).minutes(fence.wallet_id)
    analysis = analyze_pnl(fence, connection, "run", stored_prices(connection, minutes).at, now)
    store_behavior(fence, connection, "run", analysis)
    return analysis


def anew(connection: Connection[Any], fence: Fence, now: int) -> dict[str, Any]:
    """What an analysis of everything leaves."""
    connection.execute("DELETE FROM wallet_state WHERE wallet_id = %s", [fence.wallet_id])
    assert analyze(connection, fence, now).incremental is False
    return everything(connection, fence.wallet_id)


def begin(connection: Connection[Any], wallet: str) -> Fence:
    """The right to write a wallet that nothing is known of; examples may have had it before."""
    connection.execute("DELETE FROM wallet WHERE address = %s", [wallet])
    return take(connection, wallet, "test")


def slots_of(lines: Sequence[bytes]) -> list[int]:
    return [slot_of(("enhanced", line)) for line in lines]


def now_of(lines: Sequence[bytes]) -> int:
    return read_line(lines[-1]).block_time + 3600


@few
@given(st.integers(0, 10**6), cuts, st.sampled_from(list(READERS)))
def test_analyses_at_any_points_of_a_history_come_to_what_one_at_its_end_does(
    connection: Connection[Any], seed: int, at: list[int], form: str
) -> None:
    wallet, lines = invented(120, seed, form=form)
    fence = begin(connection, wallet)
    for start, end in pairwise([0, *at, len(lines)]):
        store(connection, fence, lines[start:end])
        analysis = analyze(connection, fence, now_of(lines))
        if 0 < start < end:
            assert (analysis.incremental, analysis.entries) == (True, end - start)
    found = everything(connection, fence.wallet_id)
    assert found == anew(connection, fence, now_of(lines))


@few
@given(st.integers(0, 10**6), st.sets(st.integers(0, 99), min_size=1, max_size=4), st.integers(60, 120))
def test_older_transactions_that_come_late_find_their_places(
    connection: Connection[Any], seed: int, late: set[int], at: int
) -> None:
    wallet, lines = invented(120, seed)
    fence = begin(connection, wallet)
    held_back = {place for place in late if place < at}
    store(connection, fence, [line for place, line in enumerate(lines[:at]) if place not in held_back])
    analyze(connection, fence, now_of(lines))
    for place in sorted(held_back):
        store(connection, fence, [lines[place]])
    store(connection, fence, lines[at:])
    analyze(connection, fence, now_of(lines))
    found = everything(connection, fence.wallet_id)
    assert found == anew(connection, fence, now_of(lines))


@few
@given(st.integers(0, 10**6), st.sets(st.integers(0, A_PAGE - 1), min_size=1, max_size=4), st.integers(2, 6))
def test_what_comes_late_between_others_of_its_slot_is_computed_in_the_order_of_the_listing(
    connection: Connection[Any], seed: int, late: set[int], a_slot: int
) -> None:
    wallet, lines = invented(80, seed)
    lines = [_together(line, lines[place - place % a_slot]) for place, line in enumerate(lines)]
    fence = begin(connection, wallet)
    store(connection, fence, [line for place, line in enumerate(lines) if len(lines) - 1 - place not in late])
    analyze(connection, fence, now_of(lines))
    store(connection, fence, lines[-A_PAGE:])  # the head page
    analyze(connection, fence, now_of(lines))
    found = everything(connection, fence.wallet_id)
    assert [entry.signature for entry in found["ledger"]] == [read_line(line).signature for line in lines]
    assert found == anew(connection, fence, now_of(lines))


def _together(line: bytes, other: bytes) -> bytes:
    """The transaction, in the slot of another one."""
    one, where = msgspec.json.decode(line), msgspec.json.decode(other)
    return msgspec.json.encode({**one, "slot": where["slot"], "timestamp": where["timestamp"]})


@pytest.fixture
def history() -> tuple[str, list[bytes]]:
    """A wallet and its transactions."""
    return invented(200, seed=5)


def last_trade(lines: Sequence[bytes], wallet: str) -> int:
    """Place of the last transaction in which a token moves that moved before, alone in its slot."""
    slots = slots_of(lines)
    mints = [
        {
            token.mint
            for change in read_transaction(line).accounts
            for token in change.tokens or ()
            if token.owner == wallet
        }
        for line in lines
    ]
    return next(
        place
        for place in range(len(lines) - 20, 0, -1)
        if mints[place]
        and any(mints[place] <= earlier for earlier in mints[:place])
        and slots.count(slots[place]) == 1
    )


def test_a_late_transaction_of_a_known_token_costs_its_token_alone(
    connection: Connection[Any], history: tuple[str, list[bytes]]
) -> None:
    wallet, lines = history
    fence, late = take(connection, wallet, "test"), last_trade(lines, wallet)
    store(connection, fence, [*lines[:late], *lines[late + 1 :]])
    assert analyze(connection, fence, now_of(lines)).entries == len(lines) - 1
    store(connection, fence, [lines[late]])
    mended = analyze(connection, fence, now_of(lines))
    assert (mended.incremental, mended.entries) == (True, 1)
    found = everything(connection, fence.wallet_id)
    assert found == anew(connection, fence, now_of(lines))


def test_a_late_transaction_that_opens_an_account_makes_everything_anew(
    connection: Connection[Any], history: tuple[str, list[bytes]]
) -> None:
    wallet, lines = history
    fence = take(connection, wallet, "test")
    learned = [
        place
        for place in range(20, 100)
        if b"createIdempotent" in lines[place] or b'tokenBalanceChanges":[{' in lines[place]
    ]
    store(connection, fence, lines[learned[0] + 1 :])
    analyze(connection, fence, now_of(lines))
    store(connection, fence, lines[: learned[0] + 1])
    again = analyze(connection, fence, now_of(lines))
    assert (again.incremental, again.entries) == (False, len(lines))


def test_a_price_that_was_found_later_prices_what_is_stored(
    connection: Connection[Any], history: tuple[str, list[bytes]]
) -> None:
    wallet, lines = history
    fence = take(connection, wallet, "test")
    store(connection, fence, lines)
    analyze(connection, fence, now_of(lines))
    at = read_transaction(lines[150]).block_time
    PriceRepository(connection).store([Bar(at - at % MINUTE, MINUTE, 150_000_000, "test")])
    repriced = analyze(connection, fence, now_of(lines))
    assert repriced.incremental
    assert 1 <= repriced.entries < 10
    found = everything(connection, fence.wallet_id)
    assert {entry.sol_price for entry in found["ledger"] if entry.block_time // 60 == at // 60} == {
        150_000_000
    }
    assert found == anew(connection, fence, now_of(lines))


def test_rules_of_another_version_are_computed_anew(
    connection: Connection[Any], history: tuple[str, list[bytes]]
) -> None:
    wallet, lines = history
    fence = take(connection, wallet, "test")
    store(connection, fence, lines)
    analyze(connection, fence, now_of(lines))
    connection.execute("UPDATE wallet_state SET rules = 0")
    assert analyze(connection, fence, now_of(lines)).incremental is False


def test_nothing_new_computes_nothing_and_moves_the_windows(
    connection: Connection[Any], history: tuple[str, list[bytes]]
) -> None:
    wallet, lines = history
    fence = take(connection, wallet, "test")
    store(connection, fence, lines)
    analyze(connection, fence, now_of(lines))
    later = now_of(lines) + 86_400
    again = analyze(connection, fence, later)
    assert (again.incremental, again.entries) == (True, 0)
    found = everything(connection, fence.wallet_id)
    assert found == anew(connection, fence, later)
