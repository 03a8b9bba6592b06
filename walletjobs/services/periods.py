"""Figures of a period that nobody thought of before, put together from the evidence that an analysis stored."""

from typing import Any

from psycopg import Connection

from walletjobs.core.book import Book
from walletjobs.core.evidence import Period
from walletjobs.core.rules import Rules
from walletjobs.core.selection import selected
from walletjobs.db.evidence import EvidenceRepository
from walletjobs.db.ledger import LedgerRepository
from walletjobs.db.results import Result
from walletjobs.db.states import StateRepository
from walletjobs.db.wallets import Wallet
from walletjobs.services.figures import Json, Whole, window_metrics, window_result
from walletjobs.services.history import history_of


def period_result(
    connection: Connection[Any], wallet: Wallet, period: Period, method: str = "fifo"
) -> Result | None:
    """The figures of a period, with the tokens that moved in it; null where nothing is stored that can be read.

    Costs what lies in the period. What is held is of the last analysis. Read it inside a transaction.
    Raises: DatabaseUnavailable.
    """
    stored = StateRepository(connection).find(wallet.id)
    if stored is None:
        return None
    state = stored.state
    whole = Whole(state.sums[method], state.courses[method], state.totals)
    history = history_of(connection, wallet, state.unreadable)
    return window_result(
        _book(connection, wallet, period, method), whole, history, None, ("custom", period.start)
    )


def period_metrics(connection: Connection[Any], wallet: Wallet, period: Period) -> Json | None:
    """How the wallet traded in a period; null where nothing is stored that can be read.

    Costs what lies in the period. What is held is of the last analysis. Read it inside a transaction.
    Raises: DatabaseUnavailable.
    """
    stored = StateRepository(connection).find(wallet.id)
    if stored is None:
        return None
    state, book = stored.state, _book(connection, wallet, period, "fifo")
    whole = Whole(state.sums["fifo"], state.courses["fifo"], state.totals)
    return window_metrics(book, whole, state.habits, int(stored.computed_at.timestamp()))


def _book(connection: Connection[Any], wallet: Wallet, period: Period, method: str) -> Book:
    entries = LedgerRepository(connection).stream(wallet.id, period)
    evidence = list(EvidenceRepository(connection).stream(wallet.id, period))
    (book,) = selected([Book(wallet.address, Rules(method))], period, entries, evidence)
    return book
