"""Wallets: what is known of each as a whole."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from walletjobs.core.classes import HIGH_FREQUENCY, NORMAL, WEEK, is_busy
from walletjobs.db.fence import Fence, fenced


@dataclass(frozen=True, slots=True)
class Wallet:
    """One wallet; ``transactions`` are those stored, ``read_at`` is the database's clock at the reading."""

    id: int
    address: str
    wallet_class: str
    synced_at: datetime | None
    analyzed_at: datetime | None
    capped: bool
    transactions: int
    read_at: datetime


_COLUMNS = b"""
    id, address, class AS wallet_class, synced_at, analyzed_at, capped, now() AS read_at,
    (SELECT coalesce(sum(page.transactions), 0) FROM raw_page page
      WHERE page.wallet_id = wallet.id)::integer AS transactions
"""


class WalletRepository:
    """Reads and writes wallets on a connection that the caller opens and closes."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def find(self, address: str) -> Wallet | None:
        """The wallet of an address, if we know it."""
        query = b"SELECT" + _COLUMNS + b"FROM wallet WHERE address = %s"
        with self._connection.cursor(row_factory=class_row(Wallet)) as cursor:
            return cursor.execute(query, [address]).fetchone()

    def find_all(self, addresses: list[str]) -> dict[str, Wallet]:
        """Those of the addresses that we know."""
        query = b"SELECT" + _COLUMNS + b"FROM wallet WHERE address = ANY(%s)"
        with self._connection.cursor(row_factory=class_row(Wallet)) as cursor:
            return {wallet.address: wallet for wallet in cursor.execute(query, [addresses])}

    def search(self, text: str, limit: int = 20) -> list[Wallet]:
        """Wallets whose address begins with ``text``, in the order of their addresses."""
        query = b"SELECT" + _COLUMNS + b"FROM wallet WHERE address LIKE %s ORDER BY address LIMIT %s"
        pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        with self._connection.cursor(row_factory=class_row(Wallet)) as cursor:
            return cursor.execute(query, [pattern, limit]).fetchall()

    def recent(self, limit: int = 20) -> list[Wallet]:
        """Wallets by their last whole analysis, the newest first; those never analyzed are left out."""
        query = (
            b"SELECT"
            + _COLUMNS
            + b"FROM wallet WHERE analyzed_at IS NOT NULL ORDER BY analyzed_at DESC, id DESC LIMIT %s"
        )
        with self._connection.cursor(row_factory=class_row(Wallet)) as cursor:
            return cursor.execute(query, [limit]).fetchall()

    def mark_synced(self, fence: Fence, capped: bool) -> None:
        """Record that a sync ended whole: at the wallet's start, or at the cap; and whether it is very active now.

        Raises: LockLost.
        """
        with fenced(self._connection, fence):
            pace = HIGH_FREQUENCY if is_busy(self._newest_week(fence.wallet_id), capped) else NORMAL
            self._connection.execute(
                """
                UPDATE wallet
                   SET synced_at = now(), capped = %s, class = CASE WHEN class = ANY(%s) THEN %s ELSE class END
                 WHERE id = %s
                """,
                [capped, [NORMAL, HIGH_FREQUENCY], pace, fence.wallet_id],
            )

    def _newest_week(self, wallet_id: int) -> int:
        """Transactions of the week that ends with the newest one."""
        row = self._connection.execute(
            """
            SELECT count(*) FROM wallet_transaction
             WHERE wallet_id = %(id)s
               AND block_time > (SELECT max(block_time) FROM wallet_transaction WHERE wallet_id = %(id)s) - %(week)s
            """,
            {"id": wallet_id, "week": WEEK * 86_400},
        ).fetchone()
        return int(row[0]) if row else 0

    def set_class(self, fence: Fence, wallet_class: str) -> None:
        """Record what kind of address it is.

        Raises: LockLost.
        """
        with fenced(self._connection, fence):
            self._connection.execute(
                "UPDATE wallet SET class = %s WHERE id = %s", [wallet_class, fence.wallet_id]
            )

    def mark_analyzed(self, fence: Fence) -> None:
        """Record that an analysis ended whole.

        Raises: LockLost.
        """
        with fenced(self._connection, fence):
            self._connection.execute("UPDATE wallet SET analyzed_at = now() WHERE id = %s", [fence.wallet_id])
