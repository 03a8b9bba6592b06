"""The ledger against the chain, on the wire."""

from marshmallow import Schema, fields

from api.schemas.fields import Moment, maybe_text, maybe_whole, text, whole


class ReconciledSchema(Schema):
    """One asset by the ledger and by the chain."""

    mint = text("The asset; SOL is under the mint of wrapped SOL.")
    decimals = whole("Its decimal places.")
    replayed = text("In the wallet's accounts by the ledger. Base units.")
    inOrders = text("In escrow of open orders, by the ledger. Base units.")
    reported = text("By the chain. Base units.")
    residual = text("What the chain has beyond the ledger. Base units.")
    residualText = text("The same for people.")
    verified = fields.Boolean(required=True, metadata={"description": "Whether both agree exactly."})


class BreakSchema(Schema):
    """A balance that jumps between two transactions: something between them was not seen."""

    account = text("The account.")
    mint = text("Of which asset.")
    missing = text("What came (+) or left (−) unseen. Base units.")
    afterSlot = maybe_whole("Slot of the last transaction before it; null where nothing was seen before.")
    afterSignature = maybe_text("That transaction.")
    beforeSlot = whole("Slot of the first transaction after it.")
    beforeSignature = text("That transaction.")


class ReconciliationSchema(Schema):
    """The ledger against the chain."""

    walletAddress = text("The wallet.")
    computedAt = Moment("When the ledger was computed.")
    ledgerSlot = maybe_whole("Slot of the newest transaction in the ledger.")
    balancesSlot = maybe_whole("Slot at which the chain told its balances; null where it was never asked.")
    balancesAt = Moment("When it was asked.", allow_none=True)
    verified = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={"description": "Whether all assets agree; null where the chain was never asked."},
    )
    assets = fields.List(fields.Nested(ReconciledSchema), required=True)
    breaks = fields.List(fields.Nested(BreakSchema), required=True)
