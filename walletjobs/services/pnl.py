"""Computes a wallet's profit and loss from what is stored, and stores the figures."""

from typing import Any

from psycopg import Connection

from walletjobs.core.book import Book
from walletjobs.core.coverage import History, coverage_of
from walletjobs.core.lots import METHODS
from walletjobs.core.pnl import wallet_of
from walletjobs.core.rules import Rules
from walletjobs.core.tokens import tokens_of
from walletjobs.core.value import Prices, no_prices
from walletjobs.db.fence import Fence, fenced
from walletjobs.db.results import Result, ResultRepository
from walletjobs.db.wallets import WalletRepository
from walletjobs.services.books import Books, read_books
from walletjobs.services.present import coverage_json, token_json, wallet_json


def analyze_pnl(fence: Fence, connection: Connection[Any], run_id: str, prices: Prices = no_prices) -> Books:
    """Figures of every method, computed in one pass and stored in one transaction; returns the books for what follows.

    Raises: LockLost, DatabaseUnavailable.
    """
    wallet = WalletRepository(connection).find(fence.address)
    assert wallet is not None  # drawing the fence made the row
    books = read_books(connection, wallet, [Rules(method) for method in METHODS], prices)
    results = [result_of(book, books.history, run_id) for book in books.by_rules.values()]
    with fenced(connection, fence):
        repository = ResultRepository(connection)
        for result in results:
            repository.store_pnl(fence.wallet_id, result)
    return books


def result_of(book: Book, history: History, run_id: str | None = None) -> Result:
    """The figures of one book as they are stored and served."""
    tokens = tokens_of(book)
    return Result(
        method=book.rules.method,
        mode=book.rules.mode,
        run_id=run_id,
        wallet=wallet_json(wallet_of(book, tokens)),
        tokens=tuple(token_json(token) for token in tokens),
        coverage=coverage_json(coverage_of(book, history)),
    )
