"""Balances that jump between two transactions show where one is missing."""

import json

import pytest
from ledgers import buy, told
from scenes import FRIEND, MINT, START, WALLET, Scene, ata
from wires import rpc

from walletjobs.core.continuity import Continuity, Seen
from walletjobs.core.transaction import HeldBalance, Transaction
from walletjobs.core.units import WRAPPED_SOL
from walletjobs.dev.generate import Inventor, Plan, shares_of
from walletjobs.providers.rpc import read_transaction


@pytest.fixture(scope="module")
def history() -> tuple[str, list[Transaction]]:
    """An invented wallet in the RPC form."""
    inventor = Inventor(Plan(300, 5, traps=shares_of("all=0.5"), form="rpc"))
    return inventor.world.wallet, [read_transaction(raw) for raw, _ in inventor.history()]


def followed(wallet: str, transactions: list[Transaction]) -> Continuity:
    continuity = Continuity(wallet)
    for transaction in transactions:
        continuity.take(transaction)
    return continuity


def test_a_whole_history_breaks_only_where_something_was_held_before_it(history) -> None:
    wallet, transactions = history
    assert [each for each in followed(wallet, transactions).breaks if each.after is not None] == []


@pytest.mark.parametrize("at", [40, 150, 260])
def test_a_hole_is_found_between_its_neighbors_with_what_is_missing(history, at: int) -> None:
    wallet, transactions = history
    gone = {held.account: held.after - held.before for held in transactions[at].balances_of(wallet)}
    whole = followed(wallet, transactions).breaks
    found = [
        each
        for each in followed(wallet, transactions[:at] + transactions[at + 1 :]).breaks
        if each not in whole
    ]
    assert found
    for each in found:
        assert each.missing == gone[each.account]
        assert each.slot >= transactions[at].slot
        assert each.after is None or each.after.slot <= transactions[at].slot


def test_following_goes_on_from_what_is_known(history) -> None:
    wallet, transactions = history
    first = followed(wallet, transactions[:100])
    second = Continuity(wallet, first.seen.get)
    for transaction in transactions[100:]:
        second.take(transaction)
    whole = followed(wallet, transactions)
    assert first.breaks + second.breaks == whole.breaks
    assert first.seen | second.seen == whole.seen


def test_what_was_held_before_the_first_transaction_is_said_without_one_before_it() -> None:
    form = _form(before=500, after=700)
    continuity = Continuity(WALLET)
    continuity.take(read_transaction(json.dumps(form).encode()))
    (found,) = [each for each in continuity.breaks if each.mint == MINT]
    assert (found.missing, found.after) == (500, None)
    assert continuity.seen[found.account] == Seen(MINT, 700, 9, form["transaction"]["signatures"][0])


def test_the_wallets_own_lamports_are_followed_as_sol() -> None:
    continuity = Continuity(WALLET)
    continuity.take(read_transaction(json.dumps(_form(0, 1)).encode()))
    assert continuity.seen[WALLET].mint == WRAPPED_SOL


def test_a_form_without_balances_shows_no_break() -> None:
    continuity = Continuity(WALLET)
    continuity.take(told(buy(MINT, 1, 1_000_000)))
    assert continuity.breaks == []
    assert continuity.seen == {}


def _form(before: int, after: int) -> dict:
    """A transaction of a node in which a token account of the wallet changes."""

    def listed(amount: int) -> dict:
        told = {"amount": str(amount), "decimals": 6}
        return {"accountIndex": 1, "mint": MINT, "owner": WALLET, "uiTokenAmount": told}

    return {
        "slot": 9,
        "blockTime": START,
        "meta": {
            "fee": 5000,
            "err": None,
            "preBalances": [10_000_000, 2_039_280],
            "postBalances": [9_995_000, 2_039_280],
            "preTokenBalances": [listed(before)],
            "postTokenBalances": [listed(after)],
        },
        "transaction": {
            "signatures": ["5" * 88],
            "message": {"accountKeys": [WALLET, "8" * 44], "instructions": []},
        },
    }


@pytest.mark.parametrize("parsed", [False, True])
def test_an_account_that_changes_hands_is_emptied_for_the_one_and_filled_for_the_other(parsed: bool) -> None:
    read = read_transaction(json.dumps(rpc(Scene().hand_over(MINT, WALLET, FRIEND, 10), parsed)))
    for owner, before, after in ((WALLET, 10, 0), (FRIEND, 0, 10)):
        held = [each for each in read.balances_of(owner) if each.mint == MINT]
        assert held == [HeldBalance(ata(WALLET, MINT), MINT, before, after)]
