"""What lies in liquidity, stakes and loans: trap T28."""

import json
from hashlib import sha256
from typing import Any

import pytest
from ledgers import back, book_of, buy, entry, gift, put, sell, send, told
from scenes import FRIEND, JUPITER, MINT, OTHER_MINT, OTHER_POOL, POOL, RENT, WALLET, Scene, key
from wires import enhanced, rpc

from walletjobs.core.address import is_address
from walletjobs.core.book import Book
from walletjobs.core.entries import Entry, Kind
from walletjobs.core.lots import METHODS, Basis
from walletjobs.core.programs import CLAIM_PROGRAMS, PROGRAMS
from walletjobs.core.units import USDC
from walletjobs.providers import enhanced as enhanced_form
from walletjobs.providers import rpc as rpc_form

RAYDIUM = "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"
PUMP_SWAP = "pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA"
WHIRLPOOL = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"
STAKE_POOL = "SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy"
MARINADE = "MarBmsSgKXdrN1egZf5sqe1TMai9K1rChYNDJgjq7aD"
STAKE = "Stake11111111111111111111111111111111111111"
SAVE = "So1endDq2YkqhipRh3WViPa8hdiSpxWy6z3Z6tMCpAo"
MARGINFI = "MFv2hWf31Z9kbCa1snEPYctwafyhdvnV7FZnsebVacA"
KAMINO = "KLend2g3cP87fffoy8q1mQqGKjrxjC8boSyAYavgmjD"
DISTRIBUTOR = "mERKcfxMC5SqJn4Ld4BUris3WKZZ1ojjWJ3A3J5CKxv"
LP, LST, SHARE = map(key, ("claim token of a pool", "staked SOL", "claim token of a loan"))
SOL = 1_000_000_000  # lamports


def discriminator(name: str) -> bytes:
    return sha256(f"global:{name}".encode()).digest()[:8]


def staked(lamports: int, quantity: int, slot: int = 1, fee: int = 5000) -> Scene:
    """SOL into a stake pool, which makes its token for it."""
    return Scene(slot, fee=fee).call(STAKE_POOL).pay(WALLET, POOL, lamports).issue(LST, WALLET, quantity)


def unstaked(quantity: int, lamports: int, slot: int = 2, fee: int = 5000) -> Scene:
    """The token of a stake pool ends for SOL."""
    return Scene(slot, fee=fee).call(STAKE_POOL).burn(LST, WALLET, quantity).shift(POOL, WALLET, lamports)


def figures(book: Book, mint: str = MINT) -> tuple[int, int, int, int]:
    """Held, in claims, cost of the one and of the other."""
    position = book.positions[mint]
    return position.held, position.claims.quantity, position.open_cost(), position.claims.cost()


@pytest.mark.parametrize("make", [put, back])
@pytest.mark.parametrize("lamports", [0, SOL])
def test_liquidity_on_one_side_or_both_is_a_claim_and_no_trade(make: Any, lamports: int) -> None:
    claim = entry(make(MINT, 100, lamports=lamports))
    assert (claim.kind, claim.value, claim.flags) == (Kind.CLAIM, None, ("liquidity",))
    assert claim.components.consideration == claim.components.unexplained == 0
    assert abs(claim.components.transfer_in + claim.components.transfer_out) == lamports


def test_instructions_begin_as_their_programs_publish_it() -> None:
    starts = {program.name: program.starts for program in PROGRAMS.values()}
    for name, start in (
        ("Meteora-DLMM", "0703967f94283dc8"),  # add_liquidity_by_strategy
        ("Meteora-DAMM-1", "a8e3323ebdab54b0"),  # add_balance_liquidity
        ("Meteora-DAMM-1", "07a68aabceabecf4"),  # initialize_permissionless_constant_product_pool_with_config
        ("Meteora-DAMM-2", "5fb40aac54aee828"),  # initialize_pool
        ("PumpSwap", "f223c68952e1f2b6"),  # deposit
        ("Orca-Whirlpool", "2e9cf3760dcdfbb2"),  # increase_liquidity
        ("Raydium-AMM-4", "03"),  # deposit
    ):
        assert bytes.fromhex(start) in starts[name]


def test_who_only_gets_a_fee_when_somebody_else_makes_a_claim_has_none() -> None:
    data = discriminator("increase_liquidity")
    scene = Scene(payer=FRIEND).call(WHIRLPOOL, FRIEND, POOL, data=data).shift(FRIEND, WALLET, 400_000)
    got = entry(scene)
    assert (got.kind, got.components.transfer_in, got.flags) == (Kind.TRANSFER, 400_000, ())


def test_what_is_claimed_for_a_wallet_that_the_instruction_names_is_its_own() -> None:
    scene = Scene(payer=FRIEND).call(WHIRLPOOL, WALLET, POOL, data=discriminator("decrease_liquidity"))
    assert entry(scene.move(MINT, POOL, WALLET, 5)).kind is Kind.CLAIM


def test_a_loan_that_is_given_back_at_once_is_no_claim() -> None:
    scene = Scene().call(SAVE, WALLET, data=bytes([19])).call(SAVE, WALLET, data=bytes([20]))
    assert entry(scene.call(JUPITER).move(USDC, WALLET, POOL, 76_609)).kind is not Kind.CLAIM
    kept = Scene().call(SAVE, WALLET, data=bytes([4])).move(USDC, WALLET, POOL, 76_609)
    assert entry(kept).kind is Kind.CLAIM


BANK, OTHER_BANK = key("bank"), key("another bank")


def margin(scene: Scene, name: str, bank: str = BANK) -> Scene:
    """An instruction of marginfi, for the wallet's account there."""
    accounts = (key("group"), key("margin account"), WALLET, bank, key("vault"))
    return scene.call(MARGINFI, *accounts, data=discriminator(f"lending_account_{name}"))


def flash_loan(*inside: tuple[str, str]) -> Scene:
    """Borrowed dollars go through an exchange, and what is given back leaves the wallet 76,609 short."""
    scene = margin(margin(Scene(), "start_flashloan"), "borrow").move(USDC, POOL, WALLET, 1_000_000)
    scene.call(JUPITER).move(USDC, WALLET, OTHER_POOL, 1_000_000).move(USDC, OTHER_POOL, WALLET, 923_391)
    for name, bank in inside:
        margin(scene, name, bank)
    return margin(scene.move(USDC, WALLET, POOL, 1_000_000), "end_flashloan")


def test_what_is_borrowed_and_paid_back_to_the_same_bank_is_no_claim() -> None:
    assert told(flash_loan(("repay", BANK))).facts().claims == frozenset()
    returned = entry(flash_loan(("repay", BANK)))
    assert (returned.kind, returned.tokens, returned.flags) == (Kind.SEND, {USDC: -76_609}, ())


@pytest.mark.parametrize(
    "inside",
    [
        [],
        [("deposit", BANK)],
        [("repay", OTHER_BANK)],
        [("repay", BANK), ("deposit", OTHER_BANK)],
        [("repay", BANK), ("borrow", OTHER_BANK)],
    ],
)
def test_what_is_left_of_a_loan_within_one_transaction_is_a_claim(inside: list[tuple[str, str]]) -> None:
    assert entry(flash_loan(*inside)).kind is Kind.CLAIM


@pytest.mark.parametrize("name", ["borrow", "repay", "deposit", "withdraw"])
def test_a_loan_that_is_taken_or_given_back_by_itself_is_the_claim_of_whom_it_names(name: str) -> None:
    facts = told(margin(Scene(payer=FRIEND), name)).facts()
    assert facts.claims == {"lending"}
    assert facts.claimants >= {WALLET, BANK}


def test_marginfis_instructions_begin_as_it_publishes_it() -> None:
    program = PROGRAMS[MARGINFI]
    assert [start.hex() for start in program.others] == ["0e8321dc51bab46b", "697cc96a9902089c"]
    assert {start.hex(): at for start, at in program.halves.items()} == {
        "047e74353005d41f": 3,  # borrow
        "4fd1acb1de33ad97": 3,  # repay
    }


def test_a_swap_in_the_same_program_is_a_trade() -> None:
    scene = (
        Scene().call(WHIRLPOOL, data=discriminator("swap")).pay(WALLET, POOL, SOL).move(MINT, POOL, WALLET, 9)
    )
    assert (entry(scene).kind, entry(scene).value) == (Kind.BUY, SOL)


@pytest.mark.parametrize("method", METHODS)
def test_lots_go_into_a_claim_and_come_back_at_cost(method: str) -> None:
    scenes = [
        buy(MINT, 100, 1000, 1, fee=0),
        put(MINT, 100, 2),
        back(MINT, 100, 3),
        sell(MINT, 100, 1500, 4, fee=0),
    ]
    inside = book_of(*scenes[:2], method=method)
    assert figures(inside) == (0, 100, 0, 1000)
    assert inside.positions[MINT].open_cycle is not None
    outside = book_of(*scenes[:3], method=method)
    assert figures(outside) == (100, 0, 1000, 0)
    tally = book_of(*scenes, method=method).positions[MINT].tally
    assert (tally.realized_pnl, tally.sells, tally.deposited, tally.withdrawn) == (500, 1, 100, 100)
    assert tally.unverified_quantity == 0


def test_a_part_that_comes_back_brings_its_part_of_the_cost() -> None:
    book = book_of(buy(MINT, 3, 100, 1, fee=0), put(MINT, 3, 2), back(MINT, 1, 3))
    assert figures(book) == (1, 2, 33, 67)


def test_what_comes_back_keeps_its_age_and_its_basis_is_carried() -> None:
    bought = buy(MINT, 10, 100, 1, fee=0)
    (lot,) = book_of(bought, put(MINT, 10, 2), back(MINT, 10, 9000)).positions[MINT].open_lots()
    assert (lot.signature, lot.block_time, lot.basis) == (bought.signature, bought.at, Basis.CARRIED)


def test_yield_beyond_what_was_put_in_has_an_unknown_basis() -> None:
    scenes = [buy(MINT, 100, 1000, 1, fee=0), put(MINT, 100, 2), back(MINT, 130, 3)]
    book = book_of(*scenes, sell(MINT, 130, 2600, 4, fee=0))
    tally = book.positions[MINT].tally
    assert (tally.proceeds, tally.realized_pnl) == (2000, 1000)
    assert (tally.unverified_quantity, tally.unverified_proceeds) == (30, 600)


def test_what_a_pool_swapped_away_stays_in_claims_at_its_cost() -> None:
    book = book_of(buy(MINT, 100, 1000, 1, fee=0), put(MINT, 100, 2), back(MINT, 60, 3, SOL))
    assert figures(book) == (60, 40, 600, 400)
    assert book.positions[MINT].tally.realized_pnl == 0


def test_gifts_come_back_without_a_basis_as_they_went() -> None:
    book = book_of(gift(MINT, 10, 1), put(MINT, 10, 2), back(MINT, 10, 3), sell(MINT, 10, 500, 4, fee=0))
    assert book.positions[MINT].tally.unverified_proceeds == 500


def test_more_put_in_than_is_known_is_no_sale() -> None:
    book = book_of(buy(MINT, 10, 100, 1, fee=0), put(MINT, 30, 2), back(MINT, 30, 3))
    assert figures(book) == (30, 0, 100, 0)
    assert book.positions[MINT].held_known() == 10


def test_a_pools_own_token_is_no_trade_either_way() -> None:
    deposit = Scene(2).call(RAYDIUM, data=b"\x03").move(MINT, WALLET, POOL, 100).pay(WALLET, POOL, SOL)
    withdrawal = Scene(3).call(RAYDIUM, data=b"\x04").burn(LP, WALLET, 7).move(MINT, POOL, WALLET, 100)
    scenes = [
        buy(MINT, 100, 1000, 1, fee=0),
        deposit.issue(LP, WALLET, 7),
        withdrawal.shift(POOL, WALLET, SOL),
    ]
    book = book_of(*scenes)
    assert book.kinds == {Kind.BUY: 1, Kind.CLAIM: 2}
    assert figures(book) == (100, 0, 1000, 0)
    assert figures(book, LP) == (0, 0, 0, 0)
    assert entry(scenes[1]).claims == entry(scenes[2]).claims == (LP,)


def test_a_pool_of_dollars_is_a_claim_though_its_token_came_for_them() -> None:
    data = discriminator("deposit")
    deposit = Scene(1).call(PUMP_SWAP, data=data).move(USDC, WALLET, POOL, 5_000_000).pay(WALLET, POOL, SOL)
    book = Book(WALLET)
    claim = book.read(told(deposit.issue(LP, WALLET, 7)), lambda _at: 200_000_000)
    assert (claim.kind, claim.value) == (Kind.CLAIM, None)
    assert book.positions[LP].open_cost() == SOL + 25_000_000 + 5000


def test_a_position_that_is_an_nft_is_a_claim_and_no_purchase() -> None:
    position = key("position")
    scene = Scene(decimals={position: 0}, standard="NonFungible").open(WALLET, position)
    scene.call(WHIRLPOOL, data=discriminator("increase_liquidity")).issue(position, WALLET, 1)
    claim = entry(scene.pay(WALLET, POOL, SOL))
    assert (claim.kind, claim.nfts, claim.claims) == (Kind.CLAIM, (position,), ())
    assert (claim.components.consideration, claim.components.transfer_out) == (0, -SOL)


def test_fees_that_a_position_earned_are_a_receipt() -> None:
    scene = Scene().call(WHIRLPOOL, data=discriminator("collect_fees")).move(MINT, POOL, WALLET, 10)
    earned = entry(scene.shift(POOL, WALLET, 5_000_000))
    assert (earned.kind, earned.value, earned.components.transfer_in) == (Kind.RECEIPT, None, 5_000_000)


def test_staked_sol_costs_what_left_and_its_end_realizes_the_yield() -> None:
    book = book_of(staked(10 * SOL, 9_000_000), unstaked(9_000_000, 11 * SOL))
    tally = book.positions[LST].tally
    assert book.kinds == {Kind.CLAIM: 2}
    assert (tally.cost, tally.proceeds) == (10 * SOL + 5000, 11 * SOL - 5000)
    assert tally.realized_pnl == book.totals.sol_delta == SOL - 10_000
    assert (tally.buys, tally.sells, book.positions[LST].cycles) == (0, 0, 0)


def test_staked_sol_that_is_sold_on_an_exchange_is_a_sale_of_what_it_cost() -> None:
    book = book_of(staked(10 * SOL, 100, fee=0), sell(LST, 50, 6 * SOL, 2, fee=0))
    tally = book.positions[LST].tally
    assert (tally.sells, tally.realized_pnl, book.positions[LST].open_cost()) == (1, SOL, 5 * SOL)


def test_an_unstaking_through_a_pool_of_liquidity_ends_the_token_too() -> None:
    leg, purse = key("token leg"), key("SOL leg")
    scene = Scene(2, fee=0).call(MARINADE).move(LST, WALLET, leg, 100).shift(purse, WALLET, 11 * SOL)
    stake = Scene(1, fee=0).call(MARINADE).pay(WALLET, POOL, 10 * SOL).issue(LST, WALLET, 100)
    tally = book_of(stake, scene).positions[LST].tally
    assert (tally.realized_pnl, tally.sells, tally.sent) == (SOL, 0, 100)


def test_staked_sol_made_of_a_stake_account_has_an_unknown_basis() -> None:
    scene = Scene(1).call(STAKE_POOL).issue(LST, WALLET, 100)
    book = book_of(scene, unstaked(100, 5 * SOL))
    assert book.positions[LST].tally.unverified_proceeds == 5 * SOL - 5000


def test_a_stake_of_ones_own_is_a_claim_in_sol() -> None:
    stake = key("stake account")
    out = entry(Scene().create(stake, lamports=2_282_880).pay(WALLET, stake, SOL).call(STAKE))
    assert (out.kind, out.components.consideration) == (Kind.CLAIM, 0)
    assert out.components.total() == out.sol_delta
    back_again = entry(Scene().call(STAKE).shift(stake, WALLET, SOL))
    assert (back_again.kind, back_again.components.transfer_in) == (Kind.CLAIM, SOL)


def test_a_loan_given_in_dollars_is_a_claim_with_and_without_a_share() -> None:
    plain = entry(Scene().call(KAMINO).move(USDC, WALLET, POOL, 5_000_000))
    assert (plain.kind, plain.flags) == (Kind.CLAIM, ("lending",))
    with_share = Scene(1, fee=0).call(KAMINO).move(USDC, WALLET, POOL, 5_000_000).issue(SHARE, WALLET, 40)
    returned = Scene(2, fee=0).call(KAMINO).burn(SHARE, WALLET, 40).move(USDC, POOL, WALLET, 6_000_000)
    book = Book(WALLET)
    for scene in (with_share, returned):
        assert book.read(told(scene), lambda _at: 100_000_000).kind is Kind.CLAIM
    assert book.positions[SHARE].tally.realized_pnl == 10_000_000
    assert book.positions[SHARE].tally.cost == 50_000_000


def test_a_loan_without_a_price_of_sol_has_no_cost_and_no_result() -> None:
    with_share = Scene(1).call(KAMINO).move(USDC, WALLET, POOL, 5_000_000).issue(SHARE, WALLET, 40)
    returned = Scene(2).call(KAMINO).burn(SHARE, WALLET, 40).move(USDC, POOL, WALLET, 6_000_000)
    tally = book_of(with_share, returned).positions[SHARE].tally
    assert (tally.cost, tally.realized_pnl, tally.unverified_proceeds) == (0, 0, 0)


def test_a_claim_token_that_is_sent_or_bought_behaves_as_any_token() -> None:
    book = book_of(staked(10 * SOL, 100, fee=0), send(LST, 100, 2, fee=0))
    assert book.positions[LST].tally.cost_sent == 10 * SOL


def test_an_airdrop_that_is_claimed_for_a_fee_is_a_receipt() -> None:
    scene = Scene().call(DISTRIBUTOR).create(key("claim status")).pay(WALLET, FRIEND, 10_000_000)
    claimed = entry(scene.open(WALLET, MINT).move(MINT, POOL, WALLET, 1500))
    assert (claimed.kind, claimed.value, claimed.rent_locked) == (Kind.RECEIPT, None, RENT)
    assert claimed.components.transfer_out == -10_000_000


def test_a_swap_beside_a_loan_is_a_trade() -> None:
    scene = Scene().call(KAMINO).call(JUPITER).pay(WALLET, POOL, SOL).move(MINT, POOL, WALLET, 9)
    assert entry(scene).kind is Kind.BUY


def test_tokens_go_and_come_beside_one_another() -> None:
    scene = Scene(3).call(WHIRLPOOL, data=discriminator("increase_liquidity")).move(MINT, WALLET, POOL, 10)
    book = book_of(
        buy(MINT, 10, 100, 1, fee=0),
        buy(OTHER_MINT, 5, 100, 2, fee=0),
        scene.move(OTHER_MINT, WALLET, POOL, 5),
    )
    assert figures(book) == (0, 10, 0, 100)
    assert figures(book, OTHER_MINT) == (0, 5, 0, 100)


@pytest.mark.parametrize(
    "scene",
    [
        put(MINT, 5),
        back(MINT, 5, lamports=9),
        staked(SOL, 7),
        unstaked(7, SOL),
        flash_loan(("repay", BANK)),
        flash_loan(("repay", OTHER_BANK)),
        Scene().call(STAKE).pay(WALLET, POOL, 5),
    ],
)
def test_a_claim_is_the_same_in_every_wire_format(scene: Scene) -> None:
    forms = [
        enhanced_form.read_transaction(json.dumps(enhanced(scene))),
        *(rpc_form.read_transaction(json.dumps(rpc(scene, parsed))) for parsed in (False, True)),
    ]
    same = entry(scene)
    for form in forms:
        read = Book(WALLET).read(form)
        for field in set(Entry.__struct_fields__) - {"label", "venue"}:
            assert getattr(read, field) == getattr(same, field)


def test_the_stake_program_is_known_where_a_node_has_read_it() -> None:
    form = rpc(Scene().pay(WALLET, POOL, 5), parsed=True)
    read = {"programId": STAKE, "program": "stake", "parsed": {"type": "delegate", "info": {}}}
    form["transaction"]["message"]["instructions"].append(read)
    assert rpc_form.read_transaction(json.dumps(form)).facts().claims == {"staking"}


def test_every_program_is_an_address_with_a_role_and_a_name_of_its_own() -> None:
    roles = {"exchange", "liquidity", "staking", "lending", "order", "distributor", "plain"}
    assert {program.role for program in PROGRAMS.values()} == roles
    assert all(map(is_address, PROGRAMS))
    names = [program.name for program in PROGRAMS.values()]
    assert len(set(names)) == len(names) > 60
    assert {program.role for program in CLAIM_PROGRAMS.values()} == {
        "exchange",
        "liquidity",
        "staking",
        "lending",
    }
