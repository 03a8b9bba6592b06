"""The price series in memory, and which bars are asked for."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletjobs.core.series import (
    DAY,
    FINE_FOR,
    FIRST_MARKET,
    HOUR,
    MINUTE,
    MOST,
    OWN_LEG,
    SETTLED,
    Bar,
    Precision,
    Series,
    Span,
    micro_usd,
    spans,
    unpriced,
    wanted,
)

NOW = 1_760_000_000
NOON = 1_759_968_000  # a full hour
times = st.integers(NOW - 200 * DAY, NOW + DAY)
batches = st.sampled_from([1, 2, 7, 300, 1000])


def minute(start: int, price: int = 150_000_000, source: str = "binance") -> Bar:
    return Bar(start, MINUTE, price, source)


def hour(start: int, price: int = 100_000_000) -> Bar:
    return Bar(start, HOUR, price, "binance")


def test_a_time_has_the_price_of_its_minute_from_its_first_second_to_its_last() -> None:
    series = Series([minute(NOON, 7)])
    assert [series.at(NOON + second) for second in (-1, 0, 59, 60)] == [None, 7, 7, None]


def test_the_hour_prices_what_its_minutes_do_not() -> None:
    series = Series([hour(NOON, 5), minute(NOON, 7)])
    assert [series.at(NOON + second) for second in (-1, 0, 60, 3599, 3600)] == [None, 7, 5, 5, None]


def test_own_conversions_price_only_what_no_market_does() -> None:
    series = Series([minute(NOON, 7, OWN_LEG), hour(NOON + HOUR, 5), minute(NOON + HOUR, 9, OWN_LEG)])
    assert (series.at(NOON), series.at(NOON + HOUR)) == (7, 5)
    assert [series.has_market(each) for each in (NOON, NOON + HOUR)] == [False, True]


def test_precision_counts_each_time_by_the_best_that_prices_it() -> None:
    series = Series([minute(NOON), hour(NOON), minute(NOON - MINUTE, 1, OWN_LEG)])
    asked = [NOON, NOON + 1, NOON + MINUTE, NOON - MINUTE, NOON - HOUR]
    assert series.precision(asked) == Precision(minute=2, hour=1, own_leg=1, unpriced=1)


@given(st.lists(st.tuples(times, st.sampled_from([MINUTE, HOUR]), st.integers(1, MOST))), times)
def test_a_price_is_always_that_of_a_bar_that_holds_the_time(
    drawn: list[tuple[int, int, int]], time: int
) -> None:
    bars = [Bar(start - start % each, each, price, "binance") for start, each, price in drawn]
    price = Series(bars).at(time)
    holding = [bar for bar in bars if bar.start <= time < bar.start + bar.resolution]
    finest = min((bar.resolution for bar in holding), default=None)
    assert (price is None) == (not holding)
    assert price is None or price in {bar.price for bar in holding if bar.resolution == finest}


def test_trades_of_90_days_want_their_minute_and_older_ones_their_hour() -> None:
    old, edge = NOW - FINE_FOR - 1, NOW - FINE_FOR
    assert dict(wanted([NOW - HOUR, old, edge], NOW)) == {
        MINUTE: [edge - edge % MINUTE, NOW - HOUR - (NOW - HOUR) % MINUTE],
        HOUR: [old - old % HOUR],
    }


def test_several_trades_of_a_minute_want_it_once() -> None:
    assert dict(wanted([NOON, NOON + 1, NOON + 59], NOW)) == {MINUTE: [NOON]}


def test_a_bar_is_not_wanted_before_its_close_has_settled() -> None:
    over = NOON + MINUTE + SETTLED
    assert dict(wanted([NOON], over - 1)) == {}
    assert dict(wanted([NOON], over)) == {MINUTE: [NOON]}
    assert dict(wanted([NOON], over, HOUR)) == {}, "its hour is not over"
    assert unpriced([NOON], Series(), over - 1) == []
    assert unpriced([NOON], Series(), over) == [NOON]


def test_what_no_market_can_have_is_never_missing() -> None:
    assert unpriced([FIRST_MARKET - 1, NOW + DAY], Series(), NOW) == []
    assert unpriced([FIRST_MARKET], Series(), NOW) == [FIRST_MARKET]


def test_a_stored_hour_or_minute_is_not_missing_and_an_own_leg_is() -> None:
    stored = Series([hour(NOON), minute(NOON - MINUTE), minute(NOON - HOUR, 1, OWN_LEG)])
    asked = [NOON + 5 * MINUTE, NOON - MINUTE, NOON - HOUR]
    assert unpriced(asked, stored, NOW) == [NOON - HOUR]


@given(st.sets(times), batches)
def test_requests_take_in_every_bar_that_is_wanted_and_no_more_than_a_batch_each(
    asked: set[int], batch: int
) -> None:
    for resolution, starts in wanted(asked, NOW):
        requests = list(spans(starts, resolution, batch))
        assert all(1 <= span.bars <= batch for span in requests)
        assert all(sum(span.holds(start) for span in requests) == 1 for start in starts)
        assert all({span.first, span.last} <= set(starts) for span in requests), "they end where trades do"
        assert all(span.last + resolution + SETTLED <= NOW for span in requests)


@given(st.sets(times, min_size=1), batches)
def test_no_fewer_requests_would_do(asked: set[int], batch: int) -> None:
    for resolution, starts in wanted(asked, NOW):
        requests = list(spans(starts, resolution, batch))
        firsts = [span.first for span in requests]
        apart = [after - before for before, after in pairwise(firsts)]
        assert all(gap >= batch * resolution for gap in apart), "no two firsts fit into one request"


@given(st.sets(times))
def test_what_was_asked_for_and_answered_is_not_asked_for_again(asked: set[int]) -> None:
    series = Series()
    for resolution, starts in wanted(unpriced(asked, series, NOW), NOW):
        series.add(Bar(start, resolution, 1, "binance") for start in starts)
    assert unpriced(asked, series, NOW) == []


def test_long_stretches_without_trades_are_not_fetched() -> None:
    starts = [NOON, NOON + 10 * MINUTE, NOON + 5 * DAY]
    assert list(spans(starts, MINUTE, 1000)) == [
        Span(NOON, NOON + 10 * MINUTE, MINUTE),
        Span(NOON + 5 * DAY, NOON + 5 * DAY, MINUTE),
    ]
    assert list(spans([], MINUTE, 1000)) == []


@pytest.mark.parametrize(
    ("text", "millionths"),
    [
        ("142.35000000", 142_350_000),
        ("0.000001", 1),
        ("1000000", MOST),
        ("142.3500005", 142_350_000),
        ("142.3500015", 142_350_002),
        ("1000000.000001", None),
        ("0", None),
        ("0.0000001", None),
        ("-1", None),
        ("NaN", None),
        ("sNaN", None),
        ("Infinity", None),
        ("1e999999", None),
        ("1e-999999", None),
    ],
)
def test_prices_are_whole_millionths_of_a_dollar_and_what_cannot_be_one_is_none(
    text: str, millionths: int | None
) -> None:
    assert micro_usd(Decimal(text)) == millionths
