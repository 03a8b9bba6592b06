"""What figures are made of, on the wire."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from api.schemas.fields import Address, Moment, maybe_text, maybe_whole, text, whole
from api.schemas.figures import Figures, lamports, method, sol
from api.schemas.wallets import FiguresQuerySchema
from walletjobs.core.audit import FIGURES
from walletjobs.core.entries import Kind
from walletjobs.core.walletaudit import WALLET_FIGURES

MOST_LINES = 5_000


def _limit(most: int, usual: int, what: str) -> fields.Integer:
    return fields.Integer(
        load_default=usual, validate=validate.Range(1, most), metadata={"description": f"{what} at most."}
    )


def _by_method(description: str, values: fields.Field[Any]) -> fields.Dict:
    about = {"description": f"{description} By method."}
    return fields.Dict(keys=fields.String(), values=values, required=True, metadata=about)


class AuditQuerySchema(FiguresQuerySchema):
    """Which figure."""

    figure = fields.String(required=True, metadata={"description": "Its name, such as realizedPnl."})
    mint = Address("Of this token; without it: of the wallet.", load_default=None)
    limit = _limit(MOST_LINES, 500, "Lines or parts")

    @validates_schema
    def has_a_formula(self, data: Mapping[str, Any], **_: Any) -> None:
        """Refuses a figure that no formula explains, and names those that one does."""
        known = FIGURES if data.get("mint") else WALLET_FIGURES
        if data.get("figure") not in known:
            raise ValidationError(f"There is no formula of it; ask for one of {', '.join(known)}.", "figure")


class PlacedSchema(Schema):
    """A transaction."""

    signature = text("Its signature.")
    slot = whole("Its slot.")
    blockTime = whole("Unix seconds.")


class AuditTermSchema(Schema):
    """A figure inside a figure."""

    figure = text("Its name.")
    amount = text("As it enters the sum, signed.")
    amountText = text("The same for people.")


class AuditLineSchema(PlacedSchema):
    """One addend of a token's figure."""

    what = text("buy, sell, receive, send, deposit, withdraw or redeem.")
    quantity = text("Base units.")
    quantityText = text("Tokens.")
    amount = text("What it adds, in the figure's unit.")
    amountText = text("The same for people.")
    costLamports = maybe_whole("What the lot's part had cost, of a sale.")
    proceedsLamports = maybe_whole("What it brought, of a sale.")
    lot = fields.Nested(
        PlacedSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The purchase it goes back to."},
    )


class AuditPartSchema(Schema):
    """One part of a wallet's figure: a token, a round trip or a transaction."""

    mint = maybe_text("The token.")
    symbol = maybe_text("Its symbol, as its maker claims.")
    signature = maybe_text("The transaction.")
    slot = maybe_whole("Its slot.")
    blockTime = maybe_whole("Unix seconds: of the transaction, or of the round trip's end.")
    since = maybe_whole("Unix seconds of the round trip's beginning.")
    amount = text("What it adds. Lamports.")
    amountText = text("The same in SOL.")


class MissingSchema(Schema):
    """What no figure of the token can say."""

    unverifiedQuantity = text("Base units sold without a known cost.")
    unverifiedProceedsLamports = lamports("Received for them.")
    unverified = fields.List(fields.String(), required=True, metadata={"description": "Their signatures."})
    unpriced = fields.List(
        fields.String(), required=True, metadata={"description": "Trades for a value nobody knows."}
    )
    withoutUsd = fields.List(
        fields.String(), required=True, metadata={"description": "Trades whose price of SOL nobody knows."}
    )


class AuditSchema(Schema):
    """One figure, explained. A token's has ``lines``, ``terms`` and ``missing``, a wallet's has ``parts``."""

    walletAddress = text("The wallet.")
    computedAt = Moment("When it was computed.")
    method = text("Which lots a sale uses up first.")
    window = text("Which events count.")
    figure = text("Its name.")
    formula = text("How it comes about, in words.")
    unit = text("lamports, base units or ratio.")
    total = maybe_text("The figure; null with nothing to divide by.")
    totalText = maybe_text("The same for people, of an amount.")
    count = whole("Lines or parts that add up to it; limit says how many are shown.")
    mint = fields.String(metadata={"description": "The token."})
    decimals = fields.Integer(metadata={"description": "Decimal places of the token."})
    terms = fields.List(fields.Nested(AuditTermSchema))
    lines = fields.List(fields.Nested(AuditLineSchema))
    missing = fields.Nested(MissingSchema)
    parts = fields.List(fields.Nested(AuditPartSchema))


class TradesQuerySchema(Schema):
    """Which lines of the ledger."""

    mint = Address("Only those that moved this token.", load_default=None)
    kind = fields.String(
        load_default=None,
        validate=validate.OneOf([kind.value for kind in Kind]),
        metadata={"description": "Only those of this kind."},
    )
    cursor = fields.Integer(
        load_default=None,
        validate=validate.Range(0, 2**31 - 1),
        metadata={"description": "nextCursor of the page before."},
    )
    limit = _limit(200, 50, "Lines")


class LedgerTokenSchema(Figures):
    """A token in a transaction."""

    mint = text("The token.")
    delta = text("What the wallet gained or lost. Base units.")
    decimals = whole("Decimal places of the token.")


class LedgerLineSchema(Figures):
    """A transaction of the wallet, explained to the lamport."""

    place = whole("Its number in the wallet's ledger, oldest first, from 0.")
    signature = text("Its signature.")
    slot = whole("Its slot.")
    blockTime = whole("Unix seconds.")
    kind = text("What it means, such as buy.")
    solDeltaLamports = lamports("What it changed.")
    components = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "Parts of solDeltaLamports with a known reason; they sum to it."},
    )
    rentLockedLamports = lamports("Put into deposits of own accounts, or taken out.")
    tokens = fields.List(fields.Nested(LedgerTokenSchema), required=True)
    valueLamports = maybe_whole("What its tokens were worth, before fees.")
    valueSource = maybe_text("Where that is known from.")


class TradePageSchema(Schema):
    """Lines of a wallet's ledger, newest first."""

    items = fields.List(fields.Nested(LedgerLineSchema), required=True)
    nextCursor = maybe_whole("Where older lines go on; null at the end.")


class DaySchema(Schema):
    """A UTC day with realized events."""

    date = text("ISO 8601.")
    day = whole("Unix seconds of its midnight.")
    realizedLamports = lamports("Realized that day.")
    realizedSol = sol("Realized that day.")
    cumulativeLamports = lamports("Realized up to its end.")
    cumulativeSol = sol("Realized up to its end.")
    drawdownLamports = lamports("How far that lies below the highest day's end before.")
    drawdownSol = sol("How far that lies below the highest day's end before.")
    realizedUsd = maybe_text("Realized that day, each event at its own price; null where one is not known.")
    cumulativeUsd = maybe_text("Realized up to its end; null from the first day on whose price is not known.")


class DatedSchema(Schema):
    """Figures with what they are of."""

    walletAddress = text("The wallet.")
    computedAt = Moment("When they were computed.")
    method = text("Which lots a sale uses up first.")
    window = text("Which events count.")
    totalLamports = lamports("Realized PnL, the sum of it all.")
    totalSol = sol("Realized PnL, the sum of it all.")
    totalUsd = maybe_text("The same, each event at its own price; null where one is not known.")


class SeriesSchema(DatedSchema):
    """The curve of realized PnL."""

    days = fields.List(fields.Nested(DaySchema), required=True)


class MonthSchema(Schema):
    """A UTC month."""

    month = text("ISO 8601.")
    realizedLamports = lamports("Realized that month.")
    realizedSol = sol("Realized that month.")
    realizedUsd = maybe_text("Realized that month; null where a day's is not known.")
    winningDays = whole("Days above zero.")
    losingDays = whole("Days below zero.")
    days = fields.List(fields.Nested(DaySchema), required=True)


class CalendarSchema(DatedSchema):
    """Realized PnL by month and day."""

    months = fields.List(fields.Nested(MonthSchema), required=True)


class ComparisonQuerySchema(Schema):
    """How many differences."""

    limit = _limit(500, 50, "Sales")


class SaleSchema(PlacedSchema):
    """A sale that methods see differently."""

    mint = text("The token.")
    quantity = text("Base units.")
    realizedPnlLamports = _by_method("Realized PnL. Lamports.", fields.Integer())
    realizedPnlSol = _by_method("The same in SOL.", fields.String())
    spreadLamports = lamports("How far the methods lie apart.")
    spreadSol = sol("How far the methods lie apart.")


class TotalSchema(Schema):
    """A wallet by one method."""

    realizedPnlLamports = lamports("Realized PnL.")
    realizedPnlSol = sol("Realized PnL.")


class ComparisonSchema(Schema):
    """The sales whose realized PnL depends on the method."""

    walletAddress = text("The wallet.")
    computedAt = Moment("When it was computed.")
    methods = _by_method("The wallet.", fields.Nested(TotalSchema))
    count = whole("Sales that methods see differently.")
    sales = fields.List(
        fields.Nested(SaleSchema), required=True, metadata={"description": "The widest apart first."}
    )


class ExportQuerySchema(Schema):
    """What to export."""

    what = fields.String(
        load_default="trades",
        validate=validate.OneOf(["ledger", "trades", "lots"]),
        metadata={"description": "Rows of what."},
    )
    method = method()
