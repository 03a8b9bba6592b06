"""What is known of a wallet's history as a whole."""

from typing import Any

from psycopg import Connection

from walletjobs.core.coverage import History
from walletjobs.db.transactions import TransactionRepository
from walletjobs.db.wallets import Wallet


def history_of(connection: Connection[Any], wallet: Wallet, unreadable: int) -> History:
    """What figures of the wallet rest on; ``unreadable``: stored transactions whose form could not be read."""
    ranges = TransactionRepository(connection).ranges(wallet.id)
    whole = len(ranges) == 1 and ranges[0].reached_start and not unreadable
    return History(whole, max(len(ranges) - 1, 0), wallet.capped, unreadable)
