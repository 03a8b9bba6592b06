"""Stores how a wallet trades, from the books its PnL came from."""

from typing import Any

from psycopg import Connection

from walletjobs.db.fence import Fence, fenced
from walletjobs.db.results import ResultRepository
from walletjobs.services.pnl import Analysis


def store_behavior(fence: Fence, connection: Connection[Any], run_id: str, analysis: Analysis) -> None:
    """The metrics of the whole history and of every window, whose first-in-first-out lots tell the holding times.

    Raises: LockLost, DatabaseUnavailable.
    """
    with fenced(connection, fence):
        results = ResultRepository(connection)
        for window, metrics in analysis.behavior.items():
            results.store_behavior(fence.wallet_id, run_id, metrics, window=window)
