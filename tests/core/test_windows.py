"""A window selects what happened in it; lots always see the whole history (trap T24)."""

from ledgers import book_of, buy, gift, sell
from scenes import MINT, OTHER_MINT, START, Scene

from walletjobs.core.course import DAY
from walletjobs.core.coverage import History, coverage_of
from walletjobs.core.lots import METHODS
from walletjobs.core.pnl import wallet_of
from walletjobs.core.tokens import tokens_of

WEEK = 7 * DAY
NOW = START + 30 * DAY


def history() -> list[Scene]:
    """Bought 25, 8 and 3 days ago; sold 20, 6 and 1 day ago."""
    return [
        buy(MINT, 100, 1000, 1, fee=0, at=NOW - 25 * DAY),
        sell(MINT, 100, 1500, 2, fee=0, at=NOW - 20 * DAY),
        buy(MINT, 100, 2000, 3, fee=0, at=NOW - 8 * DAY),
        sell(MINT, 40, 1000, 4, fee=0, at=NOW - 6 * DAY),
        buy(MINT, 100, 9000, 5, fee=0, at=NOW - 3 * DAY),
        sell(MINT, 60, 1300, 6, fee=0, at=NOW - DAY),
    ]


def test_t24_the_cost_of_a_sale_in_the_window_comes_from_the_buy_before_it() -> None:
    book = book_of(*history(), since=NOW - WEEK)
    figures = wallet_of(book, tokens_of(book))
    assert figures.realized_pnl == (1000 - 800) + (1300 - 1200)
    assert figures.unverified_proceeds == 0
    assert (figures.buys, figures.sells, figures.cost) == (1, 2, 9000)


def test_a_window_never_changes_lots() -> None:
    for method in METHODS:
        whole, window = (
            book_of(*history(), method=method),
            book_of(*history(), method=method, since=NOW - WEEK),
        )
        lots = [
            [(lot.slot, lot.quantity, lot.cost) for lot in b.positions[MINT].open_lots()]
            for b in (whole, window)
        ]
        assert lots[0] == lots[1]
        assert whole.positions[MINT].held == window.positions[MINT].held == 100


def test_windows_that_follow_each_other_sum_to_the_whole() -> None:
    whole = book_of(*history())
    late = book_of(*history(), since=NOW - WEEK)
    early = book_of(*[scene for scene in history() if scene.at < NOW - WEEK])
    results = [wallet_of(book, tokens_of(book)).realized_pnl for book in (whole, early, late)]
    assert results[0] == results[1] + results[2]


def test_an_event_at_the_windows_first_second_is_in_it() -> None:
    book = book_of(*history(), since=NOW - DAY)
    assert wallet_of(book, tokens_of(book)).sells == 1
    assert book_of(*history(), since=NOW - DAY + 1).positions[MINT].tally.sells == 0


def test_a_window_without_events_is_empty_and_keeps_what_is_held() -> None:
    book = book_of(*history(), since=NOW + 1)
    figures = wallet_of(book, tokens_of(book))
    assert (figures.realized_pnl, figures.buys, figures.days) == (0, 0, ())
    assert book.positions[MINT].held == 100
    assert figures.open_cost == 9000
    coverage = coverage_of(book, History(None))
    assert (coverage.transactions, coverage.unexplained) == (0, 0)


def test_days_and_trades_before_the_window_are_not_shown() -> None:
    book = book_of(*history(), since=NOW - WEEK)
    assert [day for day, _ in wallet_of(book, tokens_of(book)).days] == [NOW - 6 * DAY, NOW - DAY]
    assert min(book.columns.trade_at) >= NOW - WEEK


def test_a_cycle_closed_before_the_window_is_not_counted_in_it() -> None:
    whole, window = book_of(*history()), book_of(*history(), since=NOW - WEEK)
    assert [wallet_of(book, tokens_of(book)).cycle_wins.n for book in (whole, window)] == [1, 0]


def test_excess_sold_in_the_window_is_unverified_there() -> None:
    scenes = [
        gift(OTHER_MINT, 10, 1, at=NOW - 20 * DAY),
        sell(OTHER_MINT, 10, 500, 2, fee=0, at=NOW - DAY),
    ]
    book = book_of(*scenes, since=NOW - WEEK)
    assert book.positions[OTHER_MINT].tally.unverified_proceeds == 500
    assert book.positions[OTHER_MINT].tally.received == 0
