"""A wallet's figures, computed by hand on small books; money.md section 6."""

import json
from dataclasses import asdict

from ledgers import book_of, buy, gift, sell, send
from scenes import BOT, MINT, START, TIP, WALLET, Scene, key

from walletjobs.core.book import Book
from walletjobs.core.course import DAY
from walletjobs.core.pnl import Rate, WalletPnl, wallet_of
from walletjobs.core.tokens import TokenPnl, tokens_of
from walletjobs.services.present import token_json, wallet_json


def figures_of(book: Book) -> WalletPnl:
    return wallet_of(book, tokens_of(book))


def round_trips(*results: tuple[int, int]) -> Book:
    """A closed cycle in a token of its own for each (cost, proceeds), one after the other."""
    scenes = []
    for number, (cost, proceeds) in enumerate(results):
        mint = key(f"token {number}")
        scenes.append(buy(mint, 100, cost, 10 * number, fee=0))
        scenes.append(sell(mint, 100, proceeds, 10 * number + 5, fee=0))
    return book_of(*scenes)


def token(book: Book, mint: str = MINT) -> TokenPnl:
    return next(each for each in tokens_of(book) if each.mint == mint)


def test_the_wallet_is_the_sum_of_its_tokens() -> None:
    figures = figures_of(round_trips((100, 150), (200, 120), (50, 50)))
    assert (figures.tokens, figures.buys, figures.sells) == (3, 3, 3)
    assert (figures.cost, figures.proceeds, figures.realized_pnl) == (350, 320, -30)
    assert figures.roi == round(-30 / 350, 6)


def test_win_rates_leave_break_even_apart() -> None:
    figures = figures_of(round_trips((100, 150), (200, 120), (50, 50)))
    assert figures.token_wins == Rate(winners=1, losers=1, break_even=1)
    assert (figures.token_wins.value, figures.token_wins.n) == (0.5, 2)


def test_cycles_of_one_token_win_apart_from_the_token() -> None:
    moves = [(100, 10), (-100, 5), (100, 10), (-100, 30)]
    scenes = [
        buy(MINT, quantity, lamports, slot, fee=0)
        if quantity > 0
        else sell(MINT, -quantity, lamports, slot, fee=0)
        for slot, (quantity, lamports) in enumerate(moves)
    ]
    figures = figures_of(book_of(*scenes))
    assert figures.token_wins == Rate(1, 0, 0)
    assert figures.cycle_wins == Rate(1, 1, 0)


def test_a_token_without_a_closed_cycle_is_in_no_win_rate() -> None:
    figures = figures_of(book_of(buy(MINT, 100, 100, 1, fee=0), sell(MINT, 50, 100, 2, fee=0)))
    assert (figures.realized_pnl, figures.token_wins.n, figures.token_wins.value) == (50, 0, None)


def test_an_empty_book_has_no_ratio_and_no_figure_but_zeros() -> None:
    figures = figures_of(book_of())
    assert (figures.realized_pnl, figures.cost, figures.max_drawdown) == (0, 0, 0)
    assert (figures.roi, figures.profit_factor, figures.expectancy) == (None, None, None)
    assert (figures.token_wins.value, figures.spread.median, figures.days) == (None, None, ())


def test_profit_factor_is_null_without_a_loss() -> None:
    assert figures_of(round_trips((1, 2))).profit_factor is None
    assert figures_of(round_trips((100, 250), (100, 50))).profit_factor == 3.0


def test_expectancy_is_the_mean_of_closed_cycles() -> None:
    assert figures_of(round_trips((100, 150), (100, 90), (100, 105))).expectancy == 15


def test_streaks_count_closed_cycles_in_the_order_they_closed() -> None:
    figures = figures_of(round_trips((1, 2), (1, 2), (2, 1), (1, 2), (2, 1), (2, 1), (2, 1)))
    assert (figures.winning_streak, figures.losing_streak) == (2, 3)


def test_drawdown_is_the_deepest_fall_from_the_highest_point_before_it() -> None:
    # cumulative: 50, 20, 80, 10, 60
    figures = figures_of(round_trips((100, 150), (100, 70), (100, 160), (100, 30), (100, 150)))
    assert figures.max_drawdown == 70


def test_drawdown_counts_from_zero_where_the_first_result_is_a_loss() -> None:
    assert figures_of(round_trips((100, 40), (100, 120))).max_drawdown == 60


def test_returns_fall_into_their_buckets_and_boundaries_are_exact() -> None:
    book = round_trips(
        (100, 49), (100, 50), (100, 99), (100, 100), (100, 299), (100, 300), (100, 600), (1000, 6001)
    )
    assert dict(figures_of(book).returns) == {
        "< -50 %": 1,
        "-50 to 0 %": 2,
        "0 to 200 %": 2,
        "200 to 500 %": 2,
        "> 500 %": 1,
    }


def test_what_is_not_sold_is_in_no_bucket() -> None:
    assert sum(count for _, count in figures_of(book_of(buy(MINT, 1, 1))).returns) == 0


def test_the_spread_of_results() -> None:
    results = (-50, -10, 0, 5, 10, 20, 30, 40, 60, 200)
    spread = figures_of(round_trips(*((100, 100 + result) for result in results))).spread
    assert (spread.n, spread.best, spread.worst) == (10, 200, -50)
    assert spread.median == 15
    assert spread.trimmed_mean == (-10 + 0 + 5 + 10 + 20 + 30 + 40 + 60) // 8
    mean = sum(results) / 10
    deviation = (sum((result - mean) ** 2 for result in results) / 10) ** 0.5
    assert spread.standard_deviation == int(deviation)
    assert spread.top_five_share == round((20 + 30 + 40 + 60 + 200) / 365, 6)


def test_days_are_utc_and_sum_to_the_wallet() -> None:
    midnight = START + DAY
    scenes = [
        buy(MINT, 100, 1000, 1, fee=0, at=midnight - 10),
        sell(MINT, 10, 200, 2, fee=0, at=midnight - 1),
        sell(MINT, 10, 50, 3, fee=0, at=midnight),
        sell(MINT, 10, 400, 4, fee=0, at=midnight + DAY - 1),
    ]
    figures = figures_of(book_of(*scenes))
    assert figures.days == ((START, 100), (midnight, -50 + 300))
    assert sum(pnl for _, pnl in figures.days) == figures.realized_pnl


def test_fees_are_told_apart_by_kind_and_counted_for_every_transaction() -> None:
    scenes = [
        buy(MINT, 100, 1000, 1).outside().pay(WALLET, TIP, 70).pay(WALLET, BOT, 9),
        Scene(2, failed=True),
        send(MINT, 1, 3),
    ]
    book = book_of(*scenes)
    figures = figures_of(book)
    assert (figures.network_fees, figures.tips, figures.platform_fees) == (15_000, 70, 9)
    assert token(book).fees == 5000 + 70 + 9


def test_tokens_are_listed_best_first() -> None:
    listed = tokens_of(round_trips((100, 90), (100, 300), (100, 100)))
    assert [each.tally.realized_pnl for each in listed] == [200, 0, -10]


def test_a_token_tells_what_it_holds_and_what_of_it_is_known() -> None:
    held = token(book_of(buy(MINT, 100, 1000, 1, fee=0), gift(MINT, 30, 2)))
    assert (held.held, held.held_known, held.open_cost) == (130, 100, 1000)
    assert (held.cycles, held.cycle_open) == (0, True)


def test_roi_rests_on_the_cost_of_what_was_sold() -> None:
    book = book_of(buy(MINT, 100, 1000, 1, fee=0), sell(MINT, 50, 750, 2, fee=0))
    assert token(book).roi == figures_of(book).roi == 0.5


def test_unverified_proceeds_are_in_no_figure_but_their_own() -> None:
    book = book_of(gift(MINT, 100, 1), sell(MINT, 100, 10**9, 2, fee=0))
    figures = figures_of(book)
    assert (figures.unverified_proceeds, figures.unverified_tokens) == (10**9, 1)
    assert (figures.realized_pnl, figures.proceeds, figures.roi) == (0, 0, None)
    assert figures.spread.n == figures.cycle_wins.n == 0


def test_base_units_beyond_64_bits_stay_exact() -> None:
    supply = 2**64 - 1
    scenes = [buy(MINT, supply, 10**17, slot, fee=0) for slot in (1, 2)]
    shown = token_json(token(book_of(*scenes, sell(MINT, supply - 1, 10**17, 3, fee=0))))
    assert (shown["bought"], shown["held"]) == (str(2 * supply), str(supply + 1))
    assert shown["openCostLamports"] == 2 * 10**17 - 10**17 * (supply - 1) // supply


def test_figures_are_json_without_nan() -> None:
    for book in (book_of(), round_trips((0, 0), (1, 10**15)), book_of(gift(MINT, 1, 1), sell(MINT, 2, 5, 2))):
        json.dumps(wallet_json(figures_of(book)), allow_nan=False)
        json.dumps([token_json(each) for each in tokens_of(book)], allow_nan=False)


def test_a_book_read_twice_has_the_same_figures() -> None:
    results = ((100, 150), (200, 120), (50, 50))
    assert asdict(figures_of(round_trips(*results))) == asdict(figures_of(round_trips(*results)))
