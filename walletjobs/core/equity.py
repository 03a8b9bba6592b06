"""A wallet's realized PnL day by day: the curve of its running sum, and the calendar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby


@dataclass(frozen=True, slots=True)
class DayPnl:
    """One UTC day with realized events. Units: unix seconds of its midnight, lamports, millionths of a USD."""

    day: int
    realized: int
    cumulative: int  # from the first day on, this one included
    drawdown: int  # of the running sum at the day's end below the highest day's end before it, or zero
    realized_usd: int | None  # null where the price of SOL of one of its events is not known
    cumulative_usd: int | None  # null from the first such day on

    @property
    def date(self) -> str:
        """The day in ISO 8601, such as 2025-04-27."""
        return datetime.fromtimestamp(self.day, UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class MonthPnl:
    """One UTC month of a calendar. Units: lamports, millionths of a USD."""

    month: str  # ISO 8601, such as 2025-04
    realized: int
    realized_usd: int | None  # null where that of one of its days is
    winning_days: int
    losing_days: int
    days: tuple[DayPnl, ...]


def equity_of(days: Iterable[tuple[int, int, int | None]]) -> tuple[DayPnl, ...]:
    """The curve of daily results, (midnight, lamports, USD), oldest first; days without any are left out."""
    total = peak = 0
    dollars: int | None = 0
    curve = []
    for day, realized, usd in days:
        total += realized
        peak = max(peak, total)
        dollars = None if dollars is None or usd is None else dollars + usd
        curve.append(DayPnl(day, realized, total, peak - total, usd, dollars))
    return tuple(curve)


def calendar_of(curve: Sequence[DayPnl]) -> tuple[MonthPnl, ...]:
    """The days of a curve by month, oldest first."""
    return tuple(
        _month(month, tuple(days)) for month, days in groupby(curve, key=lambda point: point.date[:7])
    )


def _month(month: str, days: tuple[DayPnl, ...]) -> MonthPnl:
    dollars = [day.realized_usd for day in days]
    return MonthPnl(
        month=month,
        realized=sum(day.realized for day in days),
        realized_usd=None if None in dollars else sum(usd for usd in dollars if usd is not None),
        winning_days=sum(1 for day in days if day.realized > 0),
        losing_days=sum(1 for day in days if day.realized < 0),
        days=days,
    )
