"""What is known of wallets. A GET reads what an analysis stored; it never writes and never computes one anew."""

from datetime import timedelta
from typing import Any

from api.arguments import Blueprint
from api.doors import doors
from api.known import asked_figures, known_wallet, period_of, stored_result, tag
from api.schemas.tokens import TokenPageSchema, TokensQuerySchema
from api.schemas.wallets import (
    BehaviorQuerySchema,
    BehaviorSchema,
    PnlQuerySchema,
    PnlSchema,
    ScopeQuerySchema,
    WalletCoverageSchema,
    WalletListSchema,
    WalletSchema,
    WalletsQuerySchema,
)
from api.summaries import line_of, summary_of, token_of, with_realized
from walletjobs.db.results import ResultRepository
from walletjobs.db.runs import RunRepository
from walletjobs.db.tokenfilter import TokenFilter
from walletjobs.db.wallets import WalletRepository
from walletjobs.errors import UnknownWallet
from walletjobs.services.periods import period_metrics

blueprint = Blueprint("wallets", __name__, description="Results of analyses")


blueprint.after_request(tag)


@blueprint.route("", methods=["GET"])
@blueprint.arguments(WalletsQuerySchema, location="query")
@blueprint.response(200, WalletListSchema)
@blueprint.refuses(400, 503)
def wallets(query: dict[str, Any]) -> Any:
    """Wallets: those analyzed last, or those whose address begins with `search`."""
    with doors().snapshot() as connection:
        repository = WalletRepository(connection)
        search, limit = query["search"], query["limit"]
        found = repository.search(search, limit) if search else repository.recent(limit)
        realized = ResultRepository(connection).realized_of([wallet.id for wallet in found])
        running = RunRepository(connection).live_of_all([wallet.address for wallet in found])
    lines = [line_of(wallet, running.get(wallet.address), _freshness()) for wallet in found]
    return {
        "items": [
            with_realized(line, realized.get(wallet.id)) for line, wallet in zip(lines, found, strict=True)
        ]
    }


@blueprint.route("/<address>", methods=["GET"])
@blueprint.arguments(ScopeQuerySchema, location="query")
@blueprint.response(200, WalletSchema)
@blueprint.refuses(400, 404, 503)
def wallet(query: dict[str, Any], address: str) -> Any:
    """A wallet: where it stands, and its figures in short."""
    with known_wallet(address) as (connection, found):
        running = RunRepository(connection).live_of(found.address)
        line = line_of(found, running.id if running else None, _freshness())
        return {**line, **summary_of(doors().redis, connection, found, query["scope"])}


@blueprint.route("/<address>/tokens", methods=["GET"])
@blueprint.arguments(TokensQuerySchema, location="query")
@blueprint.response(200, TokenPageSchema)
@blueprint.refuses(400, 404, 503)
def tokens(query: dict[str, Any], address: str) -> Any:
    """A wallet's tokens: sorted, searched, filtered, by pages."""
    with known_wallet(address) as (connection, found):
        results = ResultRepository(connection)
        rows, total = results.tokens(found.id, _token_filter(query))
        price = results.sol_price()
    items = [token_of(row, price) for row in rows]
    return {"items": items, "total": total, "page": query["page"], "pageSize": query["pageSize"]}


@blueprint.route("/<address>/pnl", methods=["GET"])
@blueprint.arguments(PnlQuerySchema, location="query")
@blueprint.response(200, PnlSchema)
@blueprint.refuses(400, 404, 503)
def pnl(query: dict[str, Any], address: str) -> Any:
    """All figures of a wallet's profit and loss; of a window, or of a period of your own by `from` and `to`."""
    with known_wallet(address) as (connection, found):
        asked = asked_figures(connection, found, query)
    return {**asked.dated, **asked.figures, "coverage": asked.coverage}


@blueprint.route("/<address>/behavior", methods=["GET"])
@blueprint.arguments(BehaviorQuerySchema, location="query")
@blueprint.response(200, BehaviorSchema)
@blueprint.refuses(400, 404, 503)
def behavior(query: dict[str, Any], address: str) -> Any:
    """How a wallet trades; in a window, or in a period of your own by `from` and `to`."""
    period = period_of(query)
    with known_wallet(address) as (connection, found):
        stored = ResultRepository(connection).behavior(found.id, query["window"], query["scope"])
        custom = period and period_metrics(connection, found, period)
    if stored is None or (period and custom is None):
        raise UnknownWallet
    metrics = custom or stored.metrics
    return {"walletAddress": found.address, "computedAt": stored.computed_at, **metrics}


@blueprint.route("/<address>/coverage", methods=["GET"])
@blueprint.arguments(ScopeQuerySchema, location="query")
@blueprint.response(200, WalletCoverageSchema)
@blueprint.refuses(400, 404, 503)
def coverage(query: dict[str, Any], address: str) -> Any:
    """What a wallet's figures rest on."""
    with known_wallet(address) as (connection, found):
        result = stored_result(connection, found, "fifo", scope=query["scope"])
    return {"walletAddress": found.address, "computedAt": result.computed_at, **result.coverage}


def _freshness() -> timedelta:
    return timedelta(hours=doors().config.freshness_hours)


def _token_filter(query: dict[str, Any]) -> TokenFilter:
    holding = query["holding"]
    return TokenFilter(
        method=query["method"],
        window=query["window"],
        scope=query["scope"],
        sort=query["sort"],
        descending=query["order"] == "desc",
        search=query["search"],
        holding=None if holding in (None, "unverified") else holding == "held",
        unverified=True if holding == "unverified" else None,
        profit=None if query["pnl"] is None else query["pnl"] == "profit",
        min_trades=query["minTrades"],
        limit=query["pageSize"],
        offset=(query["page"] - 1) * query["pageSize"],
    )
