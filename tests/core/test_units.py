"""Amounts read exactly, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletjobs.core.units import base_units, decimal_text, sol_text


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [
        (0, 9, "0"),
        (1, 9, "0.000000001"),
        (-1, 9, "-0.000000001"),
        (1_500_000_000, 9, "1.5"),
        (-1_500_000_000, 9, "-1.5"),
        (10, 1, "1"),
        (42, 0, "42"),
        (2**64 - 1, 6, "18446744073709.551615"),
    ],
)
def test_amounts_read_as_decimals_without_trailing_zeros(amount: int, decimals: int, text: str) -> None:
    assert decimal_text(amount, decimals) == text


@given(st.integers(-(10**40), 10**40), st.integers(0, 18))
def test_an_amount_survives_the_way_to_text_and_back(amount: int, decimals: int) -> None:
    assert base_units(decimal_text(amount, decimals), decimals) == amount


def test_sol_has_nine_places() -> None:
    assert sol_text(123_456_789) == "0.123456789"


def test_more_places_than_the_token_has_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 6"):
        base_units("0.0000001", 6)
