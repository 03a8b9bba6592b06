"""The price series as it is stored."""

from typing import Any

import psycopg
import pytest

from walletjobs.core.series import DAY, HOUR, MINUTE, OWN_LEG, Bar, Series
from walletjobs.db.prices import PriceRepository

NOON = 1_759_968_000


@pytest.fixture
def prices(connection: psycopg.Connection[Any]) -> PriceRepository:
    """The prices of this test's database."""
    return PriceRepository(connection)


def minute(start: int, price: int, source: str = "binance") -> Bar:
    return Bar(start, MINUTE, price, source)


def hour(start: int, price: int) -> Bar:
    return Bar(start, HOUR, price, "binance")


def test_what_is_stored_comes_back_by_the_minutes_and_hours_of_the_times_asked_for(
    prices: PriceRepository,
) -> None:
    bars = [hour(NOON, 1), minute(NOON, 2), minute(NOON + 60, 3), hour(NOON + HOUR, 4), minute(NOON + 120, 5)]
    assert prices.store(bars) == 5
    assert set(prices.of_times([NOON + 61, NOON + 119])) == {bars[0], bars[1], bars[2]}
    assert prices.of_times([]) == []


def test_a_price_that_is_known_stays(prices: PriceRepository) -> None:
    prices.store([minute(NOON, 1)])
    assert prices.store([minute(NOON, 2, "coinbase")]) == 0
    assert prices.store([minute(NOON, 3, OWN_LEG)]) == 0
    assert prices.of_times([NOON]) == [minute(NOON, 1)]


def test_an_hour_neither_replaces_its_first_minute_nor_is_replaced_by_it(prices: PriceRepository) -> None:
    prices.store([minute(NOON, 1), minute(NOON + 60, 2, OWN_LEG)])
    prices.store([hour(NOON, 3)])
    series = Series(prices.of_times([NOON, NOON + 60, NOON + 120]))
    assert [series.at(NOON + second) for second in (0, 60, 120)] == [1, 3, 3]
    assert len(list(prices.all())) == 3


def test_a_market_replaces_an_own_conversion_and_a_second_conversion_does_not(
    prices: PriceRepository,
) -> None:
    prices.store([minute(NOON, 1, OWN_LEG)])
    assert prices.store([minute(NOON, 2, OWN_LEG)]) == 0
    assert prices.store([minute(NOON, 3)]) == 1
    assert prices.of_times([NOON]) == [minute(NOON, 3)]


def test_an_import_replaces_whatever_there_is(prices: PriceRepository) -> None:
    prices.store([minute(NOON, 1)])
    assert prices.store([minute(NOON, 2, "csv")], replace=True) == 1
    prices.store([minute(NOON, 3)])
    assert prices.of_times([NOON]) == [minute(NOON, 2, "csv")]


def test_all_are_listed_oldest_first_however_many(prices: PriceRepository) -> None:
    bars = [minute(NOON + 60 * number, number + 1) for number in range(12_000)]
    prices.store([*reversed(bars), hour(NOON, 7)])
    assert list(prices.all()) == [hour(NOON, 7), *bars]


def test_the_markets_prices_around_a_time_are_those_before_and_after_within_a_day(
    prices: PriceRepository,
) -> None:
    prices.store([hour(NOON - 2 * DAY, 1), hour(NOON - HOUR, 2), minute(NOON - 600, 3, OWN_LEG)])
    prices.store([minute(NOON + 600, 4), minute(NOON + 1200, 5)])
    far = NOON + 30 * DAY
    assert prices.around([NOON, NOON + 600, far]) == {NOON: [2, 4], NOON + 600: [4, 4], far: []}
    assert prices.around([]) == {}


def test_what_is_no_bar_is_refused_by_the_table(prices: PriceRepository) -> None:
    for odd in (Bar(NOON + 1, MINUTE, 1, "x"), Bar(NOON, 61, 1, "x"), minute(NOON, 0)):
        with pytest.raises(psycopg.errors.CheckViolation):
            prices.store([odd])
