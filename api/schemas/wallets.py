"""What is known of a wallet."""

from datetime import UTC
from typing import Any

from marshmallow import Schema, fields, validate, validates_schema

from api.schemas.fields import Moment, check_scope, maybe_text, maybe_whole, scope_field, text, whole
from api.schemas.figures import Figures, lamports, maybe_sol, method, ratio, sol, window

STATUSES = ["MISSING", "STALE", "CURRENT", "IN_PROGRESS"]


class MeasureSchema(Figures):
    """A metric and how many things it rests on."""

    value = ratio("The metric; null with a sample too small.")
    n = whole("The sample's size.")


class RateSchema(Figures):
    """A win rate."""

    value = ratio("Winners among those decided, 0 to 1.")
    n = whole("How many were decided.")
    winners = whole("Above zero.")
    losers = whole("Below zero.")
    breakEven = whole("Exactly zero.")


class StyleSchema(Figures):
    """How the wallet trades."""

    speed = maybe_text("By the median hold of closed cycles, such as SCALPER.")
    pattern = text("By its buys and sells, such as BALANCED.")
    confidence = ratio("0 to 1.")
    n = whole("Closed cycles.")
    sentence = text("The same in a sentence.")


class CoverageSchema(Figures):
    """What the figures rest on."""

    complete = fields.Boolean(
        required=True, metadata={"description": "Whether the whole history is in them."}
    )
    capped = fields.Boolean(required=True, metadata={"description": "Whether the transaction cap cut it."})
    gaps = whole("Holes in the history.")
    transactions = whole("Transactions seen.")
    unreadable = whole("Transactions in a form that cannot be read.")
    firstTime = maybe_whole("Unix seconds of the first transaction.")
    lastTime = maybe_whole("Unix seconds of the last one.")
    unexplainedLamports = lamports("SOL that moved without an explanation.")
    unverifiedProceedsLamports = lamports("Received for tokens without a known purchase; in no PnL.")
    unverifiedTokens = whole("Tokens that were sold beyond what is known to have been acquired.")
    unpricedTrades = whole("Trades without a known value.")
    ties = whole("Entries that share a slot and a token, in an order that only the provider's listing tells.")
    verifiedShare = ratio("Share of proceeds with a known cost, 0 to 1.")


class PnlSummarySchema(Schema):
    """Profit and loss, in short."""

    method = text("Which lots a sale uses up first.")
    mode = text("strict: what has no known cost is in no PnL.")
    window = text("Which disposals count.")
    tokens = whole("Tokens traded.")
    buys = whole("Buys.")
    sells = whole("Sells.")
    realizedSol = sol("Realized PnL.")
    realizedLamports = lamports("Realized PnL.")
    realizedUsd = maybe_text(
        "Realized PnL, each event at its minute's price of SOL; null where one is not known."
    )
    unrealizedSol = maybe_sol("Market value of what is held above its cost, where prices are known.")
    unrealizedLamports = maybe_whole("The same. Lamports.")
    unrealizedUsd = maybe_text("The same at solPriceUsd.")
    unrealizedReason = maybe_text(
        "Why it is null or leaves something out: sol_price_missing, prices_missing."
    )
    unpricedHoldings = whole("Held tokens without a known price; they are not in unrealized.")
    marketValueSol = maybe_sol("Market value of what is held.")
    totalSol = maybe_sol("Realized and unrealized.")
    totalLamports = maybe_whole("The same. Lamports.")
    totalUsd = maybe_text("realizedUsd and unrealizedUsd.")
    costSol = sol("Spent on tokens, fees included.")
    proceedsSol = sol("Received for tokens with a known cost.")
    openCostSol = sol("Cost of what is still held.")
    unverifiedProceedsSol = sol("Received for tokens without a known purchase; in no PnL.")
    feesSol = sol("Network, tips and platform fees, inside the figures above.")
    roi = ratio("Realized PnL by the cost of what was sold.")
    solPriceUsd = maybe_text("Newest known price of SOL in USD.")
    solPriceAt = Moment("When that price was found.", allow_none=True)


class WinRatesSchema(Schema):
    """Win rates."""

    tokens = fields.Nested(RateSchema, required=True)
    cycles = fields.Nested(RateSchema, required=True)


class BalanceSchema(Schema):
    """SOL and wrapped SOL on the chain, when it was last asked."""

    sol = sol("Balance.")
    lamports = lamports("Balance.")
    fetchedAt = Moment("When the chain was asked.")


class WalletLineSchema(Schema):
    """A wallet in a list."""

    walletAddress = text("The wallet.")
    status = text("MISSING, STALE, CURRENT or IN_PROGRESS.", validate=validate.OneOf(STATUSES))
    wallet_class = fields.String(
        required=True, data_key="class", metadata={"description": "Such as normal or high_frequency."}
    )
    lastAnalyzedAt = Moment("End of the last whole analysis.", allow_none=True)
    lastSyncedAt = Moment("End of the last whole sync.", allow_none=True)
    runningJobId = maybe_text("The analysis that works on it now.")
    transactions = whole("Transactions stored.")


class WalletInListSchema(WalletLineSchema):
    """A wallet in a list, with its realized PnL."""

    realizedSol = maybe_sol("Realized PnL.")
    realizedLamports = maybe_whole("Realized PnL. Lamports.")


class WalletListSchema(Schema):
    """Some wallets."""

    items = fields.List(fields.Nested(WalletInListSchema), required=True)


class WalletSchema(WalletLineSchema):
    """A wallet: what its last analysis found. Before the first one has ended its figures are null."""

    coverage = fields.Nested(CoverageSchema, required=True, allow_none=True)
    pnl = fields.Nested(PnlSummarySchema, required=True, allow_none=True)
    winRate = fields.Nested(WinRatesSchema, required=True, allow_none=True)
    style = fields.Nested(StyleSchema, required=True, allow_none=True)
    balance = fields.Nested(BalanceSchema, required=True, allow_none=True)


class WalletFiguresSchema(Figures):
    """Figures of profit and loss of a wallet."""

    tokens = whole("Tokens traded.")
    buys = whole("Buys.")
    sells = whole("Sells.")
    realizedPnlLamports = lamports("Realized PnL.")
    realizedPnlSol = sol("Realized PnL.")
    openCostLamports = lamports("Cost of what is still held.")
    claimedCostLamports = lamports("Cost of what lies in liquidity, stakes and loans.")
    unverifiedProceedsLamports = lamports("Received for tokens without a known purchase; in no PnL.")
    feesLamports = lamports("Network, tips and platform fees.")
    roi = ratio("Realized PnL by the cost of what was sold.")
    tokenWinRate = fields.Nested(RateSchema, required=True)
    cycleWinRate = fields.Nested(RateSchema, required=True)


class PnlSchema(WalletFiguresSchema):
    """All figures of profit and loss by one method."""

    walletAddress = text("The wallet.")
    method = text("Which lots a sale uses up first.")
    mode = text("strict: what has no known cost is in no PnL.")
    window = text("Which disposals count.")
    since = fields.Integer(metadata={"description": "Unix seconds of the window's start; not for all."})
    computedAt = Moment("When it was computed.")
    coverage = fields.Nested(CoverageSchema, required=True)


class BehaviorSchema(Figures):
    """How the wallet trades; each metric with its n."""

    walletAddress = text("The wallet.")
    computedAt = Moment("When it was computed.")
    style = fields.Nested(StyleSchema, required=True)
    uniqueTokens = whole("Tokens traded.")
    buys = whole("Buys.")
    sells = whole("Sells.")
    tradesPerToken = fields.Nested(MeasureSchema, required=True)
    tradesPerDay = fields.Nested(MeasureSchema, required=True)
    symmetry = fields.Nested(MeasureSchema, required=True)
    consistency = fields.Nested(MeasureSchema, required=True)
    flipperScore = fields.Nested(MeasureSchema, required=True)


class WalletCoverageSchema(CoverageSchema):
    """What the wallet's figures rest on."""

    walletAddress = text("The wallet.")
    computedAt = Moment("When they were computed.")


class ScopeQuerySchema(Schema):
    """The results of which analysis."""

    scope = scope_field()


class PeriodQuerySchema(Schema):
    """Which part of the history."""

    window = window()
    start = fields.AwareDateTime(
        format="iso",
        default_timezone=UTC,
        data_key="from",
        metadata={"description": "A period of your own instead of a window: from then on; ISO 8601."},
    )
    end = fields.AwareDateTime(
        format="iso",
        default_timezone=UTC,
        data_key="to",
        metadata={"description": "Until before then; ISO 8601."},
    )


class FiguresQuerySchema(PeriodQuerySchema):
    """Which figures."""

    method = method()


class BehaviorQuerySchema(PeriodQuerySchema, ScopeQuerySchema):
    """Which metrics."""

    @validates_schema
    def check(self, query: dict[str, Any], **_: Any) -> None:
        """Only the whole history has windows and periods.

        Raises: ValidationError.
        """
        check_scope(query)


class PnlQuerySchema(FiguresQuerySchema, BehaviorQuerySchema):
    """Which figures, of which analysis."""


class WalletsQuerySchema(Schema):
    """Which wallets."""

    search = fields.String(
        load_default="",
        validate=[validate.Length(max=44), validate.ContainsNoneOf("\0")],
        metadata={"description": "The beginning of the address; without it the ones analyzed last come."},
    )
    limit = fields.Integer(
        load_default=20, validate=validate.Range(1, 100), metadata={"description": "Wallets at most."}
    )
