"""Curve and calendar say what the days say, to the lamport."""

from hypothesis import given
from hypothesis import strategies as st

from walletjobs.core.equity import calendar_of, equity_of

DAY = 86_400
APRIL_30 = 1_745_971_200  # 2025-04-30 00:00 UTC

amounts = st.lists(st.integers(-(10**15), 10**15), max_size=60)


def days_of(results: list[int]) -> list[tuple[int, int, int | None]]:
    """A SOL costs 150 dollars every day."""
    return [(APRIL_30 + place * DAY, result, result * 150 // 1000) for place, result in enumerate(results)]


@given(amounts)
def test_wallet_total_is_the_end_of_the_curve_and_the_sum_of_the_calendar(results) -> None:
    curve = equity_of(days_of(results))
    total = sum(results)
    assert (curve[-1].cumulative if curve else 0) == total
    assert sum(month.realized for month in calendar_of(curve)) == total
    assert sum(day.realized for month in calendar_of(curve) for day in month.days) == total


@given(amounts)
def test_the_drawdown_is_never_negative_and_zero_at_every_new_high(results) -> None:
    highest = 0
    for point in equity_of(days_of(results)):
        highest = max(highest, point.cumulative)
        assert point.drawdown == highest - point.cumulative >= 0


def test_a_curve_falls_from_its_highest_day() -> None:
    curve = equity_of(days_of([5, -3, 4, -9]))
    assert [(point.cumulative, point.drawdown) for point in curve] == [(5, 0), (2, 3), (6, 0), (-3, 9)]


def test_a_calendar_turns_the_month_at_utc_midnight() -> None:
    april, may = calendar_of(equity_of(days_of([5, -3, 4])))
    assert (april.month, april.realized, april.winning_days, april.losing_days) == ("2025-04", 5, 1, 0)
    assert (may.month, may.realized, may.winning_days, may.losing_days) == ("2025-05", 1, 1, 1)
    assert [day.date for day in may.days] == ["2025-05-01", "2025-05-02"]


def test_dollars_end_where_one_price_is_not_known() -> None:
    days = [(APRIL_30, 5, 50), (APRIL_30 + DAY, 6, None), (APRIL_30 + 2 * DAY, 7, 70)]
    curve = equity_of(days)
    assert [(each.realized_usd, each.cumulative_usd) for each in curve] == [
        (50, 50),
        (None, None),
        (70, None),
    ]
    april, may = calendar_of(curve)
    assert (april.realized_usd, may.realized_usd) == (50, None)


def test_a_wallet_that_sold_nothing_has_no_curve() -> None:
    assert equity_of([]) == ()
    assert calendar_of(()) == ()
