"""Keeps a wallet's books by every method at once, transaction by transaction, and takes down what they rest on."""

from collections.abc import Callable, Iterable, Mapping

from walletjobs.core.book import Book
from walletjobs.core.classify import entry_of
from walletjobs.core.continuity import Continuity
from walletjobs.core.deltas import Known, OwnAccounts
from walletjobs.core.evidence import Notes
from walletjobs.core.legs import legs_of
from walletjobs.core.lots import METHODS
from walletjobs.core.reconciliation import Replay
from walletjobs.core.rules import Rules
from walletjobs.core.transaction import Transaction
from walletjobs.core.value import Prices
from walletjobs.db.drafts import Drafts
from walletjobs.errors import InvalidData
from walletjobs.providers import enhanced, rpc

#: How each stored format is read.
READERS: Mapping[str, Callable[[bytes], Transaction]] = {
    "enhanced": enhanced.read_transaction,
    "rpc": rpc.read_transaction,
}


class Keeper:
    """One wallet's strict books by their methods, with windows from some starts (unix seconds) on."""

    def __init__(self, address: str, starts: Iterable[int] = (), known: Iterable[Known] = ()) -> None:
        windows = list(starts)
        self.books = {method: Book(address, Rules(method), windows) for method in METHODS}
        self.own = OwnAccounts(address, known)
        self.notes = Notes(self.books.values())
        self.replay = Replay()
        self.continuity = Continuity(address)
        self.entries = 0
        self.unreadable = 0

    def take(self, stored: tuple[str, bytes], prices: Prices, drafts: Drafts) -> None:
        """Take in the next transaction, as (format, raw JSON); one that cannot be read is counted."""
        wire_format, raw = stored
        try:
            transaction = READERS[wire_format](raw)
            entry = entry_of(transaction, self.own, prices)  # reads its instructions, if they matter
        except InvalidData:
            self.unreadable += 1
            return
        legs = legs_of(entry)
        for book in self.books.values():
            book.add(entry, legs)
        self.replay.take(entry)
        self.continuity.take(transaction)
        drafts.add_entry(entry)
        for mint, note in self.notes.take(entry, legs):
            drafts.add_note(mint, note)
        self.entries += 1
