"""Sessions, hours and days of trades; behavior.md."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import START

from walletjobs.core.rhythm import DAY, HOUR, rhythm_of

MINUTE = 60
WEDNESDAY = 2  # START's weekday, Monday being 0


def test_no_trades_have_no_rhythm() -> None:
    rhythm = rhythm_of([])
    assert (rhythm.trades, rhythm.per_day, rhythm.focus_score) == (0, None, None)
    assert (rhythm.sessions.count, rhythm.sessions.start_hour, rhythm.active_windows) == (0, None, ())


def test_a_single_trade_spans_a_day() -> None:
    rhythm = rhythm_of([START])
    assert (rhythm.per_day, rhythm.per_week, rhythm.per_month) == (1.0, 7.0, 30.0)


def test_trades_a_day_rest_on_the_active_span() -> None:
    rhythm = rhythm_of([START + DAY * i // 2 for i in range(9)])  # nine trades over four days
    assert (rhythm.per_day, rhythm.per_week, rhythm.per_month) == (2.25, 15.75, 67.5)


def test_a_gap_of_more_than_two_hours_starts_a_session() -> None:
    times = [START, START + 2 * HOUR, START + 4 * HOUR + 1, START + 4 * HOUR + 61]
    sessions = rhythm_of(times).sessions
    assert (sessions.count, sessions.average_trades) == (2, 2.0)
    assert sessions.average_length == (2 * HOUR + 60) / 2


def test_a_session_is_measured_from_its_first_to_its_last_trade() -> None:
    times = [START + minute * MINUTE for minute in range(0, 600, 100)]
    assert rhythm_of(times).sessions.average_length == 500 * MINUTE


@pytest.mark.parametrize(
    ("hours", "mean"), [((23, 25), 0.0), ((22, 28), 1.0), ((6, 6 + 24), 6.0), ((0, 12), None), ((3, 9), 6.0)]
)
def test_start_hours_have_a_circular_mean(hours: tuple[int, int], mean: float | None) -> None:
    times = [START + (24 * 7 * week + hour) * HOUR for week, hour in enumerate(hours)]
    assert rhythm_of(times).sessions.start_hour == mean


def test_activity_is_by_utc_weekday_and_hour() -> None:
    hours = rhythm_of([START, START + 59 * MINUTE, START + 23 * HOUR, START + 5 * DAY + 7 * HOUR]).hours
    assert (hours[WEDNESDAY][0], hours[WEDNESDAY][23], hours[0][7]) == (2, 1, 1)
    assert sum(map(sum, hours)) == 4


def test_active_windows_join_across_midnight() -> None:
    times = [START + DAY * day + hour * HOUR for day in range(3) for hour in (22, 23, 24, 25)]
    rhythm = rhythm_of(sorted(times))
    assert rhythm.active_windows == ((21, 3),)
    assert rhythm.focus_score == 1.0


def test_a_window_may_end_at_midnight() -> None:
    times = [START + DAY * day + hour * HOUR for day in range(3) for hour in (20, 21, 22)] + [
        START + 6 * HOUR
    ]
    windows = rhythm_of(sorted(times)).active_windows
    assert windows[-1] == (19, 24)


def test_two_active_times_are_two_windows() -> None:
    times = [START + DAY * day + hour * HOUR for day in range(3) for hour in (4, 15)]
    assert rhythm_of(times).active_windows == ((3, 6), (14, 17))


def test_even_activity_is_one_window_of_the_whole_day() -> None:
    rhythm = rhythm_of([START + hour * HOUR for hour in range(24)])
    assert (rhythm.active_windows, rhythm.focus_score) == (((0, 24),), 1.0)


def test_focus_is_the_share_of_trades_in_the_active_windows() -> None:
    times = [START + 4 * HOUR + i for i in range(9)] + [START + 15 * HOUR]
    times += [START + 5 * HOUR] * 5 + [START + 3 * HOUR] * 5
    rhythm = rhythm_of(sorted(times))
    inside = sum(
        1
        for time in times
        if any(first <= time % DAY // HOUR < last for first, last in rhythm.active_windows)
    )
    assert rhythm.focus_score == inside / len(times)


@given(st.lists(st.integers(0, 2**33), max_size=60))
def test_any_times_have_a_bounded_rhythm(times: list[int]) -> None:
    rhythm = rhythm_of(times)
    assert sum(map(sum, rhythm.hours)) == rhythm.trades == len(times)
    assert rhythm.focus_score is None or 0 <= rhythm.focus_score <= 1
    assert rhythm.sessions.count <= len(times)
    assert rhythm.sessions.start_hour is None or 0 <= rhythm.sessions.start_hour < 24
    for first, last in rhythm.active_windows:
        assert 0 <= first < 24
        assert 0 < last <= 24
        assert first != last
