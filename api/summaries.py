"""What a wallet's stored figures say in short, valued at the newest stored prices."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg import Connection
from redis import Redis

from api.worth import worth_of
from walletjobs.core.freshness import status_of
from walletjobs.core.units import LAMPORTS_PER_SOL, WRAPPED_SOL, sol_text
from walletjobs.core.valuation import Unrealized, market_value
from walletjobs.db.balances import BalanceRepository
from walletjobs.db.results import ResultRepository, StoredResult, TokenRow
from walletjobs.db.wallets import Wallet
from walletjobs.jobs.links import image_url

Json = dict[str, Any]
SolPrice = tuple[Decimal, datetime]


def line_of(wallet: Wallet, running: str | None, freshness: timedelta) -> Json:
    """Where a wallet stands."""
    return {
        "walletAddress": wallet.address,
        "status": "IN_PROGRESS" if running else status_of(wallet, wallet.read_at, freshness),
        "wallet_class": wallet.wallet_class,
        "lastAnalyzedAt": wallet.analyzed_at,
        "lastSyncedAt": wallet.synced_at,
        "runningJobId": running,
        "transactions": wallet.transactions,
    }


def with_realized(line: Json, lamports: int | None) -> Json:
    """A wallet in a list."""
    return {**line, "realizedSol": _maybe_sol(lamports), "realizedLamports": lamports}


def summary_of(redis: Redis, connection: Connection[Any], wallet: Wallet, scope: str = "all") -> Json:
    """The figures of a wallet in short; null where no analysis has ended yet."""
    results = ResultRepository(connection)
    result, behavior = results.pnl(wallet.id, scope=scope), results.behavior(wallet.id, scope=scope)
    sol = BalanceRepository(connection).of_mint(wallet.id, WRAPPED_SOL)
    return {
        "coverage": result.coverage if result else None,
        "pnl": _pnl(redis, results, wallet.id, result) if result else None,
        "winRate": _win_rates(result.figures) if result else None,
        "style": behavior.metrics["style"] if behavior else None,
        "balance": {"sol": sol_text(sol.amount), "lamports": sol.amount, "fetchedAt": sol.fetched_at}
        if sol
        else None,
    }


def token_of(row: TokenRow, price: SolPrice | None) -> Json:
    """One token's figures with its name and its value at the newest price."""
    figures, sol_usd = row.figures, price[0] if price else None
    worth = market_value(int(figures["held"]), figures["decimals"], row.price_usd, sol_usd)
    known = market_value(int(figures["heldKnown"]), figures["decimals"], row.price_usd, sol_usd)
    gain = None if known is None else known - figures["openCostLamports"]
    return {
        **figures,
        "symbol": row.symbol,
        "name": row.name,
        "imageUrl": image_url(str(figures["mint"]), row.image_url),
        "enriched": row.enriched,
        "priceUsd": price_text(row.price_usd),
        "marketValueSol": _maybe_sol(worth),
        "unrealizedPnlSol": _maybe_sol(gain),
    }


def _pnl(redis: Redis, results: ResultRepository, wallet_id: int, result: StoredResult) -> Json:
    figures, price = result.figures, results.sol_price()
    sol_usd = price[0] if price else None
    open_part = worth_of(redis, results, wallet_id, result, sol_usd)
    realized, realized_usd = figures["realizedPnlLamports"], figures.get("realizedPnlUsd")
    total = None if open_part.pnl is None else realized + open_part.pnl
    open_usd = _dollars(open_part.pnl, sol_usd)
    total_usd = None if realized_usd is None or open_usd is None else Decimal(realized_usd) + open_usd
    return {
        "method": "fifo",
        "mode": "strict",
        "window": "all",
        **{name: figures[name] for name in ("tokens", "buys", "sells", "roi")},
        **{
            name: figures[name]
            for name in ("costSol", "proceedsSol", "openCostSol", "unverifiedProceedsSol", "feesSol")
        },
        **_amount("realized", realized),
        **_amount("unrealized", open_part.pnl),
        **_amount("total", total),
        "realizedUsd": realized_usd,  # each event at its own minute's price of SOL
        "unrealizedUsd": None if open_usd is None else f"{open_usd:.2f}",
        "totalUsd": None if total_usd is None else f"{total_usd:.2f}",
        "unrealizedReason": _reason(open_part, sol_usd),
        "unpricedHoldings": open_part.unpriced,
        "marketValueSol": _maybe_sol(open_part.value),
        "solPriceUsd": price_text(sol_usd),
        "solPriceAt": price[1] if price else None,
    }


def _amount(name: str, lamports: int | None) -> Json:
    return {f"{name}Sol": _maybe_sol(lamports), f"{name}Lamports": lamports}


def _dollars(lamports: int | None, sol_usd: Decimal | None) -> Decimal | None:
    if lamports == 0:
        return Decimal(0)  # at any price
    return None if lamports is None or sol_usd is None else Decimal(lamports) * sol_usd / LAMPORTS_PER_SOL


def _reason(open_part: Unrealized, sol_usd: Decimal | None) -> str | None:
    if not open_part.unpriced:
        return None
    return "prices_missing" if sol_usd else "sol_price_missing"


def _win_rates(figures: Mapping[str, Any]) -> Json:
    return {"tokens": figures["tokenWinRate"], "cycles": figures["cycleWinRate"]}


def _maybe_sol(lamports: int | None) -> str | None:
    return None if lamports is None else sol_text(lamports)


def price_text(price: Decimal | None) -> str | None:
    """A price in US dollars, without an exponent; null where there is none."""
    return None if price is None else f"{Decimal(price).normalize():f}"
