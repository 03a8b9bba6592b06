"""The figures as JSON objects: one set of names for the command line, the API and what is stored.

Lamports are integers; base units are texts, because JavaScript loses digits beyond 2^53; SOL is a decimal text; ratios
are numbers or null; times are unix seconds.
"""

from typing import Any

from walletjobs.core.coverage import Coverage
from walletjobs.core.entries import Entry
from walletjobs.core.pnl import Rate, Spread, WalletPnl
from walletjobs.core.tokens import TokenPnl, Usd
from walletjobs.core.units import decimal_text, sol_text, usd_text

Json = dict[str, Any]


def ledger_line(entry: Entry) -> Json:
    """One ledger entry; its components sum to ``solDeltaLamports``."""
    parts = entry.components
    return {
        "signature": entry.signature,
        "slot": entry.slot,
        "blockTime": entry.block_time,
        "kind": entry.kind.value,
        "solDeltaLamports": entry.sol_delta,
        "components": {name: getattr(parts, name) for name in parts.__struct_fields__},
        "rentLockedLamports": entry.rent_locked,
        "tokens": [
            {"mint": mint, "delta": str(delta), "decimals": entry.decimals[mint]}
            for mint, delta in entry.tokens.items()
        ]
        + [
            {"mint": mint, "delta": "0", "decimals": entry.decimals[mint], "passedOn": str(quantity)}
            for mint, quantity in entry.passed.items()
        ],
        "valueLamports": entry.value,
        "valueSource": entry.value_source,
        "solPriceUsd": None if entry.sol_price is None else usd_text(entry.sol_price),
        "flags": list(entry.flags),
        "label": entry.label,
        "venue": entry.venue,
    }


def token_json(token: TokenPnl) -> Json:
    """The figures of one token."""
    tally = token.tally
    return {
        "mint": token.mint,
        "decimals": token.decimals,
        "bought": str(tally.bought),
        "sold": str(tally.sold),
        "received": str(tally.received),
        "sent": str(tally.sent),
        "deposited": str(tally.deposited),
        "withdrawn": str(tally.withdrawn),
        "held": str(token.held),
        "claimed": str(token.claimed),
        "heldKnown": str(token.held_known),
        "heldText": decimal_text(token.held, token.decimals),
        **amounts(
            cost=tally.cost,
            costDisposed=tally.cost_disposed,
            costSent=tally.cost_sent,
            costUnpriced=tally.cost_unpriced,
            proceeds=tally.proceeds,
            realizedPnl=tally.realized_pnl,
            openCost=token.open_cost,
            claimedCost=token.claimed_cost,
            unverifiedProceeds=tally.unverified_proceeds,
            fees=token.fees,
            networkFees=tally.network_fees,
            tips=tally.tips,
            platformFees=tally.platform_fees,
            rentsForOthers=tally.rents,
        ),
        **_usd(token.usd),
        "unverifiedQuantity": str(tally.unverified_quantity),
        "unpricedTrades": tally.unpriced,
        "roi": token.roi,
        "buys": tally.buys,
        "sells": tally.sells,
        "cycles": token.cycles,
        "cycleOpen": token.cycle_open,
        "firstTrade": tally.first_trade,
        "lastTrade": tally.last_trade,
    }


def wallet_json(figures: WalletPnl) -> Json:
    """The figures of a wallet."""
    return {
        "tokens": figures.tokens,
        "buys": figures.buys,
        "sells": figures.sells,
        **amounts(
            cost=figures.cost,
            costDisposed=figures.cost_disposed,
            proceeds=figures.proceeds,
            realizedPnl=figures.realized_pnl,
            openCost=figures.open_cost,
            claimedCost=figures.claimed_cost,
            unverifiedProceeds=figures.unverified_proceeds,
            fees=figures.network_fees + figures.tips + figures.platform_fees,
            networkFees=figures.network_fees,
            tips=figures.tips,
            platformFees=figures.platform_fees,
            arbitragePnl=figures.arbitrage_pnl,
            maxDrawdown=figures.max_drawdown,
            expectancy=figures.expectancy,
        ),
        **_usd(figures.usd),
        "unverifiedTokens": figures.unverified_tokens,
        "unpricedTrades": figures.unpriced,
        "arbitrages": figures.arbitrages,
        "roi": figures.roi,
        "tokenWinRate": _rate(figures.token_wins),
        "cycleWinRate": _rate(figures.cycle_wins),
        "profitFactor": figures.profit_factor,
        "spread": _spread(figures.spread),
        "winningStreak": figures.winning_streak,
        "losingStreak": figures.losing_streak,
        "returns": [{"bucket": name, "cycles": count} for name, count in figures.returns],
        "days": [
            {
                "day": day,
                **amounts(realizedPnl=pnl),
                "realizedPnlUsd": None if usd is None else usd_text(usd),
            }
            for (day, pnl), usd in zip(figures.days, figures.days_usd, strict=True)
        ],
    }


def coverage_json(coverage: Coverage) -> Json:
    """The ground under a result."""
    return {
        "complete": coverage.complete,
        "gaps": coverage.gaps,
        "capped": coverage.capped,
        "unreadable": coverage.unreadable,
        "transactions": coverage.transactions,
        "failed": coverage.failed,
        "firstSlot": coverage.first_slot,
        "lastSlot": coverage.last_slot,
        "firstTime": coverage.first_time,
        "lastTime": coverage.last_time,
        "unexplainedLamports": coverage.unexplained,
        **amounts(unverifiedProceeds=coverage.unverified_proceeds),
        "unverifiedTokens": coverage.unverified_tokens,
        "unpricedTrades": coverage.unpriced,
        "ties": coverage.ties,
        "verifiedShare": coverage.verified_share,
    }


def amounts(**lamports: int | None) -> Json:
    """Each amount twice: ``…Lamports`` to compute with, ``…Sol`` to show."""
    result: Json = {}
    for name, amount in lamports.items():
        result[f"{name}Lamports"] = amount
        result[f"{name}Sol"] = None if amount is None else sol_text(amount)
    return result


def _usd(usd: Usd) -> Json:
    """USD texts; null with the number of gaps where an event's price of SOL is not known."""
    told = {
        "costUsd": usd.cost,
        "proceedsUsd": usd.proceeds,
        "realizedPnlUsd": usd.realized_pnl,
        "openCostUsd": usd.open_cost,
        "unverifiedProceedsUsd": usd.unverified_proceeds,
    }
    known = {name: None if usd.gaps or amount is None else usd_text(amount) for name, amount in told.items()}
    return {**known, "usdGaps": usd.gaps}


def _rate(rate: Rate) -> Json:
    return {
        "value": rate.value,
        "n": rate.n,
        "winners": rate.winners,
        "losers": rate.losers,
        "breakEven": rate.break_even,
    }


def _spread(spread: Spread) -> Json:
    return {
        "n": spread.n,
        **amounts(
            median=spread.median,
            trimmedMean=spread.trimmed_mean,
            standardDeviation=spread.standard_deviation,
            best=spread.best,
            worst=spread.worst,
        ),
        "topFiveShare": spread.top_five_share,
    }
