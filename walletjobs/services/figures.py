"""From books to rows: the figures of a wallet and its tokens, whole and by window, as they are stored and served."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from walletjobs.core.behavior import holdings_of, metrics_of
from walletjobs.core.book import Book
from walletjobs.core.course import Course
from walletjobs.core.coverage import History, ground_of
from walletjobs.core.habits import Habits
from walletjobs.core.pnl import figures_of
from walletjobs.core.positions import Position
from walletjobs.core.sums import Sums
from walletjobs.core.tally import Totals
from walletjobs.core.tokens import TokenPnl, in_order, token_of, tokens_of
from walletjobs.db.results import Result
from walletjobs.services.present import coverage_json, token_json, wallet_json
from walletjobs.services.presentbehavior import behavior_json

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Whole:
    """What a book adds up to over the whole history; a window asks it for what is held."""

    sums: Sums
    course: Course
    totals: Totals


def whole_of(book: Book) -> Whole:
    """What a book that began with the history adds up to."""
    return Whole(Sums.of(tokens_of(book)), Course.of(book.columns), book.totals)


def result_of(book: Book, history: History, run_id: str | None = None) -> Result:
    """The figures of one book, by itself."""
    return whole_result(book, whole_of(book), history, run_id)


def whole_result(book: Book, whole: Whole, history: History, run_id: str | None) -> Result:
    """The figures of the whole history, with the tokens that ``book`` holds."""
    return _result(book, whole, tokens_of(book), (history, run_id, "all"))


def window_result(
    window: Book, whole: Whole, history: History, run_id: str | None, which: tuple[str, int]
) -> Result:
    """The figures of a window, by its name and start (unix seconds), with the tokens that moved in it.

    What is held is of now, and of all tokens.
    """
    name, since = which
    tokens = in_order(token_of(position) for position in moved(window))
    sums = Sums.of(tokens).holding(whole.sums)
    part = Whole(sums, Course.of(window.columns), window.totals)
    result = _result(window, part, tokens, (history, run_id, name))
    return replace(result, wallet={**result.wallet, "since": since})


def moved(book: Book) -> Iterator[Position]:
    """The positions that something happened to."""
    for position in book.positions.values():
        tally = position.tally
        if tally.buys or tally.sells or tally.received or tally.sent or tally.deposited or tally.withdrawn:
            yield position


def whole_metrics(whole: Whole, habits: Habits, now: int) -> Json:
    """How the wallet trades, over its whole history."""
    return _metrics(whole.sums, habits, whole.totals, (whole, habits, now))


def window_metrics(window: Book, whole: Whole, habits: Habits, now: int) -> Json:
    """How the wallet traded in a window; what is held is of now, by the ``habits`` of the whole history."""
    sums = Sums.of(token_of(position) for position in moved(window))
    return _metrics(sums, Habits.of(window.columns, ()), window.totals, (whole, habits, now))


def _metrics(sums: Sums, habits: Habits, totals: Totals, held: tuple[Whole, Habits, int]) -> Json:
    whole, all_habits, now = held
    return behavior_json(metrics_of(sums, habits, totals, holdings_of(all_habits, whole.sums, now)))


def _result(
    book: Book, whole: Whole, tokens: Iterable[TokenPnl], about: tuple[History, str | None, str]
) -> Result:
    history, run_id, window = about
    return Result(
        method=book.rules.method,
        mode=book.rules.mode,
        run_id=run_id,
        wallet=wallet_json(figures_of(whole.sums, whole.course, whole.totals)),
        tokens=map(token_json, tokens),
        coverage=coverage_json(ground_of(whole.sums, whole.totals, history)),
        window=window,
    )
