"""When a wallet trades: sessions, hours of the day, days of the week. All times are UTC."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import atan2, cos, pi, sin

HOUR, DAY = 3_600, 86_400  # seconds
SESSION_GAP = 2 * HOUR  # a longer pause starts a new session
WEEK, MONTH = 7 * DAY, 30 * DAY
_TOP_QUARTER = 6  # of 24 hours
_THURSDAY = 3  # the epoch's weekday, Monday being 0


@dataclass(frozen=True, slots=True)
class Sessions:
    """Runs of trades without a pause of more than two hours."""

    count: int
    average_trades: float | None
    average_length: float | None  # seconds, from first to last trade
    start_hour: float | None  # circular mean of the UTC hour of their starts


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a wallet trades."""

    trades: int
    per_day: float | None  # over the active span, at least one day
    per_week: float | None
    per_month: float | None
    sessions: Sessions
    hours: tuple[tuple[int, ...], ...]  # weekday (Monday first) × hour: trades
    active_windows: tuple[
        tuple[int, int], ...
    ]  # (first hour, hour after the last); 22, 2 runs across midnight
    focus_score: float | None  # share of trades inside the active windows


def rhythm_of(times: Sequence[int]) -> Rhythm:
    """The rhythm of trades at ``times`` (unix seconds, in the order they happened)."""
    hours = _matrix(times)
    by_hour = [sum(day[hour] for day in hours) for hour in range(24)]
    active = _active_hours(by_hour)
    span = max(max(times) - min(times), DAY) if times else 0
    return Rhythm(
        trades=len(times),
        per_day=_per(len(times), DAY, span),
        per_week=_per(len(times), WEEK, span),
        per_month=_per(len(times), MONTH, span),
        sessions=_sessions(sorted(times)),
        hours=hours,
        active_windows=_joined(active),
        focus_score=round(sum(by_hour[hour] for hour in active) / len(times), 6) if times else None,
    )


def _per(trades: int, unit: int, span: int) -> float | None:
    return round(trades * unit / span, 3) if span else None


def _matrix(times: Iterable[int]) -> tuple[tuple[int, ...], ...]:
    counts = [[0] * 24 for _ in range(7)]
    for time in times:
        counts[(time // DAY + _THURSDAY) % 7][time % DAY // HOUR] += 1
    return tuple(map(tuple, counts))


def _sessions(times: Sequence[int]) -> Sessions:
    starts: list[int] = []
    lengths: list[int] = []
    for time in times:
        if not starts or time - (starts[-1] + lengths[-1]) > SESSION_GAP:
            starts.append(time)
            lengths.append(0)
        else:
            lengths[-1] = time - starts[-1]
    if not starts:
        return Sessions(0, None, None, None)
    return Sessions(
        count=len(starts),
        average_trades=round(len(times) / len(starts), 3),
        average_length=round(sum(lengths) / len(starts), 1),
        start_hour=_circular_mean([start % DAY / HOUR for start in starts]),
    )


def _circular_mean(hours: Sequence[float]) -> float | None:
    """The mean on a clock face: of 23 and 1 it is 0. Null where the hours cancel out."""
    angles = [hour * 2 * pi / 24 for hour in hours]
    x, y = sum(map(cos, angles)), sum(map(sin, angles))
    if x * x + y * y < 1e-9 * len(hours):
        return None
    return round(atan2(y, x) * 24 / (2 * pi) % 24, 2) % 24


def _active_hours(by_hour: Sequence[int]) -> list[int]:
    """Hours whose circular three-hour sum is in the top quarter of the day's."""
    smooth = [by_hour[hour - 1] + by_hour[hour] + by_hour[(hour + 1) % 24] for hour in range(24)]
    limit = sorted(smooth, reverse=True)[_TOP_QUARTER - 1]
    return [hour for hour in range(24) if smooth[hour] >= max(limit, 1)]


def _joined(hours: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Neighboring hours as windows; one that reaches midnight goes on after it."""
    if len(hours) == 24:
        return ((0, 24),)
    active = set(hours)
    starts = [hour for hour in hours if (hour - 1) % 24 not in active]
    windows = []
    for start in starts:
        end = start
        while end % 24 in active:
            end += 1
        windows.append((start, end if end <= 24 else end % 24))
    return tuple(windows)
