"""What holdings are worth by prices in USD, and what has no price."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletjobs.core.valuation import Holding, Unrealized, market_value, unrealized


def holding(price: str | None, held: int = 2_000_000, known: int = 2_000_000, cost: int = 10**9) -> Holding:
    return Holding("mint", 6, held, known, cost, None if price is None else Decimal(price))


def test_a_holding_is_worth_its_quantity_at_its_price_in_sol() -> None:
    assert market_value(2_000_000, 6, Decimal("75"), Decimal("150")) == 10**9
    assert market_value(1, 9, Decimal("0.000001"), Decimal("150")) == 0


@pytest.mark.parametrize(
    ("price", "sol"), [(None, Decimal(150)), (Decimal(1), None), (Decimal(1), Decimal(0))]
)
def test_without_both_prices_there_is_no_value(price: Decimal | None, sol: Decimal | None) -> None:
    assert market_value(1, 6, price, sol) is None


def test_unrealized_is_the_value_above_cost() -> None:
    assert unrealized([holding("150")], Decimal(150)) == Unrealized(2 * 10**9, 10**9, 1, 0, 0)


def test_only_the_part_of_known_cost_has_an_unrealized_result() -> None:
    assert unrealized([holding("150", known=500_000)], Decimal(150)) == Unrealized(
        2 * 10**9, -(10**9) // 2, 1, 0, 0
    )


def test_what_has_no_price_is_counted_with_its_cost_and_is_no_total_loss() -> None:
    mixed = unrealized([holding("150"), holding(None, cost=7)], Decimal(150))
    assert mixed == Unrealized(2 * 10**9, 10**9, 1, 1, 7)
    assert unrealized([holding(None)], Decimal(150)) == Unrealized(None, None, 0, 1, 10**9)
    assert unrealized([holding("1")], None) == Unrealized(None, None, 0, 1, 10**9)


def test_nothing_held_is_worth_nothing() -> None:
    assert unrealized([], Decimal(150)) == Unrealized(0, 0, 0, 0, 0)


@given(
    st.integers(0, 2**64 - 1),
    st.integers(0, 18),
    st.decimals("1e-30", "1e15", allow_nan=False, allow_infinity=False),
    st.decimals("0.01", "100000", allow_nan=False, allow_infinity=False),
)
def test_any_holding_has_a_whole_value(quantity: int, decimals: int, price: Decimal, sol: Decimal) -> None:
    value = market_value(quantity, decimals, price, sol)
    assert isinstance(value, int)
    assert value >= 0
