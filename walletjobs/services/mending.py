"""Mends what is stored where some slots read otherwise now: an older transaction came late, or a price was found.

Only the tokens in these slots are replayed, from their stored events; what only the order of all events tells is added
up again from stored evidence. Nothing is mended where the slots say something new of the wallet's accounts: that may
change what later transactions mean, and everything is computed anew.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from psycopg import Connection

from walletjobs.core.book import Book
from walletjobs.core.course import Course
from walletjobs.core.entries import Entry
from walletjobs.core.evidence import ALWAYS, Event, event_of
from walletjobs.core.habits import Habits
from walletjobs.core.legs import legs_of
from walletjobs.core.lots import METHODS
from walletjobs.core.reconciliation import Replay
from walletjobs.core.replay import replayed
from walletjobs.core.rules import Rules
from walletjobs.core.selection import selected
from walletjobs.core.state import TokenState, WalletState
from walletjobs.core.sums import Sums
from walletjobs.core.tokens import tokens_of
from walletjobs.core.value import Prices
from walletjobs.db.drafts import Drafts, entries_in, notes_in
from walletjobs.db.evidence import EvidenceRepository
from walletjobs.db.ledger import LedgerRepository
from walletjobs.db.reconciliation import ReconciliationRepository
from walletjobs.db.states import StateRepository
from walletjobs.db.transactions import TransactionRepository
from walletjobs.db.wallets import Wallet
from walletjobs.services.books import Keeper, accounts_of, slot_of

#: In a longer ledger, or of more slots, computing anew is no more work.
MOST_ENTRIES, MOST_SLOTS = 250_000, 1_000


class Mending:
    """The stored ledger and evidence of one wallet, to be mended in some slots; call it inside ``fenced``."""

    def __init__(self, connection: Connection[Any], wallet: Wallet, state: WalletState) -> None:
        self.mints: set[str] = set()  # tokens that were replayed
        self.entries = 0  # computed
        self._wallet = wallet
        self._state = state
        self._ledger = LedgerRepository(connection)
        self._evidence = EvidenceRepository(connection)
        self._states = StateRepository(connection)
        self._transactions = TransactionRepository(connection)
        self._balances = ReconciliationRepository(connection)

    def mend(self, slots: Collection[int], prices: Prices) -> bool:
        """Whether the slots could be mended; where not, nothing is changed."""
        if self._state.entries > MOST_ENTRIES or len(slots) > MOST_SLOTS:
            return False
        found = self._read(slots, prices)
        if found is None:
            return False
        self.entries = sum(map(len, found.values()))
        events: dict[str, list[Event]] = {}
        decimals: dict[str, int] = {}
        for entries in found.values():
            for nth, entry in enumerate(entries):
                for place, leg in enumerate(legs_of(entry)):
                    events.setdefault(leg.mint, []).append(event_of(entry, (nth, place), leg))
                    decimals[leg.mint] = entry.decimals[leg.mint]
        self.mints = self._mend_ledger(found) | events.keys()
        self._replay(found.keys(), events, decimals)
        self._add_up()
        return True

    def _read(self, slots: Collection[int], prices: Prices) -> dict[int, list[Entry]] | None:
        """The entries of each slot as they read now; null where they say something else of accounts than before."""
        wallet_id = self._wallet.id
        lines: dict[int, list[tuple[str, bytes]]] = {slot: [] for slot in sorted(slots)}
        for line in self._transactions.of_slots(wallet_id, slots):
            if (slot := slot_of(line)) in lines:
                lines[slot].append(line)
        every = [line for some in lines.values() for line in some]
        known = self._states.accounts(wallet_id, accounts_of(every))
        said = {(each.account, each.role, each.slot) for each in self._states.learned_in(wallet_id, slots)}
        found: dict[int, list[Entry]] = {}
        for slot, some in lines.items():
            keeper = Keeper(self._wallet.address, known=[each for each in known if each.slot < slot])
            found[slot] = [entry for line in some if (entry := keeper.read(line, prices)) is not None]
            says = {(each.account, each.role, each.slot) for each in keeper.own.learned}
            if (
                keeper.unreadable
                or keeper.continuity.seen
                or says != {each for each in said if each[2] == slot}
            ):
                return None
        return found

    def _mend_ledger(self, found: Mapping[int, list[Entry]]) -> set[str]:
        """Put the slots' entries in their places; returns the tokens that were moved by those there before."""
        wallet_id, waiting, before = self._wallet.id, deque(sorted(found)), set()
        start = self._ledger.page_of_slot(wallet_id, waiting[0])
        with Drafts(start=start) as drafts:
            for page in self._ledger.pages(wallet_id, start=start):
                for entry in entries_in(page.body):
                    while waiting and waiting[0] <= entry.slot:
                        _write(drafts, found[waiting.popleft()])
                    if entry.slot in found:
                        before |= {leg.mint for leg in legs_of(entry)}
                    else:
                        drafts.add_entry(entry)
            for slot in waiting:
                _write(drafts, found[slot])
            self._ledger.replace(wallet_id, start, drafts.pages())
        return before

    def _replay(
        self, slots: Collection[int], events: Mapping[str, list[Event]], decimals: dict[str, int]
    ) -> None:
        """Replay the tokens, with the slots' events instead of those that were there."""
        wallet_id, mints = self._wallet.id, self.mints
        decimals |= {mint: state.decimals for mint, state in self._evidence.states(wallet_id, mints).items()}
        segments = self._evidence.segments(wallet_id, mints)
        kept: dict[str, list[Event]] = {mint: list(events.get(mint, ())) for mint in sorted(mints)}
        for segment in segments:
            notes = notes_in(segment.body)
            kept[segment.mint] += [note.event for note in notes if note.event.slot not in slots]
        states: list[tuple[str, TokenState]] = []
        with Drafts() as drafts:
            for mint, some in kept.items():
                if some:
                    notes, standings = replayed(mint, decimals[mint], sorted(some, key=_ORDER))
                    states.append((mint, TokenState(decimals[mint], len(notes), standings)))
                    for note in notes:
                        drafts.add_note(mint, note)
            self._evidence.remove(wallet_id, mints, segments)
            self._evidence.store(wallet_id, drafts.segments(), states)

    def _add_up(self) -> None:
        """What the whole history comes to, from the stored ledger and evidence."""
        state, address = self._state, self._wallet.address
        evidence, replay = list(self._evidence.stream(self._wallet.id)), Replay()
        empty = (Book(address, Rules(method)) for method in METHODS)
        books = dict(zip(METHODS, selected(empty, ALWAYS, self._watched(replay), evidence), strict=True))
        for method, book in books.items():
            state.sums[method] = Sums.of(tokens_of(book))
            state.courses[method] = Course.of(book.columns)
        book = books["fifo"]
        lots = (lot for position in book.positions.values() for lot in position.pool)
        state.habits = Habits.of(book.columns, lots)
        state.totals, state.kinds, state.tie = book.totals, book.kinds, book.tie
        self._balances.clear_assets(self._wallet.id)
        self._balances.add_assets(self._wallet.id, replay.assets())

    def _watched(self, replay: Replay) -> Iterator[Entry]:
        """The ledger; the state learns how long it is and where it ends, ``replay`` what it adds up to."""
        state = self._state
        state.entries, state.slot, state.nth = 0, -1, 0
        for entry in self._ledger.stream(self._wallet.id):
            state.entries += 1
            state.nth = state.nth + 1 if entry.slot == state.slot else 0
            state.slot = entry.slot
            replay.take(entry)
            yield entry


_ORDER = attrgetter("order")


def _write(drafts: Drafts, entries: Iterable[Entry]) -> None:
    for entry in entries:
        drafts.add_entry(entry)
