"""What is known of a wallet."""

from typing import Any

from marshmallow import Schema, fields, post_dump, validate

from api.schemas.fields import Moment, maybe_text, maybe_whole, text, whole
from walletjobs.core.lots import METHODS
from walletjobs.db.results import SORTS

STATUSES = ["MISSING", "STALE", "CURRENT", "IN_PROGRESS"]
HOLDINGS = ["held", "exited", "unverified"]


def ratio(description: str) -> fields.Float:
    """A number, or null with nothing to divide by."""
    return fields.Float(required=True, allow_none=True, metadata={"description": description})


def sol(description: str) -> fields.String:
    """An amount of SOL as a decimal text, exact."""
    return text(f"{description} SOL, as a decimal text.")


def maybe_sol(description: str) -> fields.String:
    """An amount of SOL as a decimal text, or null where it is not known."""
    return maybe_text(f"{description} SOL, as a decimal text.")


def lamports(description: str) -> fields.Integer:
    """An amount of lamports."""
    return whole(f"{description} Lamports.")


class Figures(Schema):
    """Figures as an analysis stored them; ones without a description here are served too."""

    @post_dump(pass_original=True)
    def keep(self, data: dict[str, Any], original: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Adds what the schema does not name."""
        return {**original, **data}


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
    realizedUsd = maybe_text("Realized PnL at solPriceUsd.")
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
    totalUsd = maybe_text("The same at solPriceUsd.")
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


class PnlSchema(Figures):
    """All figures of profit and loss by one method."""

    walletAddress = text("The wallet.")
    method = text("Which lots a sale uses up first.")
    mode = text("strict: what has no known cost is in no PnL.")
    window = text("Which disposals count.")
    computedAt = Moment("When it was computed.")
    coverage = fields.Nested(CoverageSchema, required=True)
    tokens = whole("Tokens traded.")
    buys = whole("Buys.")
    sells = whole("Sells.")
    realizedPnlLamports = lamports("Realized PnL.")
    realizedPnlSol = sol("Realized PnL.")
    openCostLamports = lamports("Cost of what is still held.")
    unverifiedProceedsLamports = lamports("Received for tokens without a known purchase; in no PnL.")
    feesLamports = lamports("Network, tips and platform fees.")
    roi = ratio("Realized PnL by the cost of what was sold.")
    tokenWinRate = fields.Nested(RateSchema, required=True)
    cycleWinRate = fields.Nested(RateSchema, required=True)


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


class TokenSchema(Figures):
    """One token of a wallet: its figures, and what providers say of it."""

    mint = text("The token.")
    symbol = maybe_text("Its symbol, as its maker claims.")
    name = maybe_text("Its name, as its maker claims.")
    imageUrl = maybe_text("Its image; https only.")
    enriched = fields.Boolean(
        required=True, metadata={"description": "Whether a provider has been asked of it."}
    )
    decimals = whole("Decimal places of one token.")
    bought = text("Base units.")
    sold = text("Base units.")
    held = text("Base units.")
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


def method() -> fields.String:
    """Which lots a sale uses up first."""
    return fields.String(
        load_default="fifo",
        validate=validate.OneOf(METHODS),
        metadata={"description": "Which lots a sale uses up first."},
    )


def window() -> fields.String:
    """Which disposals count."""
    return fields.String(
        load_default="all",
        validate=validate.OneOf(["all"]),
        metadata={"description": "Which disposals count."},
    )


class FiguresQuerySchema(Schema):
    """Which figures."""

    method = method()
    window = window()


class BehaviorQuerySchema(Schema):
    """Which metrics."""

    window = window()


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
