"""Parts of a history that were listed and not fetched yet: what a sync owes."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from psycopg import Connection

from walletjobs.core.history import Slots
from walletjobs.core.parts import Part
from walletjobs.db.fence import Fence, fenced


class PartRepository:
    """Reads and writes parts on a connection that the caller opens and closes."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def all(self, wallet_id: int) -> list[Part]:
        """What was listed and is to be fetched, newest first."""
        rows = self._connection.execute(
            """
            SELECT first_slot, last_slot, transactions FROM sync_part
             WHERE wallet_id = %s ORDER BY last_slot DESC
            """,
            [wallet_id],
        )
        return [Part(Slots(first, last), transactions) for first, last, transactions in rows]

    def add(self, fence: Fence, parts: Sequence[Part]) -> None:
        """Record what was listed and is to be fetched.

        Raises: LockLost.
        """
        firsts = [part.slots.first for part in parts]
        lasts = [part.slots.last for part in parts]
        with fenced(self._connection, fence):
            self._connection.execute(
                """
                INSERT INTO sync_part (wallet_id, first_slot, last_slot, transactions)
                SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::integer[])
                ON CONFLICT (wallet_id, last_slot)
                DO UPDATE SET first_slot = excluded.first_slot, transactions = excluded.transactions
                """,
                [fence.wallet_id, firsts, lasts, [part.transactions for part in parts]],
            )

    def drop(self, fence: Fence, part: Part) -> None:
        """Forget a part: what lies in its slots is to be listed anew.

        Raises: LockLost.
        """
        with fenced(self._connection, fence):
            self._connection.execute(
                "DELETE FROM sync_part WHERE wallet_id = %s AND last_slot = %s",
                [fence.wallet_id, part.slots.last],
            )

    def settle(self, wallet_id: int, slots: Slots) -> None:
        """Owe nothing in slots that are held whole; call it inside ``fenced``."""
        self._connection.execute(
            "DELETE FROM sync_part WHERE wallet_id = %s AND first_slot >= %s AND last_slot <= %s",
            [wallet_id, *astuple(slots)],
        )
