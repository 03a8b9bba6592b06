"""Computes a wallet's profit and loss from what is stored, and stores the figures and all that they rest on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from walletjobs.core.habits import Habits
from walletjobs.core.state import TokenState, WalletState
from walletjobs.core.value import Prices, no_prices
from walletjobs.core.windows import WINDOWS
from walletjobs.db.drafts import Drafts
from walletjobs.db.evidence import EvidenceRepository
from walletjobs.db.fence import Fence, fenced
from walletjobs.db.ledger import LedgerRepository
from walletjobs.db.reconciliation import ReconciliationRepository
from walletjobs.db.results import ResultRepository
from walletjobs.db.states import StateRepository
from walletjobs.db.transactions import TransactionRepository
from walletjobs.db.wallets import Wallet, WalletRepository
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


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an analysis computed; its figures are stored but for these."""

    entries: int  # ledger entries computed
    incremental: bool  # it went on from where the last one ended
    behavior: Mapping[str, Json]  # metrics by window


def analyze_pnl(
    fence: Fence,
    connection: Connection[Any],
    run_id: str,
    prices: Prices = no_prices,
    now: int | None = None,
) -> Analysis:
    """Figures of every method and window, computed in one pass, and the ledger and evidence under them.

    All is stored in one transaction that readers see whole. Windows end ``now`` (unix seconds), by the database's clock
    where it is not given.

    Raises: LockLost, DatabaseUnavailable.
    """
    wallet = WalletRepository(connection).find(fence.address)
    assert wallet is not None  # drawing the fence made the row
    now = int(wallet.read_at.timestamp()) if now is None else now
    starts = {name: now - seconds for name, seconds in WINDOWS.items()}
    transactions = TransactionRepository(connection)
    page_id = transactions.newest_page(wallet.id)
    keeper = Keeper(wallet.address, starts.values())
    with Drafts() as drafts:
        for stored in transactions.stream(wallet.id):
            keeper.take(stored, prices, drafts)
        with fenced(connection, fence):
            return _store_anew(_Storing(connection, wallet, run_id, page_id, now), keeper, drafts, starts)


@dataclass(frozen=True, slots=True)
class _Storing:
    """What is stored, for whom."""

    connection: Connection[Any]
    wallet: Wallet
    run_id: str
    page_id: int  # the newest raw page that is in it
    now: int  # unix seconds


def _store_anew(storing: _Storing, keeper: Keeper, drafts: Drafts, starts: Mapping[str, int]) -> Analysis:
    connection, wallet_id, run_id = storing.connection, storing.wallet.id, storing.run_id
    history = history_of(connection, storing.wallet, keeper.unreadable)
    evidence, states, results = (
        EvidenceRepository(connection),
        StateRepository(connection),
        ResultRepository(connection),
    )
    LedgerRepository(connection).replace(wallet_id, 0, drafts.pages())
    evidence.clear(wallet_id)
    evidence.store(wallet_id, drafts.segments(), token_states(keeper, drafts))
    states.forget_accounts(wallet_id)
    states.add_accounts(wallet_id, keeper.own.learned)
    _store_balances(ReconciliationRepository(connection), wallet_id, keeper)
    wholes: dict[str, Whole] = {}
    for method, book in keeper.books.items():
        whole = wholes[method] = whole_of(book)
        results.store_pnl(wallet_id, whole_result(book, whole, history, run_id))
        for name, start in starts.items():
            window = book.window(start)
            results.store_pnl(wallet_id, window_result(window, whole, history, run_id, name))
    book, whole = keeper.books["fifo"], wholes["fifo"]
    habits = Habits.of(book.columns, (lot for position in book.positions.values() for lot in position.pool))
    behavior = {"all": whole_metrics(whole, habits, storing.now)}
    for name, start in starts.items():
        behavior[name] = window_metrics(book.window(start), whole, habits, storing.now)
    states.store(wallet_id, _state(keeper, wholes, habits), storing.page_id)
    return Analysis(keeper.entries, False, behavior)


def _store_balances(stored: ReconciliationRepository, wallet_id: int, keeper: Keeper) -> None:
    """What the ledger adds up to, and where balances jump, in place of all that was there."""
    stored.clear(wallet_id)
    stored.add_assets(wallet_id, keeper.replay.assets())
    stored.add_breaks(wallet_id, keeper.continuity.breaks)
    stored.see(wallet_id, keeper.continuity.seen.items())


def token_states(keeper: Keeper, drafts: Drafts) -> Iterator[tuple[str, TokenState]]:
    """Where each token that moved stands now."""
    for mint in drafts.mints:
        positions = {method: book.positions[mint] for method, book in keeper.books.items()}
        one = positions["fifo"]
        standings = {method: position.standing() for method, position in positions.items()}
        yield mint, TokenState(one.decimals, one.events, standings)


def _state(keeper: Keeper, wholes: Mapping[str, Whole], habits: Habits) -> WalletState:
    book = keeper.books["fifo"]
    return WalletState(
        totals=book.totals,
        kinds=book.kinds,
        tie=book.tie,
        slot=book.totals.last_slot if book.totals.last_slot is not None else -1,
        nth=keeper.notes.nth,
        entries=keeper.entries,
        unreadable=keeper.unreadable,
        sums={method: whole.sums for method, whole in wholes.items()},
        courses={method: whole.course for method, whole in wholes.items()},
        habits=habits,
    )
