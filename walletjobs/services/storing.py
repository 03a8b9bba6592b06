"""Stores what books came to: ledger and evidence, states to go on from, and the figures of all methods and windows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from walletjobs.core.book import Book
from walletjobs.core.coverage import History
from walletjobs.core.evidence import Evidence, Period
from walletjobs.core.habits import Habits
from walletjobs.core.rules import Rules
from walletjobs.core.selection import selected
from walletjobs.core.state import WalletState
from walletjobs.core.windows import WINDOWS
from walletjobs.db.drafts import Drafts
from walletjobs.db.evidence import EvidenceRepository
from walletjobs.db.ledger import LedgerRepository
from walletjobs.db.reconciliation import ReconciliationRepository
from walletjobs.db.results import ResultRepository
from walletjobs.db.states import StateRepository, StoredState
from walletjobs.db.wallets import Wallet
from walletjobs.services.books import Keeper
from walletjobs.services.figures import (
    Json,
    Whole,
    whole_metrics,
    whole_of,
    whole_result,
    window_metrics,
    window_result,
)
from walletjobs.services.history import history_of
from walletjobs.services.ongoing import Ongoing


@dataclass(frozen=True, slots=True)
class _Standing:
    """Where the wallet stands, and what that rests on."""

    wholes: Mapping[str, Whole]  # by method
    habits: Habits
    history: History


@dataclass(frozen=True, slots=True)
class Storing:
    """What is stored, for whom; call it inside ``fenced``. It returns the metrics of behavior by window."""

    connection: Connection[Any]
    wallet: Wallet
    run_id: str
    page_id: int  # the newest raw page that is in it
    now: int  # unix seconds: where windows end

    @property
    def starts(self) -> Mapping[str, int]:
        """Where each window starts. Units: unix seconds."""
        return {name: self.now - seconds for name, seconds in WINDOWS.items()}

    def stored(self, state: WalletState) -> StoredState:
        """A state as it is kept."""
        return StoredState(state, self.page_id, self.wallet.read_at)

    def store_anew(self, keeper: Keeper, drafts: Drafts) -> Mapping[str, Json]:
        """Replace everything by what a whole pass came to."""
        wallet_id, states = self.wallet.id, StateRepository(self.connection)
        evidence = EvidenceRepository(self.connection)
        LedgerRepository(self.connection).replace(wallet_id, 0, drafts.pages())
        evidence.clear(wallet_id)
        evidence.store(wallet_id, drafts.segments(), keeper.token_states(drafts.mints))
        states.forget_accounts(wallet_id)
        states.add_accounts(wallet_id, keeper.own.learned)
        balances = ReconciliationRepository(self.connection)
        balances.clear(wallet_id)
        keeper.store_balances(balances, wallet_id)
        wholes = {method: whole_of(book) for method, book in keeper.books.items()}
        book = keeper.books["fifo"]
        lots = (lot for position in book.positions.values() for lot in position.pool)
        habits = Habits.of(book.columns, lots)
        states.store(wallet_id, self.stored(_state(keeper, wholes, habits)))
        standing = _Standing(wholes, habits, history_of(self.connection, self.wallet, keeper.unreadable))
        metrics = self._store_whole(keeper.books, standing)
        for name, start in self.starts.items():
            windows = (each.window(start) for each in keeper.books.values())
            metrics[name] = self._store_window(name, windows, standing)
        return metrics

    def store_further(self, ongoing: Ongoing) -> Mapping[str, Json]:
        """Replace the figures of the wallet and of the tokens that something happened to, and all windows'.

        Windows cost what lies in them.
        """
        state, books = ongoing.state, ongoing.keeper.books
        wholes = {method: Whole(state.sums[method], state.courses[method], state.totals) for method in books}
        history = history_of(self.connection, self.wallet, state.unreadable)
        standing = _Standing(wholes, state.habits, history)
        metrics = self._store_whole(books, standing, ongoing.mints)
        longest = Period(min(self.starts.values()))
        entries = list(LedgerRepository(self.connection).stream(self.wallet.id, longest))
        evidence = list(EvidenceRepository(self.connection).stream(self.wallet.id, longest))
        for name, start in self.starts.items():
            period = Period(start)
            here = [each for each in evidence if _moved_in(each, period)]
            empty = (Book(self.wallet.address, Rules(method)) for method in books)
            windows = selected(empty, period, entries, here)
            metrics[name] = self._store_window(name, windows, standing)
        return metrics

    def _store_whole(
        self, books: Mapping[str, Book], standing: _Standing, changed: Collection[str] | None = None
    ) -> dict[str, Json]:
        whole, history = standing.wholes, standing.history
        found = [whole_result(book, whole[method], history, self.run_id) for method, book in books.items()]
        ResultRepository(self.connection).store_pnl(self.wallet.id, found, changed)
        return {"all": whole_metrics(whole["fifo"], standing.habits, self.now)}

    def _store_window(self, name: str, windows: Iterable[Book], standing: _Standing) -> Json:
        wholes, history, which = standing.wholes, standing.history, (name, self.starts[name])
        books = {window.rules.method: window for window in windows}
        found = [
            window_result(window, wholes[method], history, self.run_id, which)
            for method, window in books.items()
        ]
        ResultRepository(self.connection).store_pnl(self.wallet.id, found)
        return window_metrics(books["fifo"], wholes["fifo"], standing.habits, self.now)


def _moved_in(evidence: Evidence, period: Period) -> bool:
    return any(period.holds(event.at) for event in reversed(evidence.events))


def _state(keeper: Keeper, wholes: Mapping[str, Whole], habits: Habits) -> WalletState:
    book = keeper.books["fifo"]
    slot, nth = keeper.notes.last
    return WalletState(
        totals=book.totals,
        kinds=book.kinds,
        tie=book.tie,
        slot=slot,
        nth=nth,
        entries=keeper.entries,
        unreadable=keeper.unreadable,
        sums={method: whole.sums for method, whole in wholes.items()},
        courses={method: whole.course for method, whole in wholes.items()},
        habits=habits,
    )
