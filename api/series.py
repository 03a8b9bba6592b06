"""Curve, calendar and comparison of methods as they are served."""

import json
from collections.abc import Iterable
from typing import Any

from psycopg import Connection
from redis import Redis

from api.keeping import kept
from api.known import Asked, stored_result
from walletjobs.core.comparison import comparison_of
from walletjobs.core.equity import DayPnl, MonthPnl, equity_of
from walletjobs.core.lots import METHODS
from walletjobs.core.units import base_units, sol_text, usd_text
from walletjobs.db.evidence import EvidenceRepository
from walletjobs.db.wallets import Wallet
from walletjobs.jobs import keys
from walletjobs.services.comparisons import comparison_json

Json = dict[str, Any]
FIRST_SALES = 50  # of a comparison that asks for no other number


def curve_of(asked: Asked) -> tuple[DayPnl, ...]:
    """The curve of some figures."""
    return equity_of(
        (each["day"], each["realizedPnlLamports"], _micro_usd(each["realizedPnlUsd"]))
        for each in asked.figures["days"]
    )


def total_of(asked: Asked) -> Json:
    """What a curve or calendar is of, and the sum of it all."""
    figures = asked.figures
    lamports, sol = figures["realizedPnlLamports"], figures["realizedPnlSol"]
    total = {"totalLamports": lamports, "totalSol": sol, "totalUsd": figures["realizedPnlUsd"]}
    return {**asked.dated, **total}


def days_json(days: Iterable[DayPnl]) -> list[Json]:
    """The days of a curve."""
    return [
        {
            "date": each.date,
            "day": each.day,
            **_twice("realized", each.realized),
            **_twice("cumulative", each.cumulative),
            **_twice("drawdown", each.drawdown),
            "realizedUsd": _dollars(each.realized_usd),
            "cumulativeUsd": _dollars(each.cumulative_usd),
        }
        for each in days
    ]


def month_json(month: MonthPnl) -> Json:
    """A month with its days."""
    return {
        "month": month.month,
        **_twice("realized", month.realized),
        "realizedUsd": _dollars(month.realized_usd),
        "winningDays": month.winning_days,
        "losingDays": month.losing_days,
        "days": days_json(month.days),
    }


def compared(redis: Redis, connection: Connection[Any], found: Wallet, most: int) -> Json:
    """The wallet's total by each method, and the sales that make the difference; as many as are asked for first, or
    fewer, are put together once.

    Raises: UnknownWallet where no analysis has ended yet.
    """
    results = {method: stored_result(connection, found, method) for method in METHODS}
    computed_at = results["fifo"].computed_at
    totals = {method: each.figures["realizedPnlLamports"] for method, each in results.items()}

    def widest(count: int) -> Json:
        evidence = EvidenceRepository(connection).stream(found.id)
        return comparison_json(comparison_of(evidence, count), totals)

    if most > FIRST_SALES:
        return {"computedAt": computed_at, **widest(most)}
    key = keys.kept(found.id, f"comparison/{computed_at.timestamp()}")
    told: Json = json.loads(kept(redis, key, lambda: json.dumps(widest(FIRST_SALES)).encode()))
    return {"computedAt": computed_at, **told, "sales": told["sales"][:most]}


def _micro_usd(text: str | None) -> int | None:
    return None if text is None else base_units(text, 6)


def _dollars(amount: int | None) -> str | None:
    return None if amount is None else usd_text(amount)


def _twice(name: str, lamports: int) -> Json:
    return {f"{name}Lamports": lamports, f"{name}Sol": sol_text(lamports)}
