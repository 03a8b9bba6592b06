"""Computes how a wallet trades, from the books its PnL came from, and stores it."""

from typing import Any

from psycopg import Connection

from walletjobs.core.behavior import behavior_of
from walletjobs.db.fence import Fence, fenced
from walletjobs.db.results import ResultRepository
from walletjobs.db.wallets import WalletRepository
from walletjobs.services.books import Books
from walletjobs.services.present import behavior_json


def analyze_behavior(fence: Fence, connection: Connection[Any], run_id: str, books: Books) -> None:
    """The metrics of ``books``, whose first-in-first-out lots tell the holding times.

    Raises: LockLost, DatabaseUnavailable.
    """
    wallet = WalletRepository(connection).find(fence.address)
    assert wallet is not None  # drawing the fence made the row
    metrics = behavior_json(behavior_of(books.book("fifo"), int(wallet.read_at.timestamp())))
    with fenced(connection, fence):
        ResultRepository(connection).store_behavior(fence.wallet_id, run_id, metrics)
