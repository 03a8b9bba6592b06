"""The ground under a result; money.md section 8."""

import pytest
from ledgers import book_of, buy, gift, sell
from scenes import BOT, MINT, OTHER_MINT, START, WALLET, Scene

from walletjobs.core.book import Book
from walletjobs.core.coverage import Coverage, History, coverage_of
from walletjobs.services.present import coverage_json


def coverage(book: Book, **history: object) -> Coverage:
    return coverage_of(book, History(**{"complete": None, **history}))  # type: ignore[arg-type]


def test_coverage_states_what_was_seen_and_from_when_to_when() -> None:
    book = book_of(buy(MINT, 1, 1, 7), Scene(8, failed=True), sell(MINT, 1, 1, 9))
    seen = coverage(book)
    assert (seen.transactions, seen.failed) == (3, 1)
    assert (seen.first_slot, seen.last_slot) == (7, 9)
    assert (seen.first_time, seen.last_time) == (START + 7, START + 9)


def test_coverage_hands_on_what_the_sync_knows() -> None:
    seen = coverage(book_of(), complete=False, gaps=2, capped=True, unreadable=3)
    assert (seen.complete, seen.gaps, seen.capped, seen.unreadable) == (False, 2, True, 3)


def test_coverage_of_nothing_has_no_ends_and_no_share() -> None:
    seen = coverage(book_of())
    assert (seen.transactions, seen.first_slot, seen.last_time, seen.verified_share) == (0, None, None, None)


def test_verified_share_is_of_all_proceeds() -> None:
    book = book_of(
        buy(MINT, 10, 100, 1, fee=0),
        sell(MINT, 10, 300, 2, fee=0),
        gift(OTHER_MINT, 1, 3),
        sell(OTHER_MINT, 1, 100, 4, fee=0),
    )
    seen = coverage(book)
    assert (seen.verified_share, seen.unverified_proceeds, seen.unverified_tokens) == (0.75, 100, 1)


@pytest.mark.parametrize("lamports", [0, 1, 4999])
def test_verified_share_stays_between_nothing_and_all_where_fees_eat_the_proceeds(lamports: int) -> None:
    book = book_of(
        buy(MINT, 10, 100, 1),
        sell(MINT, 10, lamports, 2),
        gift(OTHER_MINT, 1, 3),
        sell(OTHER_MINT, 1, 10**6, 4),
    )
    share = coverage(book).verified_share
    assert share is None or 0 <= share <= 1


def test_unpriced_trades_are_counted_once_a_transaction() -> None:
    unpriced = Scene(2).call(BOT).move(MINT, WALLET, BOT, 1).move(OTHER_MINT, BOT, WALLET, 1)
    assert coverage(book_of(buy(MINT, 1, 1, 1), unpriced)).unpriced == 1


def test_lamports_from_nowhere_are_unexplained_and_counted_without_sign() -> None:
    up, down = Scene(1), Scene(2)
    up.lamports[WALLET] = 700  # no account mirrors it
    down.lamports[WALLET] = -300
    assert coverage(book_of(up, down)).unexplained == 1000


def test_every_field_is_shown() -> None:
    shown = coverage_json(coverage(book_of(buy(MINT, 1, 1, 1))))
    assert shown["unexplainedLamports"] == 0
    assert shown["complete"] is None
    assert set(shown) == {
        "complete",
        "gaps",
        "capped",
        "unreadable",
        "transactions",
        "failed",
        "firstSlot",
        "lastSlot",
        "firstTime",
        "lastTime",
        "unexplainedLamports",
        "unverifiedProceedsLamports",
        "unverifiedProceedsSol",
        "unverifiedTokens",
        "unpricedTrades",
        "ties",
        "verifiedShare",
    }
