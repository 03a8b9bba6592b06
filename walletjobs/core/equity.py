"""A wallet's realized PnL day by day: the curve of its running sum, and the calendar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby


@dataclass(frozen=True, slots=True)
class DayPnl:
    """One UTC day with realized events. Units: unix seconds of its midnight, lamports."""

    day: int
    realized: int
    cumulative: int  # from the first day on, this one included
    drawdown: (
        int  # how far the running sum at the day's end lies below the highest day's end before it, or zero
    )

    @property
    def date(self) -> str:
        """The day in ISO 8601, such as 2025-04-27."""
        return datetime.fromtimestamp(self.day, UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class MonthPnl:
    """One UTC month of a calendar. Units: lamports."""

    month: str  # ISO 8601, such as 2025-04
    realized: int
    winning_days: int
    losing_days: int
    days: tuple[DayPnl, ...]


def equity_of(days: Iterable[tuple[int, int]]) -> tuple[DayPnl, ...]:
    """The curve of daily results, (midnight in unix seconds, lamports), oldest first; days without any are left out."""
    total = peak = 0
    curve = []
    for day, realized in days:
        total += realized
        peak = max(peak, total)
        curve.append(DayPnl(day, realized, total, peak - total))
    return tuple(curve)


def calendar_of(curve: Sequence[DayPnl]) -> tuple[MonthPnl, ...]:
    """The days of a curve by month, oldest first."""
    return tuple(
        _month(month, tuple(days)) for month, days in groupby(curve, key=lambda point: point.date[:7])
    )


def _month(month: str, days: tuple[DayPnl, ...]) -> MonthPnl:
    return MonthPnl(
        month=month,
        realized=sum(day.realized for day in days),
        winning_days=sum(1 for day in days if day.realized > 0),
        losing_days=sum(1 for day in days if day.realized < 0),
        days=days,
    )
