"""What figures are made of: audits, the ledger line by line, curve and calendar, exports, the chain's balances."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from flask import Response, stream_with_context

from api.arguments import Blueprint
from api.audits import audited
from api.doors import doors
from api.exports import FORMATS, exported
from api.known import asked_figures, known_wallet, tag
from api.ledger import ledger_page
from api.reconciliations import reconciliation_of
from api.schemas.evidence import (
    AuditQuerySchema,
    AuditSchema,
    CalendarSchema,
    ComparisonQuerySchema,
    ComparisonSchema,
    ExportQuerySchema,
    SeriesSchema,
    TradePageSchema,
    TradesQuerySchema,
)
from api.schemas.reconciliation import ReconciliationSchema
from api.schemas.wallets import FiguresQuerySchema
from api.series import compared, curve_of, days_json, month_json, total_of
from walletjobs.core.equity import calendar_of

blueprint = Blueprint("evidence", __name__, description="What figures are made of")
blueprint.after_request(tag)


@blueprint.route("/<address>/audit", methods=["GET"])
@blueprint.arguments(AuditQuerySchema, location="query")
@blueprint.response(200, AuditSchema)
@blueprint.refuses(400, 404, 503)
def audit(query: dict[str, Any], address: str) -> Any:
    """A figure's formula, and the tokens, lots, sales and signatures that add up to it."""
    with known_wallet(address) as (connection, found):
        return audited(doors().redis, connection, found, query)


@blueprint.route("/<address>/trades", methods=["GET"])
@blueprint.arguments(TradesQuerySchema, location="query")
@blueprint.response(200, TradePageSchema)
@blueprint.refuses(400, 404, 503)
def trades(query: dict[str, Any], address: str) -> Any:
    """Every transaction of the wallet, newest first, explained to the lamport."""
    with known_wallet(address) as (connection, found):
        return ledger_page(connection, found.id, query)


@blueprint.route("/<address>/pnl/series", methods=["GET"])
@blueprint.arguments(FiguresQuerySchema, location="query")
@blueprint.response(200, SeriesSchema)
@blueprint.refuses(400, 404, 503)
def series(query: dict[str, Any], address: str) -> Any:
    """The curve of realized PnL by UTC day."""
    with known_wallet(address) as (connection, found):
        asked = asked_figures(connection, found, query)
    return {**total_of(asked), "days": days_json(curve_of(asked))}


@blueprint.route("/<address>/pnl/calendar", methods=["GET"])
@blueprint.arguments(FiguresQuerySchema, location="query")
@blueprint.response(200, CalendarSchema)
@blueprint.refuses(400, 404, 503)
def calendar(query: dict[str, Any], address: str) -> Any:
    """Realized PnL by UTC month and day."""
    with known_wallet(address) as (connection, found):
        asked = asked_figures(connection, found, query)
    return {**total_of(asked), "months": [month_json(month) for month in calendar_of(curve_of(asked))]}


@blueprint.route("/<address>/pnl/comparison", methods=["GET"])
@blueprint.arguments(ComparisonQuerySchema, location="query")
@blueprint.response(200, ComparisonSchema)
@blueprint.refuses(400, 404, 503)
def comparison(query: dict[str, Any], address: str) -> Any:
    """The sales whose realized PnL depends on which lots they are said to use up, the widest first."""
    with known_wallet(address) as (connection, found):
        return {"walletAddress": found.address, **compared(doors().redis, connection, found, query["limit"])}


@blueprint.route("/<address>/reconciliation", methods=["GET"])
@blueprint.response(200, ReconciliationSchema)
@blueprint.refuses(400, 404, 503)
def reconciliation(address: str) -> Any:
    """What the ledger says is held against what the chain says, to the base unit."""
    with known_wallet(address) as (connection, found):
        return reconciliation_of(connection, found)


@blueprint.route("/<address>/export.csv", methods=["GET"])
@blueprint.arguments(ExportQuerySchema, location="query")
@blueprint.response(200, content_type="text/csv")
@blueprint.refuses(400, 404, 503)
def export_csv(query: dict[str, Any], address: str) -> Response:
    """Ledger, trades or lots, a row a line."""
    return _file(address, query, "csv")


@blueprint.route("/<address>/export.json", methods=["GET"])
@blueprint.arguments(ExportQuerySchema, location="query")
@blueprint.response(200, content_type="application/json")
@blueprint.refuses(400, 404, 503)
def export_json(query: dict[str, Any], address: str) -> Response:
    """Ledger, trades or lots as a list of objects."""
    return _file(address, query, "json")


def _file(address: str, query: dict[str, Any], ending: str) -> Response:
    """A download; what is refused is refused before its first piece."""
    pieces = exported(address, query, ending)
    first = next(pieces)
    body: Iterator[str] = stream_with_context(chain([first], pieces))
    response = Response(body, content_type=FORMATS[ending][1])
    name = f"{address}-{query['what']}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
