"""What a wallet holds by its ledger, and where its balances jump, as an analysis left it."""

from collections.abc import Iterable
from typing import Any

from psycopg import Connection

from walletjobs.core.continuity import Break, Seen
from walletjobs.core.reconciliation import Replayed


class ReconciliationRepository:
    """Reads and writes what reconciliation needs on a connection that the caller opens and closes."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def assets(self, wallet_id: int) -> list[Replayed]:
        """Every asset that the ledger moved, by what its deltas add up to."""
        rows = self._connection.execute(
            "SELECT mint, decimals, quantity, in_orders FROM wallet_asset WHERE wallet_id = %s", [wallet_id]
        )
        return [Replayed(mint, decimals, int(held), int(kept)) for mint, decimals, held, kept in rows]

    def breaks(self, wallet_id: int) -> list[Break]:
        """Where balances jump, oldest first."""
        rows = self._connection.execute(
            """
            SELECT account, mint, missing, seen_amount, seen_slot, seen_signature, slot, signature
              FROM balance_break WHERE wallet_id = %s ORDER BY slot, account
            """,
            [wallet_id],
        )
        return [
            Break(
                account,
                mint,
                int(missing),
                None if after is None else Seen(mint, int(amount), after, after_signature),
                slot,
                signature,
            )
            for account, mint, missing, amount, after, after_signature, slot, signature in rows
        ]

    def seen(self, wallet_id: int, account: str) -> Seen | None:
        """What an account held after the last transaction that told it."""
        row = self._connection.execute(
            "SELECT mint, amount, slot, signature FROM account_balance WHERE wallet_id = %s AND account = %s",
            [wallet_id, account],
        ).fetchone()
        return row and Seen(row[0], int(row[1]), *row[2:])

    def clear(self, wallet_id: int) -> None:
        """Forget everything of the wallet; call it inside ``fenced``."""
        self.clear_assets(wallet_id)
        self._connection.execute("DELETE FROM balance_break WHERE wallet_id = %s", [wallet_id])
        self._connection.execute("DELETE FROM account_balance WHERE wallet_id = %s", [wallet_id])

    def clear_assets(self, wallet_id: int) -> None:
        """Forget what the wallet's deltas add up to; call it inside ``fenced``."""
        self._connection.execute("DELETE FROM wallet_asset WHERE wallet_id = %s", [wallet_id])

    def add_assets(self, wallet_id: int, assets: Iterable[Replayed]) -> None:
        """Add quantities to those that are stored; call it inside ``fenced``."""
        rows = list(assets)
        self._connection.execute(
            """
            INSERT INTO wallet_asset (wallet_id, mint, decimals, quantity, in_orders)
            SELECT %s, * FROM unnest(%s::text[], %s::smallint[], %s::numeric[], %s::numeric[])
            ON CONFLICT (wallet_id, mint) DO UPDATE
               SET quantity = wallet_asset.quantity + excluded.quantity,
                   in_orders = wallet_asset.in_orders + excluded.in_orders
            """,
            [
                wallet_id,
                [row.mint for row in rows],
                [row.decimals for row in rows],
                [row.quantity for row in rows],
                [row.in_orders for row in rows],
            ],
        )

    def add_breaks(self, wallet_id: int, breaks: Iterable[Break]) -> None:
        """Add jumps of balances; call it inside ``fenced``."""
        copy = """
            COPY balance_break (wallet_id, account, mint, missing, seen_amount, seen_slot, seen_signature,
                                slot, signature)
            FROM STDIN
            """
        with self._connection.cursor() as cursor, cursor.copy(copy) as rows:
            for each in breaks:
                after = each.after
                seen = (after.amount, after.slot, after.signature) if after else (None, None, None)
                rows.write_row(
                    (wallet_id, each.account, each.mint, each.missing, *seen, each.slot, each.signature)
                )

    def see(self, wallet_id: int, seen: Iterable[tuple[str, Seen]]) -> None:
        """Replace what accounts held; call it inside ``fenced``."""
        rows = list(seen)
        self._connection.execute(
            """
            INSERT INTO account_balance (wallet_id, account, mint, amount, slot, signature)
            SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::numeric[], %s::bigint[], %s::text[])
            ON CONFLICT (wallet_id, account) DO UPDATE
               SET mint = excluded.mint, amount = excluded.amount, slot = excluded.slot,
                   signature = excluded.signature
            """,
            [
                wallet_id,
                [account for account, _ in rows],
                [each.mint for _, each in rows],
                [each.amount for _, each in rows],
                [each.slot for _, each in rows],
                [each.signature for _, each in rows],
            ],
        )
