"""Where each wallet's books stand, and what is known of its accounts."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from psycopg import Connection

from walletjobs.core.deltas import Known
from walletjobs.core.state import RULES, WalletState
from walletjobs.db.pages import pack, unpack

_STATE = msgspec.json.Decoder(WalletState)


@dataclass(frozen=True, slots=True)
class StoredState:
    """Where a wallet stood when it was last analyzed."""

    state: WalletState
    page_id: int  # the newest raw page that is in it
    computed_at: datetime  # by the database's clock, before anything was read for it


class StateRepository:
    """Reads and writes states on a connection that the caller opens and closes."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def find(self, wallet_id: int) -> StoredState | None:
        """Where the wallet stands; null where it was never analyzed, or by other rules than today's."""
        row = self._connection.execute(
            "SELECT body, page_id, computed_at FROM wallet_state WHERE wallet_id = %s AND rules = %s",
            [wallet_id, RULES],
            binary=True,
        ).fetchone()
        return row and StoredState(_STATE.decode(unpack(row[0])), row[1], row[2])

    def store(self, wallet_id: int, stored: StoredState) -> None:
        """Replace where the wallet stands; call it inside ``fenced``."""
        self._connection.execute(
            """
            INSERT INTO wallet_state (wallet_id, rules, page_id, computed_at, body) VALUES (%s, %s, %s, %s, %b)
            ON CONFLICT (wallet_id) DO UPDATE
               SET rules = excluded.rules, page_id = excluded.page_id, computed_at = excluded.computed_at,
                   body = excluded.body
            """,
            [wallet_id, RULES, stored.page_id, stored.computed_at, pack([msgspec.json.encode(stored.state)])],
        )

    def accounts(self, wallet_id: int, accounts: Collection[str]) -> list[Known]:
        """What is known of these accounts, and of all escrows."""
        rows = self._connection.execute(
            """
            SELECT account, role, slot FROM wallet_account
             WHERE wallet_id = %(wallet)s AND (account = ANY(%(accounts)s) OR role = 'escrow')
            """,
            {"wallet": wallet_id, "accounts": list(accounts)},
        )
        return [Known(*row) for row in rows]

    def learned_in(self, wallet_id: int, slots: Collection[int]) -> list[Known]:
        """What some slots said of accounts for the first time."""
        rows = self._connection.execute(
            "SELECT account, role, slot FROM wallet_account WHERE wallet_id = %s AND slot = ANY(%s)",
            [wallet_id, list(slots)],
        )
        return [Known(*row) for row in rows]

    def forget_accounts(self, wallet_id: int) -> None:
        """Forget what is known of the wallet's accounts; call it inside ``fenced``."""
        self._connection.execute("DELETE FROM wallet_account WHERE wallet_id = %s", [wallet_id])

    def add_accounts(self, wallet_id: int, known: Iterable[Known]) -> None:
        """Add what was learned of accounts; call it inside ``fenced``."""
        rows = list(known)
        self._connection.execute(
            """
            INSERT INTO wallet_account (wallet_id, account, role, slot)
            SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::bigint[])
            """,
            [
                wallet_id,
                [row.account for row in rows],
                [row.role for row in rows],
                [row.slot for row in rows],
            ],
        )
