"""The traps of money.md section 9 that one transaction, or two, can set. Each test names its own."""

import pytest
from ledgers import book_of, buy, entry, gift, ledger, sell, send, swap
from scenes import (
    BOT,
    FRIEND,
    JUPITER,
    MINT,
    OTHER_MINT,
    OTHER_POOL,
    POOL,
    PUMP,
    RELAYER,
    RENT,
    THIRD_MINT,
    TIP,
    WALLET,
    Scene,
    ata,
    key,
)

from walletjobs.core.entries import Kind
from walletjobs.core.pnl import wallet_of
from walletjobs.core.tokens import tokens_of
from walletjobs.core.units import USDC, WRAPPED_SOL


def test_t1_wrapping_around_a_buy_is_one_buy_of_what_the_pool_got() -> None:
    scene = Scene(fee=10_000).open(WALLET, WRAPPED_SOL).wrap(WALLET, 10_000_000).open(WALLET, MINT)
    scene.call(JUPITER).move(WRAPPED_SOL, WALLET, POOL, 9_990_000).move(MINT, POOL, WALLET, 77)
    bought = entry(scene.outside().close(WALLET, WRAPPED_SOL, holding=10_000))
    assert bought.kind is Kind.BUY
    assert bought.tokens == {MINT: 77}
    assert bought.sol_delta == -10_000_000
    assert bought.components.consideration == -9_990_000
    assert bought.components.network_fee == -10_000
    assert bought.value == 9_990_000
    assert bought.rent_locked == RENT  # of the account that now holds the tokens


def test_t2_native_out_and_wrapped_in_is_no_swap() -> None:
    wrapped = entry(Scene().open(WALLET, WRAPPED_SOL).wrap(WALLET, 5_000_000_000))
    assert wrapped.kind is Kind.FEE
    assert wrapped.tokens == {}
    assert wrapped.sol_delta == wrapped.components.network_fee == -5000


def test_t3_trade_out_of_wrapped_sol_already_held_pays_from_it_once() -> None:
    scene = Scene().call(JUPITER).move(WRAPPED_SOL, WALLET, POOL, 700_000_000).move(MINT, POOL, WALLET, 50)
    bought = entry(scene)
    assert bought.kind is Kind.BUY
    assert bought.sol_delta == -700_005_000
    assert bought.components.consideration == -700_000_000


def test_t3_native_and_wrapped_transfer_of_the_same_value_count_once() -> None:
    scene = Scene().open(WALLET, WRAPPED_SOL).wrap(WALLET, 700_000_000).open(WALLET, MINT)
    scene.call(JUPITER).move(WRAPPED_SOL, WALLET, POOL, 700_000_000).move(MINT, POOL, WALLET, 50)
    assert entry(scene.outside().close(WALLET, WRAPPED_SOL)).components.consideration == -700_000_000


@pytest.mark.parametrize("label", ["UNKNOWN", "TRANSFER", "SWAP", ""])
def test_t4_a_label_neither_makes_nor_hides_a_trade(label: str) -> None:
    assert entry(buy(MINT, 10, 1_000_000, label=label)).kind is Kind.BUY
    assert entry(sell(MINT, 10, 1_000_000, label=label)).kind is Kind.SELL
    assert entry(gift(MINT, 10, label=label)).kind is Kind.RECEIPT


def test_t5_the_intermediate_of_a_route_is_not_its_output() -> None:
    scene = Scene().call(JUPITER).move(WRAPPED_SOL, WALLET, POOL, 900_000_000)
    scene.move(OTHER_MINT, POOL, WALLET, 40).move(OTHER_MINT, WALLET, OTHER_POOL, 40)
    bought = entry(scene.move(MINT, OTHER_POOL, WALLET, 7))
    assert (bought.kind, bought.tokens) == (Kind.BUY, {MINT: 7})
    assert bought.components.consideration == -900_000_000


def test_t6_a_split_route_is_one_trade() -> None:
    scene = Scene().call(JUPITER)
    for pool, lamports, quantity in ((POOL, 1_200_000_000, 40), (OTHER_POOL, 798_000_000, 26)):
        scene.move(WRAPPED_SOL, WALLET, pool, lamports).move(MINT, pool, WALLET, quantity)
    for name, lamports in (("bot", 2_000_000), ("market maker", 128_863), ("referrer", 96_195)):
        scene.pay(WALLET, key(name), lamports)
    bought = entry(scene)
    assert (bought.kind, bought.tokens) == (Kind.BUY, {MINT: 66})
    assert bought.components.consideration == -1_998_000_000
    assert bought.components.platform_fee == -2_225_058
    assert book_of(scene).positions[MINT].tally.buys == 1


def test_t7_a_borrowed_fortune_returned_around_a_loop_is_worth_its_delta() -> None:
    borrowed = 500_000_000_000
    scene = Scene().call(JUPITER).move(WRAPPED_SOL, OTHER_POOL, WALLET, borrowed)
    scene.move(WRAPPED_SOL, WALLET, POOL, borrowed).move(MINT, POOL, WALLET, 100)
    scene.move(MINT, WALLET, BOT, 100).move(WRAPPED_SOL, BOT, WALLET, borrowed + 1_234_567)
    loop = entry(scene.move(WRAPPED_SOL, WALLET, OTHER_POOL, borrowed))
    assert (loop.kind, loop.tokens) == (Kind.ARBITRAGE, {})
    assert loop.sol_delta == 1_234_567 - 5000
    book = book_of(scene)
    assert not book.positions
    assert wallet_of(book, tokens_of(book)).arbitrage_pnl == 1_229_567


def test_t8_two_swaps_that_return_to_their_token_leave_its_difference() -> None:
    scene = Scene().call(JUPITER).move(MINT, WALLET, POOL, 1000).move(OTHER_MINT, POOL, WALLET, 5)
    scene.move(OTHER_MINT, WALLET, OTHER_POOL, 5).move(MINT, OTHER_POOL, WALLET, 1003)
    assert entry(scene).tokens == {MINT: 3}


def test_t9_no_transfer_moves_the_wallet_beyond_its_own_delta() -> None:
    scene = sell(MINT, 10, 1_700_000_000)
    scene.move(WRAPPED_SOL, POOL, OTHER_POOL, 32_090_000_000_000)  # the pools among themselves
    sold = entry(scene)
    assert (sold.kind, sold.value) == (Kind.SELL, 1_700_000_000)
    assert sold.sol_delta == 1_700_000_000 - 5000


def test_t10_decimals_come_from_the_chain() -> None:
    nine = entry(buy(MINT, 1_353_211, 1_000_000, decimals={MINT: 3}))
    assert (nine.tokens, nine.decimals) == ({MINT: 1_353_211}, {MINT: 3})


def test_t11_a_relayed_trade_costs_the_wallet_no_fee() -> None:
    relayed = entry(buy(MINT, 10, 1_000_000, payer=RELAYER))
    assert relayed.kind is Kind.BUY
    assert relayed.components.network_fee == 0
    assert relayed.sol_delta == relayed.components.consideration == -1_000_000


def test_t11_the_fee_payer_of_another_ones_trade_made_no_trade() -> None:
    assert entry(buy(MINT, 10, 1_000_000, payer=RELAYER), wallet=RELAYER).kind is Kind.FEE


def test_t13_a_temporary_account_leaves_no_trace_in_the_figures() -> None:
    account = key("temporary account")
    scene = Scene().open(WALLET, WRAPPED_SOL, account=account, rent=RENT)
    scene.wrap(WALLET, 300_000_000, account)
    scene.call(JUPITER).move(WRAPPED_SOL, WALLET, POOL, 300_000_000, account=account)
    scene.move(MINT, POOL, WALLET, 9).outside().close(WALLET, WRAPPED_SOL, account=account)
    bought = entry(scene)
    assert bought.components.consideration == -300_000_000
    assert bought.rent_locked == 0
    assert bought.sol_delta == -300_005_000


def test_t17_a_small_buy_of_the_size_of_a_rent_is_a_buy() -> None:
    for lamports in (RENT, 3_000_000):
        scene = buy(MINT, 10, lamports).outside().open(WALLET, MINT)
        bought = entry(scene)
        assert (bought.kind, bought.components.consideration) == (Kind.BUY, -lamports)
        assert bought.rent_locked == RENT


def test_t17_a_rent_paid_beside_a_gift_makes_no_sale() -> None:
    sent = entry(send(MINT, 10).open(FRIEND, MINT))
    assert sent.kind is Kind.SEND
    assert sent.components.rent_paid_for_others == -RENT
    assert sent.value is None


def test_t17_a_rent_that_comes_back_beside_a_send_makes_no_sale() -> None:
    given_up = entry(send(MINT, 10).close(WALLET, MINT))
    assert given_up.kind is Kind.SEND
    assert given_up.sol_delta == -5000
    assert given_up.rent_locked == -RENT


def test_t18_a_tip_is_named_and_is_part_of_the_cost() -> None:
    scene = buy(MINT, 10, 1_000_000).outside().pay(WALLET, TIP, 60_000)
    assert entry(scene).components.tip == -60_000
    assert entry(scene).value == 1_000_000
    assert book_of(scene).positions[MINT].tally.cost == 1_065_000


def test_t19_a_trading_bots_fee_is_named_on_both_sides() -> None:
    bought, sold = ledger(
        buy(MINT, 10, 1_000_000, 1).outside().pay(WALLET, BOT, 10_000),
        sell(MINT, 10, 2_000_000, 2).outside().pay(WALLET, BOT, 20_000),
    )
    assert bought.components.platform_fee == -10_000
    assert sold.components.platform_fee == -20_000
    assert (bought.value, sold.value) == (1_000_000, 2_000_000)


def test_t20_a_failed_transaction_costs_its_fee_and_moves_nothing() -> None:
    failed = entry(buy(MINT, 10, 1_000_000, failed=True))
    assert (failed.kind, failed.tokens) == (Kind.FAILED, {})
    assert failed.sol_delta == failed.components.network_fee == -5000


def test_t21_airdrops_and_dust_are_neither_buys_nor_wins() -> None:
    dust = Scene(payer=FRIEND).pay(FRIEND, WALLET, 1)
    book = book_of(gift(MINT, 10**12, 1), dust)
    figures = wallet_of(book, tokens_of(book))
    assert (figures.buys, figures.sells, figures.token_wins.n, figures.realized_pnl) == (0, 0, 0, 0)
    assert book.kinds == {Kind.RECEIPT: 1, Kind.TRANSFER: 1}


def test_t21_selling_an_airdrop_is_no_win() -> None:
    book = book_of(gift(MINT, 100, 1), sell(MINT, 100, 50_000_000, 2))
    figures = wallet_of(book, tokens_of(book))
    assert (figures.token_wins.n, figures.cycle_wins.n, figures.realized_pnl) == (0, 0, 0)
    assert figures.unverified_proceeds == 49_995_000


def test_t22_tokens_moved_to_ones_own_other_wallet_leave_at_cost() -> None:
    book = book_of(buy(MINT, 100, 1_000_000, 1, fee=0), send(MINT, 40, 2, fee=0))
    tally = book.positions[MINT].tally
    assert (tally.sent, tally.cost_sent, tally.realized_pnl) == (40, 400_000, 0)
    assert book.positions[MINT].open_cost() == 600_000


def test_t23_what_is_sold_beyond_what_was_bought_is_unverified() -> None:
    book = book_of(buy(MINT, 60, 600_000, 1, fee=0), sell(MINT, 100, 2_000_000, 2, fee=0))
    tally = book.positions[MINT].tally
    assert (tally.proceeds, tally.realized_pnl) == (1_200_000, 600_000)
    assert (tally.unverified_quantity, tally.unverified_proceeds) == (40, 800_000)


def test_t27_a_transfer_fee_counts_what_arrived_and_what_left() -> None:
    bought = Scene().call(PUMP).pay(WALLET, POOL, 1_000_000).move(MINT, POOL, WALLET, 100, withheld=3)
    sold = Scene().call(PUMP).move(MINT, WALLET, POOL, 97, withheld=2).shift(POOL, WALLET, 900_000)
    assert entry(bought).tokens == {MINT: 97}
    assert entry(sold).tokens == {MINT: -97}
    assert entry(sold).kind is Kind.SELL


def test_t29_token_for_token_is_a_sell_and_a_buy_of_one_value() -> None:
    book = book_of(
        buy(MINT, 100, 1_000_000, 1, fee=0),
        swap(MINT, 100, OTHER_MINT, 7, 1_500_000, slot=2, fee=0),
        sell(OTHER_MINT, 7, 1_400_000, 3, fee=0),
    )
    first, second = book.positions[MINT].tally, book.positions[OTHER_MINT].tally
    assert (first.proceeds, first.realized_pnl) == (1_500_000, 500_000)
    assert (second.cost, second.realized_pnl) == (1_500_000, -100_000)


def test_t29_the_fee_of_a_swap_is_counted_once() -> None:
    book = book_of(
        buy(MINT, 100, 1_000_000, 1, fee=0), swap(MINT, 100, OTHER_MINT, 7, 1_500_000, slot=2, fee=5000)
    )
    assert book.positions[MINT].tally.proceeds == 1_500_000
    assert book.positions[OTHER_MINT].tally.cost == 1_505_000


def test_t30_burning_the_dust_and_closing_is_a_burn_at_cost() -> None:
    book = book_of(buy(MINT, 100, 1_000_000, 1, fee=0), Scene(2).burn(MINT, WALLET, 100).close(WALLET, MINT))
    assert book.kinds[Kind.BURN] == 1
    assert book.positions[MINT].tally.cost_sent == 1_000_000
    assert book.positions[MINT].tally.realized_pnl == 0
    assert book.totals.sol_delta == -1_000_000 - 5000


def test_t31_one_mint_in_two_pools_is_one_position() -> None:
    book = book_of(
        buy(MINT, 100, 1_000_000, 1, pool=POOL, fee=0), sell(MINT, 100, 3_000_000, 2, pool=OTHER_POOL, fee=0)
    )
    assert list(book.positions) == [MINT]
    assert book.positions[MINT].tally.realized_pnl == 2_000_000


def test_t32_a_trade_without_a_price_has_no_value_and_no_result() -> None:
    unpriced = Scene(2, fee=0).call(JUPITER).move(MINT, WALLET, POOL, 100).move(OTHER_MINT, POOL, WALLET, 5)
    book = book_of(buy(MINT, 100, 1_000_000, 1, fee=0), unpriced)
    figures = wallet_of(book, tokens_of(book))
    assert (figures.unpriced, figures.realized_pnl, figures.roi) == (1, 0, None)
    assert book.positions[MINT].tally.cost_unpriced == 1_000_000
    swapped = ledger(unpriced)[0]
    assert (swapped.value, swapped.value_source) == (None, None)
    assert "no_price" in swapped.flags


def test_t35_a_token_is_a_stablecoin_by_its_mint_alone() -> None:
    convert = (
        Scene().call(JUPITER).move(USDC, WALLET, POOL, 5_000_000).move(WRAPPED_SOL, POOL, WALLET, 30_000_000)
    )
    named_so = (
        Scene().call(JUPITER).move(MINT, WALLET, POOL, 5_000_000).move(WRAPPED_SOL, POOL, WALLET, 30_000_000)
    )
    assert entry(convert).kind is Kind.CONVERSION
    assert entry(named_so).kind is Kind.SELL


def test_a_stablecoin_for_a_token_is_a_trade_worth_the_sol_between_its_hops() -> None:
    bought = entry(swap(USDC, 5_000_000, MINT, 7, 33_000_000))
    sold = entry(swap(MINT, 7, USDC, 5_000_000, 33_000_000))
    assert (bought.kind, bought.value, bought.value_source) == (Kind.BUY, 33_000_000, "intermediate")
    assert (sold.kind, sold.value, sold.value_source) == (Kind.SELL, 33_000_000, "intermediate")


def test_several_tokens_for_sol_share_its_value_by_what_each_pool_got() -> None:
    scene = Scene(fee=0).call(JUPITER)
    for pool, mint, lamports in ((POOL, MINT, 300_000), (OTHER_POOL, THIRD_MINT, 100_001)):
        scene.move(WRAPPED_SOL, WALLET, pool, lamports).move(mint, pool, WALLET, 9)
    book = book_of(scene)
    assert book.positions[MINT].tally.cost == 300_000
    assert book.positions[THIRD_MINT].tally.cost == 100_001


def test_a_transaction_that_only_opens_an_account_says_where_its_rent_went() -> None:
    opened = entry(Scene().open(WALLET, MINT))
    assert opened.kind is Kind.FEE
    assert opened.components.unexplained == opened.components.transfer_out == 0
    assert opened.components.total() == opened.sol_delta


def test_an_account_is_remembered_until_it_is_closed_empty() -> None:
    first, _, last = ledger(
        buy(MINT, 10, 1_000_000, 1).outside().open(WALLET, MINT),
        sell(MINT, 10, 1_000_000, 2),
        Scene(3).close(WALLET, MINT),
    )
    assert first.rent_locked == RENT
    assert (last.kind, last.sol_delta, last.rent_locked) == (Kind.FEE, -5000, -RENT)


def test_an_account_that_is_not_associated_is_the_wallets_too() -> None:
    account = key("auxiliary account")
    scene = Scene().open(WALLET, MINT, account=account).call(PUMP).pay(WALLET, POOL, 1_000_000)
    bought = entry(scene.move(MINT, POOL, WALLET, 10, to_account=account))
    assert (bought.kind, bought.tokens, bought.rent_locked) == (Kind.BUY, {MINT: 10}, RENT)
    assert bought.components.consideration == -1_000_000


def test_moving_between_ones_own_accounts_is_nothing_but_a_fee() -> None:
    moved = entry(Scene().move(MINT, WALLET, WALLET, 10, to_account=key("auxiliary account")))
    assert (moved.kind, moved.tokens, moved.sol_delta) == (Kind.FEE, {}, -5000)


def test_associated_accounts_of_both_token_programs_are_the_wallets() -> None:
    from walletjobs.core.instructions import TOKEN_2022_PROGRAM

    scene = (
        buy(OTHER_MINT, 10, 1_000_000)
        .outside()
        .open(WALLET, MINT, program=TOKEN_2022_PROGRAM, rent=2_074_080)
    )
    assert ata(WALLET, MINT) != ata(WALLET, MINT, TOKEN_2022_PROGRAM)
    bought = entry(scene)
    assert bought.rent_locked == 2_074_080
    assert bought.components.rent_paid_for_others == bought.components.platform_fee == 0
