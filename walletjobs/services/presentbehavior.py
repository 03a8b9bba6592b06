"""The metrics of behavior as JSON objects; the names and units are those of ``present``."""

from walletjobs.core.behavior import Behavior, Holdings, Measure
from walletjobs.core.rhythm import Rhythm
from walletjobs.core.style import Style
from walletjobs.services.present import Json, amounts


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
                **amounts(pnl=bucket.pnl),
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


def _measure(measure: Measure) -> Json:
    return {"value": measure.value, "n": measure.n}


def _lamports(measure: Measure) -> Json:
    return {**amounts(value=None if measure.value is None else round(measure.value)), "n": measure.n}


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
