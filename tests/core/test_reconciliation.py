"""A wallet's ledger against the chain's balances: agreed to the base unit, or the asset and what it lacks."""

from dataclasses import replace

import pytest
from ledgers import book_of, buy, gift, ledger, sell, send
from scenes import FRIEND, MINT, OTHER_MINT, WALLET, Scene, key

from walletjobs.core.balance import Balance
from walletjobs.core.reconciliation import Replay, Replayed, reconciled
from walletjobs.core.units import WRAPPED_SOL

HISTORY = (
    buy(MINT, 700, 1_000_000, 1).open(WALLET, MINT),
    gift(OTHER_MINT, 5, 2),
    sell(MINT, 300, 900_000, 3),
    send(OTHER_MINT, 5, 4),
)


def replay_of(*scenes: Scene) -> Replay:
    replay = Replay()
    for entry in ledger(*scenes):
        replay.take(entry)
    return replay


def balance(mint: str, amount: int, decimals: int = 6) -> Balance:
    return Balance(mint, amount, decimals, 10)


def quantities(replay: Replay) -> dict[str, int]:
    return {each.mint: each.quantity for each in replay.assets()}


def test_deltas_replayed_are_what_the_wallet_holds() -> None:
    held = quantities(replay_of(*HISTORY))
    assert held[MINT] == 400
    assert held[OTHER_MINT] == 0


def test_rent_in_own_accounts_is_no_balance_of_sol() -> None:
    opened = buy(MINT, 700, 1_000_000, 1).open(WALLET, MINT)
    assert quantities(replay_of(opened))[WRAPPED_SOL] == opened.change_of(WALLET)


def test_wrapped_sol_is_sol() -> None:
    wrapped = Scene(1).wrap(WALLET, 10_000_000, key("wrapped"))
    assert quantities(replay_of(wrapped))[WRAPPED_SOL] == -wrapped.fee


def test_a_ledger_that_agrees_is_verified() -> None:
    replay = replay_of(*HISTORY)
    sol = quantities(replay)[WRAPPED_SOL]
    assets = reconciled(
        replay.assets(), {WRAPPED_SOL: balance(WRAPPED_SOL, sol, 9), MINT: balance(MINT, 400)}
    )
    assert [(each.mint, each.verified) for each in assets] == [(WRAPPED_SOL, True), (MINT, True)]


def test_a_residual_names_the_asset_and_its_size_and_comes_first() -> None:
    replay = replay_of(*HISTORY)
    reported = {
        WRAPPED_SOL: balance(WRAPPED_SOL, quantities(replay)[WRAPPED_SOL], 9),
        MINT: balance(MINT, 1400),
    }
    first, *_ = reconciled(replay.assets(), reported)
    assert (first.mint, first.residual, first.verified) == (MINT, 1000, False)


def test_an_asset_that_only_one_side_knows_is_all_residual() -> None:
    assets = reconciled([Replayed(MINT, 6, 70)], {OTHER_MINT: balance(OTHER_MINT, 8)})
    assert {each.mint: each.residual for each in assets} == {MINT: -70, OTHER_MINT: 8}


def test_what_both_sides_say_is_gone_is_left_out() -> None:
    assert reconciled([Replayed(MINT, 6, 0)], {}) == []


def test_what_open_orders_keep_is_apart_from_what_the_accounts_hold() -> None:
    (asset,) = reconciled([Replayed(MINT, 6, 100, in_orders=30)], {MINT: balance(MINT, 70)})
    assert (asset.replayed, asset.in_orders, asset.residual) == (70, 30, 0)


@pytest.mark.parametrize("split", range(len(HISTORY) + 1))
def test_a_replay_goes_on_where_another_ended(split: int) -> None:
    entries = ledger(*HISTORY)
    before = Replay()
    for entry in entries[:split]:
        before.take(entry)
    after = Replay(before.assets())
    for entry in entries[split:]:
        after.take(entry)
    assert after.assets() == replay_of(*HISTORY).assets()


def test_a_missing_transaction_is_the_residual() -> None:
    whole, holed = replay_of(*HISTORY), replay_of(*HISTORY[:2], HISTORY[3])
    reported = {each.mint: balance(each.mint, each.quantity) for each in whole.assets()}
    missing = {each.mint: each.residual for each in reconciled(holed.assets(), reported) if not each.verified}
    assert missing == {WRAPPED_SOL: HISTORY[2].change_of(WALLET), MINT: -300}


def test_books_and_replay_hold_the_same_of_a_token() -> None:
    book, held = book_of(*HISTORY), quantities(replay_of(*HISTORY))
    assert {mint: position.held for mint, position in book.positions.items()} == {
        MINT: held[MINT],
        OTHER_MINT: held[OTHER_MINT],
    }


def test_decimals_are_the_chains_where_it_says_them() -> None:
    (asset,) = reconciled([Replayed(MINT, 6, 1)], {MINT: replace(balance(MINT, 1), decimals=8)})
    assert asset.decimals == 8


def test_a_friends_tokens_are_not_the_wallets() -> None:
    assert MINT not in quantities(replay_of(Scene(1, payer=FRIEND).move(MINT, FRIEND, key("other"), 5)))
