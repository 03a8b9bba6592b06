"""Reads a wallet's stored history into books: one pass over the transactions, one book a set of rules."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from walletjobs.core.book import Book
from walletjobs.core.classify import entry_of
from walletjobs.core.coverage import History
from walletjobs.core.deltas import OwnAccounts
from walletjobs.core.legs import legs_of
from walletjobs.core.rules import Rules
from walletjobs.core.transaction import Transaction
from walletjobs.core.value import Prices, no_prices
from walletjobs.db.transactions import TransactionRepository
from walletjobs.db.wallets import Wallet
from walletjobs.errors import InvalidData
from walletjobs.providers import enhanced, rpc

#: How each stored format is read.
READERS: Mapping[str, Callable[[bytes], Transaction]] = {
    "enhanced": enhanced.read_transaction,
    "rpc": rpc.read_transaction,
}


@dataclass(frozen=True, slots=True)
class Books:
    """One wallet's books, by their rules, and what is known of the history under them."""

    by_rules: Mapping[Rules, Book]
    history: History

    def book(self, method: str = "fifo") -> Book:
        """The whole-history, strict book of a method."""
        return self.by_rules[Rules(method)]


def read_books(
    connection: Connection[Any], wallet: Wallet, rules: Sequence[Rules], prices: Prices = no_prices
) -> Books:
    """The books of everything stored for a wallet, oldest first.

    What cannot be read is counted in the history's ``unreadable`` and loses nothing else.
    Raises: DatabaseUnavailable.
    """
    transactions = TransactionRepository(connection)
    books, unreadable = keep_books(wallet.address, rules, transactions.stream(wallet.id), prices)
    ranges = transactions.ranges(wallet.id)
    whole = len(ranges) == 1 and ranges[0].reached_start and not unreadable
    history = History(whole, max(len(ranges) - 1, 0), wallet.capped, unreadable)
    return Books(books, history)


def keep_books(
    address: str, rules: Sequence[Rules], stream: Iterable[tuple[str, bytes]], prices: Prices = no_prices
) -> tuple[dict[Rules, Book], int]:
    """Books of a stream of (format, raw JSON), oldest first, and how many of it could not be read."""
    books = {each: Book(address, each) for each in rules}
    own = OwnAccounts(address)
    unreadable = 0
    for wire_format, raw in stream:
        try:
            transaction = READERS[wire_format](raw)
            entry = entry_of(transaction, own, prices)  # reads its instructions, if they matter
        except InvalidData:
            unreadable += 1
            continue
        legs, ordered = legs_of(entry), transaction.index is not None
        for book in books.values():
            book.add(entry, ordered, legs)
    return books, unreadable
