"""Early figures of the newest transactions, while older history still loads: a few times, and cheap."""

import time
from typing import Any

from psycopg import Connection

from walletjobs.core.book import Book
from walletjobs.core.coverage import History, coverage_of
from walletjobs.core.pnl import wallet_of
from walletjobs.core.tokens import tokens_of
from walletjobs.db.transactions import TransactionRepository
from walletjobs.errors import InvalidData
from walletjobs.services.books import READERS
from walletjobs.services.held import Held
from walletjobs.services.present import coverage_json, wallet_json

#: Transactions held without a hole from the newest on, at which early figures are worth the while.
MILESTONES = (1_000, 4_000, 16_000, 40_000)
#: The most of a sync's time that they may take.
SHARE = 0.05
#: What a transaction takes before any was read; it errs on the side of waiting.
FIRST_GUESS = 1 / 15_000  # seconds


class Provisional:
    """Early figures of one sync, within its share of the time."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._store = TransactionRepository(connection)
        self._milestones = list(MILESTONES)
        self._began = time.monotonic()
        self._spent = 0.0
        self._each = FIRST_GUESS

    def of(self, held: Held, expected: int) -> dict[str, Any] | None:
        """Figures of as many transactions as the next milestone says; None before it is reached and affordable.

        ``expected`` is how many there will be, 0 where nobody knows. Prices in USD are not known yet.
        """
        if not self._milestones or not held.ranges or held.walked.transactions < self._milestones[0]:
            return None
        affordable = SHARE * (time.monotonic() - self._began) - self._spent
        if self._milestones[0] * self._each > affordable or held.walked.reached_start:
            return None
        begin = time.monotonic()
        count = self._milestones.pop(0)
        figures = self._figures(held, count)
        took = time.monotonic() - begin
        self._spent += took
        self._each = took / count
        return figures | {"stored": held.transactions, "expected": expected or None}

    def _figures(self, held: Held, count: int) -> dict[str, Any]:
        """What ``wallet`` and ``coverage`` of a whole analysis say, of the newest transactions alone."""
        since = self._store.slot_of_newest(held.fence.wallet_id, count)
        book, unreadable = Book(held.fence.address), 0
        for wire_format, raw in self._store.stream(held.fence.wallet_id, max(since, held.walked.oldest.slot)):
            try:
                book.read(READERS[wire_format](raw))
            except InvalidData:
                unreadable += 1
        wallet = wallet_json(wallet_of(book, tokens_of(book)))
        coverage = coverage_of(book, History(complete=False, gaps=1, unreadable=unreadable))
        return {
            "wallet": {name: value for name, value in wallet.items() if name != "days"},
            "coverage": coverage_json(coverage),
        }
