"""The tokens of a wallet."""

from typing import Any

from marshmallow import Schema, fields, validate, validates_schema

from api.schemas.fields import check_scope, maybe_text, maybe_whole, scope_field, text, whole
from api.schemas.figures import Figures, lamports, maybe_sol, method, ratio, sol, window
from walletjobs.db.tokenfilter import SORTS

HOLDINGS = ["held", "exited", "unverified"]


class TokenSchema(Figures):
    """One token of a wallet: its figures, and what providers say of it."""

    mint = text("The token.")
    symbol = maybe_text("Its symbol, as its maker claims.")
    name = maybe_text("Its name, as its maker claims.")
    imageUrl = maybe_text("Its image, fetched and checked by this server.")
    enriched = fields.Boolean(
        required=True, metadata={"description": "Whether a provider has been asked of it."}
    )
    decimals = whole("Decimal places of one token.")
    bought = text("Base units.")
    sold = text("Base units.")
    received = text("Base units that came for nothing.")
    sent = text("Base units sent away, burned or redeemed.")
    deposited = text("Base units put into liquidity, stakes and loans.")
    withdrawn = text("Base units that came back from there.")
    held = text("Base units in the wallet.")
    claimed = text("Base units that lie in liquidity, stakes and loans.")
    heldText = text("Tokens.")
    buys = whole("Buys.")
    sells = whole("Sells.")
    cycles = whole("Positions opened from nothing.")
    costLamports = lamports("Spent, fees included.")
    costSol = sol("Spent, fees included.")
    proceedsLamports = lamports("Received for what has a known cost.")
    proceedsSol = sol("Received for what has a known cost.")
    realizedPnlLamports = lamports("Realized PnL.")
    realizedPnlSol = sol("Realized PnL.")
    openCostLamports = lamports("Cost of what is held.")
    openCostSol = sol("Cost of what is held.")
    claimedCostLamports = lamports("Cost of what lies in liquidity, stakes and loans.")
    claimedCostSol = sol("Cost of what lies in liquidity, stakes and loans.")
    unverifiedQuantity = text("Base units sold beyond what is known to have been acquired.")
    unverifiedProceedsLamports = lamports("Received for them; in no PnL.")
    unverifiedProceedsSol = sol("Received for them; in no PnL.")
    feesLamports = lamports("Fees, inside the figures above.")
    roi = ratio("Realized PnL by the cost of what was sold.")
    firstTrade = maybe_whole("Unix seconds.")
    lastTrade = maybe_whole("Unix seconds.")
    priceUsd = maybe_text("Newest known price of one token.")
    marketValueSol = maybe_sol("What is held at that price.")
    unrealizedPnlSol = maybe_sol("The part of it with a known cost, above that cost.")


class TokenPageSchema(Schema):
    """A page of a wallet's tokens."""

    items = fields.List(fields.Nested(TokenSchema), required=True)
    total = whole("Tokens on all pages.")
    page = whole("This page, from 1.")
    pageSize = whole("Tokens a page.")


class TokensQuerySchema(Schema):
    """Which tokens, in which order."""

    page = fields.Integer(
        load_default=1, validate=validate.Range(1, 100_000), metadata={"description": "The page, from 1."}
    )
    pageSize = fields.Integer(
        load_default=50, validate=validate.Range(1, 200), metadata={"description": "Tokens a page."}
    )
    sort = fields.String(
        load_default="realizedPnl", validate=validate.OneOf(SORTS), metadata={"description": "Sorted by."}
    )
    order = fields.String(
        load_default="desc", validate=validate.OneOf(["asc", "desc"]), metadata={"description": "Which way."}
    )
    search = fields.String(
        load_default="",
        validate=[validate.Length(max=64), validate.ContainsNoneOf("\0")],
        metadata={"description": "Part of a name or symbol, or the beginning of a mint."},
    )
    holding = fields.String(
        load_default=None,
        validate=validate.OneOf(HOLDINGS),
        metadata={"description": "Only tokens held, or exited, or sold without a known purchase."},
    )
    pnl = fields.String(
        load_default=None,
        validate=validate.OneOf(["profit", "loss"]),
        metadata={"description": "Only with a realized profit, or loss."},
    )
    minTrades = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 1_000_000),
        metadata={"description": "Only with as many buys and sells, or more."},
    )
    method = method()
    window = window()
    scope = scope_field()

    @validates_schema
    def check(self, query: dict[str, Any], **_: Any) -> None:
        """Only the whole history has windows.

        Raises: ValidationError.
        """
        check_scope(query)
