"""The figures as JSON objects: one set of names for the command line, the API and what is stored.

Lamports are integers; base units are texts, because JavaScript loses digits beyond 2^53; SOL is a decimal text; ratios
are numbers or null; times are unix seconds.
"""

from typing import Any

from walletjobs.core.behavior import Behavior, Holdings, Measure
from walletjobs.core.coverage import Coverage
from walletjobs.core.entries import Entry
from walletjobs.core.pnl import Rate, Spread, WalletPnl
from walletjobs.core.rhythm import Rhythm
from walletjobs.core.style import Style
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
        **_amounts(
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
        **_amounts(
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
                **_amounts(realizedPnl=pnl),
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
        **_amounts(unverifiedProceeds=coverage.unverified_proceeds),
        "unverifiedTokens": coverage.unverified_tokens,
        "unpricedTrades": coverage.unpriced,
        "ties": coverage.ties,
        "verifiedShare": coverage.verified_share,
    }


def behavior_json(behavior: Behavior) -> Json:
    """The metrics of a wallet, each with its n."""
    return {
        "style": _style(behavior.style),
        "uniqueTokens": behavior.unique_tokens,
        "tokensWithBuysAndSells": behavior.tokens_two_sided,
        "tokensOnlyBought": behavior.tokens_only_bought,
        "tokensOnlySold": behavior.tokens_only_sold,
        "buys": behavior.buys,
        "sells": behavior.sells,
        "tradesPerToken": _measure(behavior.trades_per_token),
        "buySellRatio": _measure(behavior.buy_sell_ratio),
        "holdTime": {
            "weightedMeanHours": _hours(behavior.mean_hold.value),
            "medianHours": _hours(behavior.median_hold.value),
            "n": behavior.median_hold.n,
        },
        "holdTimeDistribution": [
            {
                "bucket": bucket.name,
                "matches": bucket.matches,
                "share": bucket.share,
                "winRate": bucket.win_rate,
                **_amounts(pnl=bucket.pnl),
                "roi": bucket.roi,
            }
            for bucket in behavior.hold_buckets
        ],
        "currentHoldings": _holdings(behavior.holdings),
        "symmetry": _measure(behavior.symmetry),
        "consistency": _measure(behavior.consistency),
        "reentryRate": _measure(behavior.reentry_rate),
        "averageTrade": _lamports(behavior.average_trade),
        "largestTrade": _lamports(behavior.largest_trade),
        **_rhythm(behavior.rhythm),
        "flipperScore": _measure(behavior.flipper_score),
        "fastRoundTrips": _measure(behavior.fast_round_trips),
        "failedShare": _measure(behavior.failed_share),
        "feeBurden": _measure(behavior.fee_burden),
    }


def _amounts(**lamports: int | None) -> Json:
    """Each amount twice: ``…Lamports`` to compute with, ``…Sol`` to show."""
    result: Json = {}
    for name, amount in lamports.items():
        result[f"{name}Lamports"] = amount
        result[f"{name}Sol"] = None if amount is None else sol_text(amount)
    return result


def _usd(usd: Usd) -> Json:
    """USD texts; null with the number of gaps where an event's price of SOL is not known."""
    amounts = {
        "costUsd": usd.cost,
        "proceedsUsd": usd.proceeds,
        "realizedPnlUsd": usd.realized_pnl,
        "openCostUsd": usd.open_cost,
        "unverifiedProceedsUsd": usd.unverified_proceeds,
    }
    known = {
        name: None if usd.gaps or amount is None else usd_text(amount) for name, amount in amounts.items()
    }
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
        **_amounts(
            median=spread.median,
            trimmedMean=spread.trimmed_mean,
            standardDeviation=spread.standard_deviation,
            best=spread.best,
            worst=spread.worst,
        ),
        "topFiveShare": spread.top_five_share,
    }


def _measure(measure: Measure) -> Json:
    return {"value": measure.value, "n": measure.n}


def _lamports(measure: Measure) -> Json:
    return {**_amounts(value=None if measure.value is None else round(measure.value)), "n": measure.n}


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / 3600, 4)


def _holdings(holdings: Holdings) -> Json:
    return {
        "meanAgeHours": _hours(holdings.mean_age),
        "medianAgeHours": _hours(holdings.median_age),
        "shareOfCost": holdings.share_of_cost,
        "n": holdings.lots,
    }


def _style(style: Style) -> Json:
    return {
        "speed": style.speed,
        "pattern": style.pattern,
        "medianHoldHours": _hours(style.median_hold),
        "n": style.n,
        "confidence": style.confidence,
        "inputs": {
            "closedCycles": style.cycle_input,
            "verifiedQuantity": style.verified_input,
            "symmetry": style.symmetry_input,
        },
        "sentence": style.sentence,
    }


def _rhythm(rhythm: Rhythm) -> Json:
    sessions = rhythm.sessions
    n = rhythm.trades
    return {
        "tradesPerDay": {"value": rhythm.per_day, "n": n},
        "tradesPerWeek": {"value": rhythm.per_week, "n": n},
        "tradesPerMonth": {"value": rhythm.per_month, "n": n},
        "sessions": {
            "count": sessions.count,
            "averageTrades": sessions.average_trades,
            "averageLengthHours": _hours(sessions.average_length),
            "startHourUtc": sessions.start_hour,
        },
        "activity": [list(day) for day in rhythm.hours],
        "activeWindowsUtc": [{"from": first, "to": last} for first, last in rhythm.active_windows],
        "focusScore": {"value": rhythm.focus_score, "n": n},
    }
