"""Every metric of a wallet, by hand on a tiny ledger; behavior.md, "Metrics of a wallet"."""

import json
from typing import Any

import pytest
from ledgers import book_of, buy, gift, sell, send, swap
from scenes import BOT, MINT, OTHER_MINT, START, THIRD_MINT, WALLET, Scene

from walletjobs.core.behavior import Behavior, Measure, behavior_of
from walletjobs.core.habits import DAY, HOUR, MINUTE
from walletjobs.services.presentbehavior import behavior_json

SOL = 10**9


def behavior(*scenes: Scene, now: int = START + DAY) -> Behavior:
    return behavior_of(book_of(*scenes), now)


def held_for(seconds: int, cost: int = 1000, proceeds: int = 2000, slot: int = 1) -> list[Scene]:
    """A round trip in one token."""
    return [
        buy(MINT, 100, cost, slot, fee=0, at=START),
        sell(MINT, 100, proceeds, slot + 1, fee=0, at=START + seconds),
    ]


def tiny() -> list[Scene]:
    """Two-sided: MINT (2 buys, 1 sell) and THIRD_MINT (1, 2). OTHER_MINT is only bought. Fees apart."""
    return [
        buy(MINT, 100, 1 * SOL, 1, fee=0, at=START),
        buy(THIRD_MINT, 50, 4 * SOL, 2, fee=0, at=START + MINUTE),
        buy(MINT, 100, 3 * SOL, 3, fee=0, at=START + 2 * MINUTE),
        sell(MINT, 50, 1 * SOL, 4, fee=0, at=START + 10 * MINUTE),
        sell(THIRD_MINT, 25, 1 * SOL, 5, fee=0, at=START + 2 * HOUR),
        sell(THIRD_MINT, 25, 5 * SOL, 6, fee=0, at=START + 3 * HOUR),
        buy(OTHER_MINT, 7, 2 * SOL, 7, fee=0, at=START + 6 * HOUR),
    ]


def test_tokens_and_trades_are_counted_by_their_sides() -> None:
    counted = behavior(*tiny())
    assert counted.unique_tokens == 3
    assert (counted.tokens_two_sided, counted.tokens_only_bought, counted.tokens_only_sold) == (2, 1, 0)
    assert (counted.buys, counted.sells) == (4, 3)
    assert counted.trades_per_token == Measure(round(7 / 3, 6), 3)
    assert counted.buy_sell_ratio == Measure(round(4 / 3, 6), 7)


def test_buy_sell_ratio_is_null_without_sells() -> None:
    assert behavior(buy(MINT, 1, 1)).buy_sell_ratio == Measure(None, 1)


def test_a_token_only_sold_is_counted_as_such() -> None:
    assert behavior(gift(MINT, 5, 1), sell(MINT, 5, 9, 2)).tokens_only_sold == 1


def test_entries_that_are_no_trades_are_no_trades() -> None:
    quiet = behavior(
        gift(MINT, 5, 1),
        send(MINT, 2, 2),
        Scene(3).burn(MINT, WALLET, 1),
        Scene(4).pay(WALLET, BOT, 1),
        Scene(5, failed=True),
    )
    assert (quiet.unique_tokens, quiet.buys, quiet.sells, quiet.rhythm.trades) == (0, 0, 0, 0)


def test_hold_times_are_one_a_match_weighted_by_cost_in_the_mean() -> None:
    counted = behavior(*tiny())
    # 10 min for 0.5 SOL of the first lot, 119 and 179 min for 2 SOL each
    assert counted.median_hold == Measure(119 * MINUTE, 3)
    mean = (10 * 0.5 + 119 * 2 + 179 * 2) / 4.5 * MINUTE
    assert counted.mean_hold == Measure(round(mean, 3), 3)


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [
        (0, "< 1 min"),
        (59, "< 1 min"),
        (60, "1 to 5 min"),
        (299, "1 to 5 min"),
        (300, "5 to 30 min"),
        (1800, "30 to 60 min"),
        (HOUR, "1 to 4 h"),
        (4 * HOUR, "4 to 8 h"),
        (8 * HOUR, "8 to 24 h"),
        (24 * HOUR, "1 to 7 d"),
        (7 * DAY - 1, "1 to 7 d"),
        (7 * DAY, ">= 7 d"),
    ],
)
def test_a_hold_time_falls_into_its_bucket(seconds: int, bucket: str) -> None:
    filled = [each for each in behavior(*held_for(seconds)).hold_buckets if each.matches]
    assert [(each.name, each.matches, each.share) for each in filled] == [(bucket, 1, 1.0)]


def test_a_bucket_tells_its_win_rate_result_and_return() -> None:
    by_name = {each.name: each for each in behavior(*tiny()).hold_buckets}
    short, long = by_name["5 to 30 min"], by_name["1 to 4 h"]
    assert (short.pnl, short.win_rate, short.roi, short.share) == (SOL // 2, 1.0, 1.0, round(1 / 3, 6))
    assert (long.matches, long.pnl, long.win_rate, long.roi) == (2, 2 * SOL, 0.5, 0.5)
    assert (by_name[">= 7 d"].win_rate, by_name[">= 7 d"].roi) == (None, None)


def test_holdings_are_lots_worth_holding_dated_from_now() -> None:
    scenes = [
        buy(MINT, 100, SOL, 1, fee=0, at=START),
        buy(OTHER_MINT, 100, 3 * SOL, 2, fee=0, at=START + 10 * HOUR),
        buy(THIRD_MINT, 100, 999_999, 3, fee=0, at=START + 11 * HOUR),  # below 0.001 SOL
        gift(BOT, 100, 4, at=START + 12 * HOUR),
    ]
    held = behavior(*scenes, now=START + 20 * HOUR).holdings
    assert held.lots == 2
    assert held.mean_age == (20 * 1 + 10 * 3) / 4 * HOUR
    assert held.median_age == 15 * HOUR
    assert held.share_of_cost == round(4 * SOL / (4 * SOL + 999_999), 6)


def test_nothing_held_has_no_age() -> None:
    held = behavior(*held_for(5)).holdings
    assert (held.lots, held.mean_age, held.median_age, held.share_of_cost) == (0, None, None, 0.0)


def test_symmetry_is_the_mean_of_fewer_over_more_trades() -> None:
    assert behavior(*tiny()).symmetry == Measure(0.5, 2)


def test_consistency_is_the_mean_share_of_what_was_bought_that_was_matched() -> None:
    assert behavior(*tiny()).consistency == Measure((50 / 200 + 1) / 2, 2)


def test_consistency_is_at_most_one_where_more_was_sold_than_bought() -> None:
    assert behavior(buy(MINT, 10, 10, 1), sell(MINT, 90, 10, 2)).consistency == Measure(1.0, 1)


def test_reentry_is_more_than_one_cycle_in_a_token_with_a_closed_one() -> None:
    again = [*held_for(5), buy(MINT, 1, 1, 9, at=START + 60)]
    once = [buy(OTHER_MINT, 1, 1, 10, at=START + 61), sell(OTHER_MINT, 1, 1, 11, at=START + 62)]
    assert behavior(*again, *once, buy(THIRD_MINT, 1, 1, 12)).reentry_rate == Measure(0.5, 2)


def test_average_and_largest_trade_are_of_priced_trades() -> None:
    unpriced = (
        Scene(8, at=START + 7 * HOUR).call(BOT).move(MINT, WALLET, BOT, 1).move(OTHER_MINT, BOT, WALLET, 1)
    )
    counted = behavior(*tiny(), unpriced)
    assert counted.average_trade == Measure(round(17 * SOL / 7, 6), 7)
    assert counted.largest_trade == Measure(5 * SOL, 7)
    assert behavior().largest_trade == behavior().average_trade == Measure(None, 0)


def test_fast_round_trips_are_cycles_under_five_seconds() -> None:
    slow = [buy(OTHER_MINT, 1, 1, 10, at=START + 60), sell(OTHER_MINT, 1, 1, 11, at=START + 65)]
    assert behavior(*held_for(4), *slow).fast_round_trips == Measure(0.5, 2)


def test_failed_share_is_of_the_transactions_that_the_wallet_paid_for() -> None:
    scenes = [*(Scene(slot, failed=True) for slot in (1, 2)), buy(MINT, 1, 1, 3), gift(MINT, 1, 4), Scene(5)]
    assert behavior(*scenes).failed_share == Measure(0.5, 4)


def test_fee_burden_is_fees_over_volume() -> None:
    bought = buy(MINT, 10, 100_000, 1, fee=2000).outside().pay(WALLET, BOT, 1000)
    sold = sell(MINT, 10, 100_000, 2, fee=2000)
    assert behavior(bought, sold).fee_burden == Measure(0.025, 2)


def test_flipper_score_is_seven_parts_speed_and_three_parts_balance() -> None:
    assert behavior(*held_for(5)).flipper_score == Measure(round(0.7 * 0.85 + 0.3, 6), 1)
    assert behavior(*held_for(45 * MINUTE)).flipper_score == Measure(round(0.7 * 0.10 + 0.3, 6), 1)
    assert behavior(*held_for(2 * HOUR)).flipper_score == Measure(round(0.7 * 0.05 + 0.3, 6), 1)
    assert behavior(*held_for(5 * HOUR)).flipper_score == Measure(0.3, 1)
    assert behavior(buy(MINT, 1, 1)).flipper_score == Measure(None, 0)


def test_a_swap_is_a_sell_of_one_token_and_a_buy_of_the_other() -> None:
    counted = behavior(buy(MINT, 10, 100, 1), swap(MINT, 10, OTHER_MINT, 5, 200, slot=2))
    assert (counted.buys, counted.sells, counted.tokens_two_sided) == (2, 1, 1)


def test_an_empty_history_has_metrics_without_values() -> None:
    empty = behavior_json(behavior())
    assert empty["uniqueTokens"] == empty["buys"] == 0
    assert empty["holdTime"] == {"weightedMeanHours": None, "medianHours": None, "n": 0}
    assert empty["style"]["pattern"] == "LOW_ACTIVITY"
    assert empty["activeWindowsUtc"] == []


@pytest.mark.parametrize("scenes", [[], [buy(MINT, 1, 1)], tiny(), [gift(MINT, 5, 1), sell(MINT, 5, 0, 2)]])
def test_metrics_are_json_without_nan_or_infinity(scenes: list[Scene]) -> None:
    shown: dict[str, Any] = behavior_json(behavior(*scenes))
    json.dumps(shown, allow_nan=False)
    for name in ("symmetry", "consistency", "reentryRate", "flipperScore", "fastRoundTrips", "failedShare"):
        assert shown[name]["value"] is None or 0 <= shown[name]["value"] <= 1
