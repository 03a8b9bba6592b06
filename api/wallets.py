"""What is known of wallets. A GET reads what an analysis stored; it never writes and never computes one anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Response, request
from psycopg import Connection

from api.arguments import Blueprint
from api.doors import doors
from api.schemas.tokens import TokenPageSchema, TokensQuerySchema
from api.schemas.wallets import (
    BehaviorQuerySchema,
    BehaviorSchema,
    FiguresQuerySchema,
    PnlSchema,
    WalletCoverageSchema,
    WalletListSchema,
    WalletSchema,
    WalletsQuerySchema,
)
from api.summaries import line_of, summary_of, token_of, with_realized
from walletjobs.core.address import parse_address
from walletjobs.db.results import ResultRepository, StoredResult, TokenFilter
from walletjobs.db.runs import RunRepository
from walletjobs.db.wallets import Wallet, WalletRepository
from walletjobs.errors import UnknownWallet

blueprint = Blueprint("wallets", __name__, description="Results of analyses")


@blueprint.after_request
def tag(response: Response) -> Response:
    """An ETag by content: a client that has it gets 304."""
    if request.method == "GET" and response.status_code == 200:
        response.headers["Cache-Control"] = "no-cache"  # ask each time, with the tag
        response.add_etag()
        response.make_conditional(request)
    return response


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
@blueprint.response(200, WalletSchema)
@blueprint.refuses(400, 404, 503)
def wallet(address: str) -> Any:
    """A wallet: where it stands, and its figures in short."""
    with _known(address) as (connection, found):
        running = RunRepository(connection).live_of(found.address)
        line = line_of(found, running.id if running else None, _freshness())
        return {**line, **summary_of(connection, found)}


@blueprint.route("/<address>/tokens", methods=["GET"])
@blueprint.arguments(TokensQuerySchema, location="query")
@blueprint.response(200, TokenPageSchema)
@blueprint.refuses(400, 404, 503)
def tokens(query: dict[str, Any], address: str) -> Any:
    """A wallet's tokens: sorted, searched, filtered, by pages."""
    with _known(address) as (connection, found):
        results = ResultRepository(connection)
        rows, total = results.tokens(found.id, _token_filter(query))
        price = results.sol_price()
    items = [token_of(row, price) for row in rows]
    return {"items": items, "total": total, "page": query["page"], "pageSize": query["pageSize"]}


@blueprint.route("/<address>/pnl", methods=["GET"])
@blueprint.arguments(FiguresQuerySchema, location="query")
@blueprint.response(200, PnlSchema)
@blueprint.refuses(400, 404, 503)
def pnl(query: dict[str, Any], address: str) -> Any:
    """All figures of a wallet's profit and loss."""
    with _known(address) as (connection, found):
        result = _result(connection, found, query["method"])
    chosen = {"method": query["method"], "mode": "strict", "window": query["window"]}
    dated = {"walletAddress": found.address, "computedAt": result.computed_at}
    return {**dated, **chosen, **result.figures, "coverage": result.coverage}


@blueprint.route("/<address>/behavior", methods=["GET"])
@blueprint.arguments(BehaviorQuerySchema, location="query")
@blueprint.response(200, BehaviorSchema)
@blueprint.refuses(400, 404, 503)
def behavior(query: dict[str, Any], address: str) -> Any:
    """How a wallet trades."""
    with _known(address) as (connection, found):
        stored = ResultRepository(connection).behavior(found.id)
    if stored is None:
        raise UnknownWallet
    return {"walletAddress": found.address, "computedAt": stored.computed_at, **stored.metrics}


@blueprint.route("/<address>/coverage", methods=["GET"])
@blueprint.response(200, WalletCoverageSchema)
@blueprint.refuses(400, 404, 503)
def coverage(address: str) -> Any:
    """What a wallet's figures rest on."""
    with _known(address) as (connection, found):
        result = _result(connection, found, "fifo")
    return {"walletAddress": found.address, "computedAt": result.computed_at, **result.coverage}


@contextmanager
def _known(text: str) -> Iterator[tuple[Connection[Any], Wallet]]:
    """A connection, and the wallet that the path names.

    Raises: InvalidAddress, UnknownWallet.
    """
    address = parse_address(text)
    with doors().snapshot() as connection:
        found = WalletRepository(connection).find(address)
        if found is None:
            raise UnknownWallet
        yield connection, found


def _result(connection: Connection[Any], found: Wallet, method: str) -> StoredResult:
    result = ResultRepository(connection).pnl(found.id, method)
    if result is None:
        raise UnknownWallet
    return result


def _freshness() -> timedelta:
    return timedelta(hours=doors().config.freshness_hours)


def _token_filter(query: dict[str, Any]) -> TokenFilter:
    holding = query["holding"]
    return TokenFilter(
        method=query["method"],
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
