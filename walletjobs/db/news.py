"""Wallets with fresh transactions that wait for their refresh."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from psycopg import Connection

from walletjobs.core.classes import HIGH_FREQUENCY
from walletjobs.core.freshness import HIGH_FREQUENCY_FRESHNESS
from walletjobs.core.run import LIVE

#: What is delivered is confirmed, a sync reads what is final: 32 slots later, and a burst is over by then.
SETTLING = timedelta(seconds=20)
#: From the end of a sync to the next refresh, however many deliveries come.
APART = timedelta(minutes=1)


class NewsRepository:
    """Reads and writes what is due on a connection that the caller opens and closes."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def note(self, named: Iterable[tuple[str, bytes]]) -> int:
        """Have wallets refreshed soon, given (address, signature) pairs; returns how many were not to be already.

        Those never analyzed are not, and no transaction that is stored has a wallet refreshed.
        """
        pairs = list(named)
        done = self._connection.execute(
            """
            INSERT INTO wallet_news (wallet_id, due_at)
            SELECT DISTINCT ON (wallet.id) wallet.id,
                   greatest(now() + %s, wallet.synced_at + CASE wallet.class WHEN %s THEN %s ELSE %s END)
              FROM unnest(%s::text[], %s::bytea[]) AS named (address, signature)
              JOIN wallet USING (address)
             WHERE wallet.analyzed_at IS NOT NULL
               AND NOT EXISTS (SELECT FROM wallet_transaction stored
                                WHERE stored.wallet_id = wallet.id AND stored.signature = named.signature)
             ORDER BY wallet.id
            ON CONFLICT (wallet_id) DO NOTHING
            """,
            [
                *(SETTLING, HIGH_FREQUENCY, HIGH_FREQUENCY_FRESHNESS, APART),
                [address for address, _ in pairs],
                [signature for _, signature in pairs],
            ],
        )
        return done.rowcount

    def claim(self) -> str | None:
        """The address of a wallet that is due and not being analyzed; it waits no longer, once this is committed."""
        row = self._connection.execute(
            """
            DELETE FROM wallet_news USING wallet
             WHERE wallet.id = wallet_news.wallet_id AND wallet_news.wallet_id = (
                   SELECT news.wallet_id
                     FROM wallet_news news
                     JOIN wallet named ON named.id = news.wallet_id
                    WHERE news.due_at <= now()
                      AND NOT EXISTS (SELECT FROM analysis_run run
                                       WHERE run.wallet = named.address AND run.status = ANY(%s)
                                         AND run.type = 'dashboard-wallet-analysis')
                    ORDER BY news.due_at
                      FOR UPDATE OF news SKIP LOCKED
                    LIMIT 1)
            RETURNING wallet.address
            """,
            [list(LIVE)],
        ).fetchone()
        return str(row[0]) if row else None
