"""Scenes of the chain that are neither a plain trade nor one of the numbered traps."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from ledgers import book_of, buy, entry, gift, ledger, sell, send, swap, told
from msgspec import structs
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

from walletjobs.core.book import Book
from walletjobs.core.classify import entry_of
from walletjobs.core.deltas import Known, OwnAccounts
from walletjobs.core.entries import Kind
from walletjobs.core.instructions import TOKEN_2022_PROGRAM
from walletjobs.core.transaction import AccountChange, TokenChange, Transaction
from walletjobs.core.units import USDC, USDT, WRAPPED_SOL

SECOND = key("a second account of one mint")
CURVE_RENT = 1_231_920


def test_a_curve_that_is_created_and_paid_in_one_transaction_gets_its_rent_apart_from_the_price() -> None:
    scene = Scene().call(PUMP).create(POOL, lamports=CURVE_RENT).pay(WALLET, POOL, 1_000_000_000)
    bought = entry(scene.move(MINT, POOL, WALLET, 34))
    assert bought.components.consideration == -1_000_000_000
    assert bought.components.rent_paid_for_others == -CURVE_RENT
    assert bought.value == 1_000_000_000


def test_several_accounts_of_a_mint_are_one_holding() -> None:
    scene = Scene().call(PUMP).pay(WALLET, POOL, 1_000_000).move(MINT, POOL, WALLET, 10)
    bought = entry(scene.move(MINT, POOL, WALLET, 5, to_account=SECOND))
    assert bought.tokens == {MINT: 15}
    both = Scene(2).call(PUMP).move(MINT, WALLET, POOL, 10).move(MINT, WALLET, POOL, 5, account=SECOND)
    assert entry(both.shift(POOL, WALLET, 2_000_000)).tokens == {MINT: -15}


def test_a_sale_out_of_a_lasting_wrapped_account_that_ends_brings_no_rent_into_the_proceeds() -> None:
    scene = Scene().call(JUPITER).move(MINT, WALLET, POOL, 10).move(WRAPPED_SOL, POOL, WALLET, 700_000_000)
    sold = entry(scene.outside().close(WALLET, WRAPPED_SOL, holding=700_000_000))
    assert (sold.kind, sold.components.consideration, sold.rent_locked) == (Kind.SELL, 700_000_000, -RENT)


def test_closing_empty_accounts_that_nobody_has_seen_brings_the_deposit_back() -> None:
    scene = Scene()
    for account in map(key, ("old one", "old two", "old three")):
        scene.close(WALLET, MINT, account=account)
    closed = entry(scene)
    assert closed.kind is Kind.FEE
    assert closed.components.rent_deposit == 3 * RENT
    assert closed.components.transfer_in == closed.components.unexplained == 0
    assert closed.components.total() == closed.sol_delta == 3 * RENT - 5000


def test_a_deposit_and_its_return_come_to_nothing() -> None:
    opened, closed = ledger(Scene(1).open(WALLET, MINT), Scene(2).close(WALLET, MINT))
    assert opened.components.rent_deposit == -closed.components.rent_deposit == -RENT
    assert opened.sol_delta + closed.sol_delta == -10_000


def test_an_account_that_another_opens_for_the_wallet_brings_its_rent_as_a_transfer() -> None:
    received = entry(gift(MINT, 10).open(WALLET, MINT))
    assert received.kind is Kind.RECEIPT
    assert (received.components.transfer_in, received.rent_locked) == (RENT, RENT)
    assert received.components.rent_paid_for_others == 0


@pytest.mark.parametrize("payer", [FRIEND, RELAYER])
def test_a_send_whose_receiver_pays_for_an_account_of_its_own_is_no_sale(payer: str) -> None:
    scene = Scene(payer=payer).open(FRIEND, MINT, payer=FRIEND).move(MINT, WALLET, FRIEND, 10)
    sent = entry(scene)
    assert (sent.kind, sent.value, sent.sol_delta) == (Kind.SEND, None, 0)


def test_a_send_whose_receiver_tips_is_no_sale() -> None:
    scene = Scene(payer=FRIEND).move(MINT, WALLET, FRIEND, 10).pay(FRIEND, TIP, 50_000)
    assert entry(scene).kind is Kind.SEND


def test_a_sale_whose_fixed_fee_eats_all_it_brings_is_still_a_sale() -> None:
    scene = sell(MINT, 10, 4000).outside().pay(WALLET, BOT, 1_000_000)
    sold = entry(scene)
    assert (sold.kind, sold.components.consideration) == (Kind.SELL, 4000)
    assert sold.components.platform_fee == -1_000_000


def test_a_sale_whose_fee_is_taken_in_wrapped_sol_names_it() -> None:
    scene = Scene().call(JUPITER).move(MINT, WALLET, POOL, 10).move(WRAPPED_SOL, POOL, WALLET, 900_000)
    sold = entry(scene.move(WRAPPED_SOL, WALLET, BOT, 9_000))
    assert (sold.components.consideration, sold.components.platform_fee) == (900_000, -9_000)


def test_a_relayed_trade_that_pays_the_relayer_back_names_it() -> None:
    scene = buy(MINT, 10, 1_000_000, payer=RELAYER).outside().pay(WALLET, RELAYER, 15_000)
    bought = entry(scene)
    assert (bought.components.network_fee, bought.components.platform_fee) == (0, -15_000)
    assert bought.components.consideration == -1_000_000


def test_a_relayer_that_is_paid_back_exactly_its_fee_was_paid_something() -> None:
    paid = entry(Scene(payer=RELAYER, fee=5000).pay(WALLET, RELAYER, 5000))
    assert (paid.components.transfer_out, paid.components.unexplained) == (-5000, 0)


def test_tokens_that_another_wallet_pays_for_are_a_receipt() -> None:
    scene = Scene(payer=FRIEND).call(PUMP).pay(FRIEND, POOL, 1_000_000).move(MINT, POOL, WALLET, 10)
    received = entry(scene)
    assert (received.kind, received.value, received.sol_delta) == (Kind.RECEIPT, None, 0)
    payer = entry(scene, wallet=FRIEND)
    assert (payer.kind, payer.tokens) == (Kind.TRANSFER, {})
    assert payer.components.transfer_out == -1_000_000


def test_tokens_whose_price_goes_to_another_wallet_are_a_send() -> None:
    scene = Scene().call(PUMP).move(MINT, WALLET, POOL, 10).shift(POOL, FRIEND, 1_000_000)
    assert entry(scene).kind is Kind.SEND
    assert entry(scene, wallet=FRIEND).components.transfer_in == 1_000_000


def test_what_a_router_gives_back_is_no_part_of_the_price() -> None:
    router = key("router")
    scene = Scene().call(JUPITER, router).pay(WALLET, router, 1_020_000_000).pay(router, POOL, 1_000_000_000)
    bought = entry(scene.move(MINT, POOL, WALLET, 10).shift(router, WALLET, 20_000_000))
    assert bought.components.consideration == -1_000_000_000
    assert bought.sol_delta == -1_000_005_000


def test_a_bot_that_trades_through_an_account_of_its_own_keeps_a_fee() -> None:
    purse = key("bot's purse")
    scene = Scene().call(BOT).pay(WALLET, purse, 1_010_000_000).pay(purse, POOL, 1_000_000_000)
    bought = entry(scene.move(MINT, POOL, WALLET, 10))
    assert bought.kind is Kind.BUY
    assert (bought.components.consideration, bought.components.platform_fee) == (-1_000_000_000, -10_000_000)


def test_a_tip_inside_a_program_is_a_tip() -> None:
    inside = Scene().call(BOT).pay(WALLET, TIP, 60_000).pay(WALLET, POOL, 1_000_000)
    assert entry(inside.move(MINT, POOL, WALLET, 10)).components.tip == -60_000


def test_a_tip_of_its_own_is_a_tip_and_nothing_else() -> None:
    tipped = entry(Scene().pay(WALLET, TIP, 60_000))
    assert (tipped.kind, tipped.components.tip, tipped.components.transfer_out) == (Kind.FEE, -60_000, 0)


def test_sol_that_arrives_is_a_transfer_and_no_income_of_a_token() -> None:
    received = entry(Scene(payer=FRIEND).pay(FRIEND, WALLET, 5_000))
    assert (received.kind, received.components.transfer_in) == (Kind.TRANSFER, 5_000)
    assert not book_of(Scene(payer=FRIEND).pay(FRIEND, WALLET, 5_000)).positions


def test_tokens_that_are_minted_to_the_wallet_are_a_receipt() -> None:
    minted = entry(Scene().open(WALLET, MINT).issue(MINT, WALLET, 10**15))
    assert (minted.kind, minted.tokens, minted.value) == (Kind.RECEIPT, {MINT: 10**15}, None)


def test_tokens_that_an_unknown_program_mints_for_sol_are_bought_and_inferred() -> None:
    program = key("a curve that nobody knows")
    bought = entry(
        Scene().call(program).pay(WALLET, key("reserve"), 10_000_000).issue(MINT, WALLET, 2_894_642)
    )
    assert (bought.kind, bought.value, bought.flags) == (Kind.BUY, 10_000_000, ("inferred",))


def test_a_creator_that_mints_and_buys_in_one_transaction_bought_what_came() -> None:
    scene = Scene().call(PUMP).open(POOL, MINT).issue(MINT, POOL, 10**15).pay(WALLET, POOL, 2_000_000_000)
    created = entry(scene.move(MINT, POOL, WALLET, 67))
    assert (created.kind, created.tokens) == (Kind.BUY, {MINT: 67})
    assert created.components.rent_paid_for_others == -RENT
    assert created.components.consideration == -2_000_000_000


def test_a_burn_is_one_under_either_token_program() -> None:
    scene = Scene().burn(MINT, WALLET, 5)
    scene.instructions = [replace(each, program=TOKEN_2022_PROGRAM) for each in scene.instructions]
    assert entry(scene).kind is Kind.BURN


def test_a_burn_whose_account_and_rent_go_to_a_cleaner_prices_nothing() -> None:
    cleaner = key("cleaner")
    burned = entry(Scene().burn(MINT, WALLET, 5).close(WALLET, MINT).pay(WALLET, cleaner, 100_000))
    assert (burned.kind, burned.value, burned.components.consideration) == (Kind.BURN, None, 0)
    assert burned.components.transfer_out == -100_000


def test_what_is_withheld_of_a_transfer_was_never_the_receivers() -> None:
    scene = Scene(payer=FRIEND).move(MINT, FRIEND, WALLET, 1000, withheld=10)
    assert entry(scene).tokens == {MINT: 990}
    assert entry(scene, wallet=FRIEND).tokens == {MINT: -1000}


@pytest.mark.parametrize(
    "scene",
    [buy(MINT, 10, 1_000_000, failed=True), sell(MINT, 10, 1_000_000, failed=True), Scene(failed=True)],
)
def test_a_failed_transaction_costs_its_payer_the_fee_and_nobody_anything_else(scene: Scene) -> None:
    failed = entry(scene)
    assert (failed.kind, failed.tokens, failed.sol_delta) == (Kind.FAILED, {}, -5000)
    assert failed.components.total() == failed.components.network_fee == -5000


def test_a_failed_transaction_that_another_paid_for_costs_nothing() -> None:
    failed = entry(buy(MINT, 10, 1_000_000, failed=True, payer=RELAYER))
    assert (failed.kind, failed.sol_delta) == (Kind.FAILED, 0)


def test_one_stablecoin_for_another_is_worth_what_came_or_nobody_knows() -> None:
    scene = Scene().call(JUPITER).move(USDC, WALLET, POOL, 5_000_000).move(USDT, POOL, WALLET, 4_990_000)
    unknown = entry(scene)
    assert (unknown.kind, unknown.value, unknown.flags) == (Kind.CONVERSION, None, ("no_price",))
    priced = Book(WALLET).read(told(scene), lambda _at: 200_000_000)
    assert (priced.value, priced.value_source) == (24_950_000, "price_series")


def test_an_nft_that_is_bought_is_outside_of_fungible_figures() -> None:
    scene = Scene(decimals={MINT: 0}, standard="NonFungible").pay(WALLET, FRIEND, 5_000_000_000)
    bought = entry(scene.move(MINT, FRIEND, WALLET, 1))
    assert (bought.kind, bought.nfts) == (Kind.NFT, (MINT,))
    assert bought.components.consideration == -5_000_000_000
    assert not book_of(scene).positions


def test_an_nft_out_of_an_escrow_that_keeps_a_fee_costs_what_its_seller_got() -> None:
    scene = Scene(decimals={MINT: 0}, standard="NonFungible").pay(WALLET, FRIEND, 2_000_000_000)
    bought = entry(scene.pay(WALLET, POOL, 20_000_000).move(MINT, POOL, WALLET, 1))
    parts = bought.components
    assert (bought.kind, parts.consideration, parts.platform_fee) == (Kind.NFT, -2_000_000_000, -20_000_000)


def test_a_token_with_an_nft_beside_it_is_a_trade_of_the_token() -> None:
    scene = buy(MINT, 10, 1_000_000, decimals={THIRD_MINT: 0}, standard="NonFungible")
    bought = entry(scene.move(THIRD_MINT, POOL, WALLET, 1))
    assert (bought.kind, bought.nfts, bought.value) == (Kind.BUY, (THIRD_MINT,), 1_000_000)
    assert list(book_of(scene).positions) == [MINT]


def test_a_stake_account_of_ones_own_is_funded_and_emptied_by_transfers() -> None:
    stake = key("stake account")
    out = entry(Scene().create(stake, lamports=2_282_880).pay(WALLET, stake, 1_000_000_000))
    back = entry(Scene().shift(stake, WALLET, 1_002_282_880))
    assert out.components.unexplained == back.components.unexplained == 0
    assert out.components.consideration == back.components.consideration == 0


def untold(transaction: Transaction) -> Transaction:
    """The same as a node told it that did not yet state owners: each token account is nobody's but its own."""
    accounts = [
        AccountChange(
            change.account,
            change.lamports,
            [
                TokenChange(token.account, token.account, token.mint, token.quantity)
                for token in change.tokens or ()
            ],
        )
        for change in transaction.accounts
    ]
    return structs.replace(transaction, accounts=accounts)


@pytest.mark.parametrize("make", [buy, sell])
def test_a_balance_whose_owner_an_old_node_does_not_state_is_the_wallets_by_its_address(
    make: Callable[..., Scene],
) -> None:
    scene = make(MINT, 10, 1_000_000)
    known, unknown = entry(scene), Book(WALLET).read(untold(told(scene)))
    assert (unknown.kind, unknown.tokens, unknown.sol_delta) == (known.kind, known.tokens, known.sol_delta)


def test_several_trades_bundled_by_several_signers_are_each_ones_own() -> None:
    scene = Scene(payer=RELAYER).call(PUMP).pay(WALLET, POOL, 1_000_000).move(MINT, POOL, WALLET, 10)
    scene.pay(FRIEND, POOL, 3_000_000).move(MINT, POOL, FRIEND, 29)
    for wallet, lamports, quantity in ((WALLET, 1_000_000, 10), (FRIEND, 3_000_000, 29)):
        bought = entry(scene, wallet=wallet)
        assert (bought.kind, bought.tokens) == (Kind.BUY, {MINT: quantity})
        assert bought.components.consideration == bought.sol_delta == -lamports


def test_tokens_for_tokens_with_change_in_sol_are_one_swap() -> None:
    scene = swap(MINT, 100, OTHER_MINT, 7, 1_500_000, slot=2, fee=0)
    scene.shift(OTHER_POOL, WALLET, 200_000)
    book = book_of(buy(MINT, 100, 1_000_000, 1, fee=0), scene)
    assert book.positions[MINT].tally.proceeds == 1_500_000
    assert book.positions[OTHER_MINT].tally.cost == 1_300_000


def test_a_send_to_several_friends_opens_their_accounts_and_sells_nothing() -> None:
    scene = Scene()
    for name in ("one", "two", "three"):
        scene.open(key(name), MINT).move(MINT, WALLET, key(name), 5)
    sent = entry(scene)
    assert (sent.kind, sent.tokens) == (Kind.SEND, {MINT: -15})
    assert sent.components.rent_paid_for_others == -3 * RENT


def test_sending_to_oneself_through_a_new_account_is_only_a_fee() -> None:
    scene = Scene().open(WALLET, MINT, account=SECOND)
    assert entry(scene.move(MINT, WALLET, WALLET, 10, to_account=SECOND)).tokens == {}
    assert entry(scene).kind is Kind.FEE
    assert entry(send(MINT, 10).pay(FRIEND, WALLET, 0)).kind is Kind.SEND


def test_the_first_purchase_on_a_new_curve_counts_however_small() -> None:
    scene = Scene().call(PUMP).create(POOL, lamports=CURVE_RENT).pay(WALLET, POOL, 3_000_000)
    bought = entry(scene.move(MINT, POOL, WALLET, 34))
    assert (bought.kind, bought.value) == (Kind.BUY, 3_000_000)
    assert bought.components.rent_paid_for_others == -CURVE_RENT


def test_rent_that_a_relayer_pays_for_the_wallets_account_is_no_part_of_the_price() -> None:
    scene = Scene(payer=RELAYER).open(WALLET, MINT).call(JUPITER).pay(WALLET, POOL, 50_000_000)
    bought = entry(scene.move(MINT, POOL, WALLET, 10))
    assert (bought.components.consideration, bought.components.transfer_in) == (-50_000_000, RENT)
    assert bought.value == 50_000_000
    for_dollars = Scene(payer=RELAYER).open(WALLET, MINT).call(JUPITER).move(USDC, WALLET, POOL, 5_000_000)
    swapped = entry(for_dollars.move(MINT, POOL, WALLET, 10))
    assert (swapped.kind, swapped.components.consideration) == (Kind.BUY, 0)


def test_who_gives_an_account_and_gets_a_little_back_gave_its_rent_and_got_a_transfer() -> None:
    scene = (
        Scene().open(WALLET, MINT, payer=FRIEND).outside().move(MINT, POOL, WALLET, 5).pay(WALLET, FRIEND, 1)
    )
    parts = entry(scene).components
    assert (parts.transfer_in, parts.transfer_out, parts.unexplained) == (RENT, -1, 0)


@pytest.mark.parametrize(("closed_to", "given"), [(WALLET, RENT), (RELAYER, 0)])
def test_rent_of_an_account_that_a_relayer_opens_for_a_moment_is_no_part_of_the_proceeds(
    closed_to: str, given: int
) -> None:
    account = key("for a moment")
    scene = Scene(payer=RELAYER).open(WALLET, WRAPPED_SOL, account=account).call(JUPITER)
    scene.move(MINT, WALLET, POOL, 10).move(WRAPPED_SOL, POOL, WALLET, 50_000_000, to_account=account)
    scene.outside()
    if closed_to == RELAYER:
        scene.move(WRAPPED_SOL, WALLET, WALLET, 50_000_000, account=account)
    holding = 50_000_000 if closed_to == WALLET else 0
    sold = entry(scene.close(WALLET, WRAPPED_SOL, to=closed_to, account=account, holding=holding))
    assert (sold.kind, sold.components.consideration, sold.components.transfer_in) == (
        Kind.SELL,
        50_000_000,
        given,
    )


def test_an_account_that_changes_hands_takes_what_it_holds_with_it() -> None:
    scene = Scene().hand_over(MINT, WALLET, FRIEND, 12_827_324)
    sent, came = entry(scene), entry(scene, FRIEND)
    assert (sent.kind, sent.tokens, sent.sol_delta) == (Kind.SEND, {MINT: -12_827_324}, -5000)
    assert (came.kind, came.tokens, came.sol_delta) == (Kind.RECEIPT, {MINT: 12_827_324}, 0)


def test_an_nft_that_is_listed_by_its_account_leaves_and_comes_back_without_a_price() -> None:
    listed = Scene(decimals={MINT: 0}).hand_over(MINT, WALLET, POOL, 1)
    cancelled = Scene(2000, decimals={MINT: 0}).hand_over(MINT, POOL, WALLET, 1, account=ata(WALLET, MINT))
    left, back = ledger(listed, cancelled)
    assert (left.kind, left.tokens, left.value) == (Kind.NFT, {MINT: -1}, None)
    assert (back.kind, back.tokens, back.value) == (Kind.NFT, {MINT: 1}, None)


def test_wrapped_sol_in_an_account_that_changes_hands_is_sol_that_leaves() -> None:
    scene = Scene().hand_over(WRAPPED_SOL, WALLET, FRIEND, 10_000_000)
    sent, came = entry(scene), entry(scene, FRIEND)
    assert (sent.kind, sent.sol_delta, sent.components.transfer_out) == (
        Kind.TRANSFER,
        -10_005_000,
        -10_000_000,
    )
    assert (came.kind, came.sol_delta, came.components.transfer_in) == (Kind.TRANSFER, 10_000_000, 10_000_000)


def test_rent_of_an_account_that_was_given_away_is_no_longer_the_wallets() -> None:
    opened = buy(MINT, 10, 1_000_000, 1).outside().open(WALLET, MINT)
    given = Scene(2).hand_over(MINT, WALLET, FRIEND, 10)
    closed = Scene(3, payer=FRIEND).close(FRIEND, MINT, account=ata(WALLET, MINT))
    _, left, later = ledger(opened, given, closed)
    assert left.tokens == {MINT: -10}
    assert (later.sol_delta, later.rent_locked) == (0, 0)


def test_what_each_run_learns_of_an_account_that_comes_and_goes_holds_in_the_next_one() -> None:
    account = ata(WALLET, MINT)
    scenes = [
        buy(MINT, 10, 1_000_000, 1).outside().open(WALLET, MINT),
        Scene(2).hand_over(MINT, WALLET, FRIEND, 10),
        Scene(3, payer=FRIEND).hand_over(MINT, FRIEND, WALLET, 10, account=account),
        Scene(4).hand_over(MINT, WALLET, FRIEND, 10),
        Scene(5, payer=FRIEND).close(FRIEND, MINT, account=account),
    ]
    known: list[Known] = []
    for scene, whole in zip(scenes, ledger(*scenes), strict=True):
        own = OwnAccounts(WALLET, known)
        assert entry_of(told(scene), own) == whole
        known += own.learned
    assert whole.sol_delta == 0
    assert [(each.role, each.slot) for each in known if each.account == account] == [("own", 1), ("given", 2)]


EXCHANGE, PURSE = key("an exchange that no table knows"), key("its purse of SOL")


def test_an_exchange_that_nobody_knows_and_that_pays_from_another_account_is_inferred() -> None:
    bought = entry(Scene().call(EXCHANGE).pay(WALLET, PURSE, 50_000_000).move(MINT, POOL, WALLET, 10))
    assert (bought.kind, bought.value, bought.flags) == (Kind.BUY, 50_000_000, ("inferred",))
    sold = entry(Scene().call(EXCHANGE).move(MINT, WALLET, POOL, 10).shift(PURSE, WALLET, 70_000_000))
    assert (sold.kind, sold.value, sold.flags) == (Kind.SELL, 70_000_000, ("inferred",))


def test_dust_beside_tokens_and_plain_transfers_make_no_trade() -> None:
    service = Scene().call(EXCHANGE).pay(WALLET, PURSE, 100_000).move(MINT, POOL, WALLET, 10)
    assert entry(service).kind is Kind.RECEIPT
    plain = Scene().pay(WALLET, PURSE, 50_000_000).move(MINT, FRIEND, WALLET, 10)
    assert entry(plain).kind is Kind.RECEIPT
    burned = Scene().call(EXCHANGE).burn(MINT, WALLET, 10).shift(PURSE, WALLET, 70_000_000)
    assert entry(burned).kind is Kind.BURN


def test_what_a_route_leaves_of_its_intermediate_has_its_part_of_the_price() -> None:
    scene = (
        Scene(fee=0)
        .call(JUPITER)
        .move(WRAPPED_SOL, WALLET, POOL, 1_000_000)
        .move(OTHER_MINT, POOL, WALLET, 100)
    )
    scene.move(OTHER_MINT, WALLET, OTHER_POOL, 96).move(MINT, OTHER_POOL, WALLET, 7)
    book = book_of(scene)
    assert book.positions[OTHER_MINT].tally.cost == 40_000
    assert book.positions[MINT].tally.cost == 960_000
