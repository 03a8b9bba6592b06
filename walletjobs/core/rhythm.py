"""When a wallet trades: sessions, hours of the day, days of the week. All times are UTC."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import atan2, cos, pi, sin

from msgspec import Struct, field

HOUR, DAY = 3_600, 86_400  # seconds
SESSION_GAP = 2 * HOUR  # a longer pause starts a new session
WEEK, MONTH = 7 * DAY, 30 * DAY
_TOP_QUARTER = 6  # of 24 hours
_THURSDAY = 3  # the epoch's weekday, Monday being 0
_RADIUS = (
    10**15
)  # of the clock face: places on it are summed as integers, whose sum does not depend on their order


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


class Times(Struct):
    """What the times of trades add up to, taken in piece by piece. Units: unix seconds, and seconds."""

    trades: int = 0
    first: int = 0
    last: int = 0
    hours: list[int] = field(
        default_factory=lambda: [0] * (7 * 24)
    )  # trades by weekday (Monday first) and hour
    sessions: int = 0
    length: int = 0  # of all sessions, from first to last trade
    x: int = 0  # where sessions start on a clock face of 24 hours
    y: int = 0

    def absorb(self, times: Iterable[int]) -> None:
        """Take in trades that follow; none may lie before those taken in already."""
        hours = self.hours
        for time in sorted(times):
            hours[(time // DAY + _THURSDAY) % 7 * 24 + time % DAY // HOUR] += 1
            if not self.trades:
                self.first = time
            if not self.trades or time - self.last > SESSION_GAP:
                self._start_session(time)
            else:
                self.length += time - self.last
            self.trades += 1
            self.last = time

    def rhythm(self) -> Rhythm:
        """The rhythm of the trades so far."""
        days = [self.hours[day : day + 24] for day in range(0, 7 * 24, 24)]
        by_hour = [sum(day[hour] for day in days) for hour in range(24)]
        active = _active_hours(by_hour)
        span = max(self.last - self.first, DAY) if self.trades else 0
        return Rhythm(
            trades=self.trades,
            per_day=_per(self.trades, DAY, span),
            per_week=_per(self.trades, WEEK, span),
            per_month=_per(self.trades, MONTH, span),
            sessions=self._sessions(),
            hours=tuple(map(tuple, days)),
            active_windows=_joined(active),
            focus_score=round(sum(by_hour[hour] for hour in active) / self.trades, 6)
            if self.trades
            else None,
        )

    def _start_session(self, time: int) -> None:
        angle = time % DAY * 2 * pi / DAY
        self.sessions += 1
        self.x += round(cos(angle) * _RADIUS)
        self.y += round(sin(angle) * _RADIUS)

    def _sessions(self) -> Sessions:
        count = self.sessions
        if not count:
            return Sessions(0, None, None, None)
        return Sessions(
            count=count,
            average_trades=round(self.trades / count, 3),
            average_length=round(self.length / count, 1),
            start_hour=self._start_hour(),
        )

    def _start_hour(self) -> float | None:
        """The mean on a clock face: of 23 and 1 it is 0. Null where the hours cancel out."""
        x, y = self.x / _RADIUS, self.y / _RADIUS
        if x * x + y * y < 1e-9 * self.sessions:
            return None
        return round(atan2(y, x) * 24 / (2 * pi) % 24, 2) % 24


def rhythm_of(times: Iterable[int]) -> Rhythm:
    """The rhythm of trades at ``times`` (unix seconds)."""
    seen = Times()
    seen.absorb(times)
    return seen.rhythm()


def _per(trades: int, unit: int, span: int) -> float | None:
    return round(trades * unit / span, 3) if span else None


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
