"""Trades without SOL of their own: worth what moved between their hops, as far as all of it did."""

import pytest
from ledgers import book_of, entry, ledger, told
from scenes import JUPITER, MINT, OTHER_MINT, OTHER_POOL, POOL, THIRD_MINT, WALLET, Scene, key

from walletjobs.core.classify import entry_of
from walletjobs.core.deltas import OwnAccounts
from walletjobs.core.entries import Entry, Kind
from walletjobs.core.units import USDC, WRAPPED_SOL

PRICE = 100_000_000  # millionths of a USD for one SOL
BRANCH, BRANCH_POOL, PLATFORM = map(key, ("branch", "pool of the branch", "platform"))


def priced(scene: Scene) -> Entry:
    return entry_of(told(scene), OwnAccounts(WALLET), lambda _at: PRICE)


def split(through_sol: int, elsewhere: int) -> Scene:
    """100 USDC for 1,000 tokens: a part by way of SOL, a part straight to a pool."""
    scene = Scene(fee=0).call(JUPITER).move(USDC, WALLET, POOL, through_sol * 1_000_000)
    scene.move(WRAPPED_SOL, POOL, OTHER_POOL, through_sol * 10_000_000)
    scene.move(MINT, OTHER_POOL, WALLET, through_sol * 10)
    scene.move(USDC, WALLET, BRANCH, elsewhere * 1_000_000)
    return scene.move(MINT, BRANCH, WALLET, elsewhere * 10)


def test_sol_of_one_small_branch_is_not_the_value_of_the_whole_route() -> None:
    unknown, known = entry(split(5, 95)), priced(split(5, 95))
    assert (unknown.kind, unknown.value, unknown.flags) == (Kind.BUY, None, ("no_price",))
    assert (known.value, known.value_source) == (1_000_000_000, "price_series")


def test_most_of_a_route_tells_the_rate_of_the_rest_and_says_so() -> None:
    bought = entry(split(60, 40))
    assert (bought.value, bought.value_source, bought.flags) == (
        1_000_000_000,
        "intermediate",
        ("part_of_route",),
    )


def test_what_a_token_was_bought_for_counts_where_the_stablecoins_went_several_ways() -> None:
    """One branch turns USDC into another token, by accounts of different owners, and that into SOL."""
    scene = Scene(fee=0).call(JUPITER).move(USDC, WALLET, BRANCH, 67_000_000)
    scene.move(OTHER_MINT, BRANCH_POOL, POOL, 267).move(WRAPPED_SOL, POOL, OTHER_POOL, 670_000_000)
    scene.move(USDC, WALLET, key("other branch"), 33_000_000)
    scene.move(WRAPPED_SOL, key("other branch"), OTHER_POOL, 330_000_000)
    bought = entry(scene.move(MINT, OTHER_POOL, WALLET, 1000))
    assert (bought.value, bought.value_source, bought.flags) == (1_000_000_000, "intermediate", ())


def test_a_platform_that_keeps_a_little_of_the_stablecoins_is_no_branch() -> None:
    scene = Scene(fee=0).call(JUPITER).move(USDC, WALLET, PLATFORM, 1_000_000)
    scene.move(USDC, WALLET, POOL, 99_000_000).move(WRAPPED_SOL, POOL, OTHER_POOL, 990_000_000)
    bought = entry(scene.move(MINT, OTHER_POOL, WALLET, 1000))
    assert (bought.value, bought.value_source, bought.flags) == (990_000_000, "intermediate", ())


def change() -> tuple[Scene, Scene]:
    """A purchase whose hop brought more SOL than the curve took, and a sale that was paid in both."""
    bought = Scene().call(JUPITER).move(USDC, WALLET, POOL, 10_000_000)
    bought.move(WRAPPED_SOL, POOL, WALLET, 105_000_000).pay(WALLET, OTHER_POOL, 100_000_000)
    bought.move(MINT, OTHER_POOL, WALLET, 1000)
    sold = Scene(2000).call(JUPITER).move(MINT, WALLET, OTHER_POOL, 1000)
    sold.shift(OTHER_POOL, WALLET, 20_000_000).move(WRAPPED_SOL, OTHER_POOL, POOL, 80_000_000)
    return bought, sold.move(USDC, POOL, WALLET, 8_000_000)


def test_sol_that_comes_back_beside_stablecoins_lessens_the_price_and_sol_beside_proceeds_adds() -> None:
    bought, sold = ledger(*change())
    assert (bought.components.consideration, bought.value) == (5_000_000, 100_000_000)
    assert (sold.components.consideration, sold.value) == (20_000_000, 100_000_000)


def test_cost_and_proceeds_are_all_in_whichever_way_the_sol_beside_went() -> None:
    tally = book_of(*change()).positions[MINT].tally
    assert (tally.cost, tally.proceeds) == (100_000_000 + 5000, 100_000_000 - 5000)


def test_stablecoins_between_the_hops_of_two_tokens_are_their_value_by_the_price_of_that_minute() -> None:
    scene = Scene(fee=0).call(JUPITER).move(MINT, WALLET, POOL, 10).move(USDC, POOL, OTHER_POOL, 50_000_000)
    scene.move(OTHER_MINT, OTHER_POOL, WALLET, 20)
    assert entry(scene).value is None
    assert (priced(scene).value, priced(scene).value_source) == (500_000_000, "intermediate")


def test_two_tokens_by_way_of_sol_and_stablecoins_count_both() -> None:
    scene = (
        Scene(fee=0)
        .call(JUPITER)
        .move(MINT, WALLET, POOL, 50)
        .move(WRAPPED_SOL, POOL, OTHER_POOL, 300_000_000)
    )
    scene.move(MINT, WALLET, BRANCH, 50).move(USDC, BRANCH, OTHER_POOL, 20_000_000)
    scene.move(OTHER_MINT, OTHER_POOL, WALLET, 20)
    assert priced(scene).value == 500_000_000


def test_a_third_token_between_two_others_leaves_the_value_unknown() -> None:
    scene = Scene(fee=0).call(JUPITER).move(MINT, WALLET, POOL, 10).move(THIRD_MINT, POOL, OTHER_POOL, 5)
    swapped = entry(scene.move(OTHER_MINT, OTHER_POOL, WALLET, 20))
    assert (swapped.kind, swapped.value, swapped.flags) == (Kind.SWAP, None, ("no_price",))


@pytest.mark.parametrize("withheld", [0, 9])
def test_what_a_token_withholds_on_its_way_is_no_branch(withheld: int) -> None:
    scene = Scene(fee=0).call(JUPITER).move(MINT, WALLET, POOL, 100, withheld=withheld)
    scene.move(WRAPPED_SOL, POOL, OTHER_POOL, 100_000_000).move(OTHER_MINT, OTHER_POOL, WALLET, 20)
    assert (entry(scene).value, entry(scene).flags) == (100_000_000, ())


@pytest.mark.parametrize("given", [MINT, USDC])
def test_two_pools_of_one_owner_are_two_hops(given: str) -> None:
    first, second = key("SOL of the first pool"), key("SOL of the second pool")
    scene = Scene(fee=0).call(JUPITER).move(given, WALLET, POOL, 10_000_000)
    scene.move(WRAPPED_SOL, POOL, POOL, 33_000_000, account=first, to_account=second)
    traded = entry(scene.move(OTHER_MINT, POOL, WALLET, 20))
    assert (traded.value, traded.value_source, traded.flags) == (33_000_000, "intermediate", ())


def test_pools_of_one_owner_that_went_several_ways_tell_nothing() -> None:
    scene = (
        Scene(fee=0)
        .call(JUPITER)
        .move(MINT, WALLET, POOL, 10)
        .move(MINT, WALLET, POOL, 90, to_account=BRANCH)
    )
    scene.move(WRAPPED_SOL, POOL, POOL, 33_000_000, account=key("first"), to_account=key("second"))
    assert entry(scene.move(OTHER_MINT, POOL, WALLET, 20)).value is None
