"""Keeps a wallet's books by every method at once, transaction by transaction, and takes down what they rest on."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

from walletjobs.core.book import Book
from walletjobs.core.classify import entry_of
from walletjobs.core.continuity import Continuity
from walletjobs.core.deltas import Known, OwnAccounts
from walletjobs.core.entries import Entry
from walletjobs.core.evidence import Notes
from walletjobs.core.legs import legs_of
from walletjobs.core.lots import METHODS
from walletjobs.core.reconciliation import Replay
from walletjobs.core.rules import Rules
from walletjobs.core.state import TokenState
from walletjobs.core.transaction import Transaction
from walletjobs.core.value import Prices
from walletjobs.db.drafts import Drafts
from walletjobs.db.pages import slot_of_line
from walletjobs.db.reconciliation import ReconciliationRepository
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

    def read(self, stored: tuple[str, bytes], prices: Prices) -> Entry | None:
        """The entry of the next transaction, given as (format, raw JSON); one that cannot be read is counted."""
        wire_format, raw = stored
        try:
            transaction = READERS[wire_format](raw)
            entry = entry_of(transaction, self.own, prices)  # reads its instructions, if they matter
        except InvalidData:
            self.unreadable += 1
            return None
        self.continuity.take(transaction)
        return entry

    def add(self, entry: Entry, drafts: Drafts) -> None:
        """Bring the next entry into the books, and take it down."""
        legs = legs_of(entry)
        for book in self.books.values():
            book.add(entry, legs)
        self.replay.take(entry)
        drafts.add_entry(entry)
        for mint, note in self.notes.take(entry, legs):
            drafts.add_note(mint, note)
        self.entries += 1

    def token_states(self, mints: Iterable[str]) -> Iterator[tuple[str, TokenState]]:
        """Where some tokens stand now."""
        for mint in mints:
            positions = {method: book.positions[mint] for method, book in self.books.items()}
            one = positions["fifo"]
            standings = {method: position.standing() for method, position in positions.items()}
            yield mint, TokenState(one.decimals, one.events, standings)

    def store_balances(self, stored: ReconciliationRepository, wallet_id: int) -> None:
        """Add what the entries add up to, and where balances jump; call it inside ``fenced``."""
        stored.add_assets(wallet_id, self.replay.assets())
        stored.add_breaks(wallet_id, self.continuity.breaks)
        stored.see(wallet_id, self.continuity.seen.items())


def slot_of(line: tuple[str, bytes]) -> int:
    """The slot of a stored transaction, given as (format, raw JSON)."""
    return slot_of_line(line[1])


def accounts_of(lines: Iterable[tuple[str, bytes]]) -> set[str]:
    """The accounts that some stored transactions say something of."""
    accounts: set[str] = set()
    for wire_format, raw in lines:
        with suppress(InvalidData):
            for change in READERS[wire_format](raw).accounts:
                accounts.add(change.account)
                accounts |= {token.account for token in change.tokens or ()}
    return accounts
