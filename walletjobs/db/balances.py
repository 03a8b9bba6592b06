"""What the chain held for a wallet when it was last asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from walletjobs.core.balance import Balance
from walletjobs.db.fence import Fence, fenced


@dataclass(frozen=True, slots=True)
class StoredBalance:
    """One asset's balance with its age; SOL and wrapped SOL are one asset under the wrapped mint."""

    mint: str
    amount: int  # base units
    decimals: int
    slot: int  # of the answer that it comes from
    fetched_at: datetime


class BalanceRepository:
    """Reads and writes balances on a connection that the caller opens and closes."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def of_wallet(self, wallet_id: int) -> dict[str, StoredBalance]:
        """The wallet's balances by mint, as they were last fetched; empty where they never were."""
        with self._connection.cursor(row_factory=class_row(StoredBalance)) as cursor:
            rows = cursor.execute(
                "SELECT mint, amount, decimals, slot, fetched_at FROM wallet_balance WHERE wallet_id = %s",
                [wallet_id],
            )
            return {balance.mint: balance for balance in rows}

    def of_mint(self, wallet_id: int, mint: str) -> StoredBalance | None:
        """One of them."""
        with self._connection.cursor(row_factory=class_row(StoredBalance)) as cursor:
            return cursor.execute(
                """
                SELECT mint, amount, decimals, slot, fetched_at FROM wallet_balance
                 WHERE wallet_id = %s AND mint = %s
                """,
                [wallet_id, mint],
            ).fetchone()

    def replace(self, fence: Fence, balances: Mapping[str, Balance]) -> None:
        """Put a whole answer of the chain in place of the last one.

        Raises: LockLost.
        """
        with fenced(self._connection, fence):
            self._connection.execute("DELETE FROM wallet_balance WHERE wallet_id = %s", [fence.wallet_id])
            self._connection.execute(
                """
                INSERT INTO wallet_balance (wallet_id, mint, amount, decimals, slot)
                SELECT %s, * FROM unnest(%s::text[], %s::numeric[], %s::smallint[], %s::bigint[])
                """,
                [
                    fence.wallet_id,
                    list(balances),
                    [balance.amount for balance in balances.values()],
                    [balance.decimals for balance in balances.values()],
                    [balance.slot for balance in balances.values()],
                ],
            )
