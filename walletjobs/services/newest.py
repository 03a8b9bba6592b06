"""Figures of the newest part of a wallet's history, stored beside those of the whole, which they never touch.

What was bought before the part began has no known cost in it: its sales are unverified, as the coverage says.
"""

from dataclasses import dataclass, replace
from typing import Any

from psycopg import Connection

from walletjobs.core.coverage import History
from walletjobs.core.habits import Habits
from walletjobs.core.scope import Newest
from walletjobs.core.value import Prices, no_prices
from walletjobs.db.connection import translated
from walletjobs.db.drafts import Drafts
from walletjobs.db.fence import Fence, fenced
from walletjobs.db.results import ResultRepository
from walletjobs.db.transactions import TransactionRepository
from walletjobs.db.wallets import WalletRepository
from walletjobs.services.books import Keeper, slot_of
from walletjobs.services.figures import whole_metrics, whole_of, whole_result


@dataclass(frozen=True, slots=True)
class Scoped:
    """A part of the history, and the name that its figures go by."""

    name: str
    newest: Newest


@translated()
def analyze_newest(
    fence: Fence, connection: Connection[Any], run_id: str, scoped: Scoped, prices: Prices = no_prices
) -> int:
    """Stores the figures of every method, and the behavior, of a part; returns how many transactions it has.

    Raises: LockLost, DatabaseUnavailable.
    """
    wallet = WalletRepository(connection).find(fence.address)
    assert wallet is not None  # drawing the fence made the row
    transactions = TransactionRepository(connection)
    reach = transactions.reach(wallet.id, scoped.newest)
    keeper = Keeper(wallet.address)
    with Drafts() as drafts:  # nothing of which is kept: the ledger is of the whole history
        for stored in transactions.stream(wallet.id, reach.first_page):
            if slot_of(stored) >= reach.first_slot and (entry := keeper.read(stored, prices)) is not None:
                keeper.add(entry, drafts)
    history = History(reach.whole and not keeper.unreadable, 0, reach.cut_short, keeper.unreadable)
    figures = [
        replace(whole_result(book, whole_of(book), history, run_id), scope=scoped.name)
        for book in keeper.books.values()
    ]
    results, book = ResultRepository(connection), keeper.books["fifo"]
    habits = Habits.of(book.columns, (lot for position in book.positions.values() for lot in position.pool))
    metrics = whole_metrics(whole_of(book), habits, int(wallet.read_at.timestamp()))
    with fenced(connection, fence):
        results.store_pnl(wallet.id, figures)
        results.store_behavior(wallet.id, run_id, metrics, scope=scoped.name)
    return reach.transactions
