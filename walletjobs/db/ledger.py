"""A wallet's ledger as an analysis left it: pages of entries, oldest first."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import base58
from psycopg import Connection

from walletjobs.core.entries import Entry
from walletjobs.core.evidence import ALWAYS, Period
from walletjobs.db.drafts import PAGE, LedgerPage, Span, entries_in, naming

#: Pages that one trip to Postgres brings while streaming.
PAGES_A_TRIP = 16


class LedgerRepository:
    """Reads and writes ledgers on a connection that the caller opens and closes.

    An entry's place is its number in the wallet's ledger, oldest first, from 0.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def replace(self, wallet_id: int, start: int, pages: Iterable[LedgerPage]) -> None:
        """Put pages in the place of all that there is from ``start`` on; call it inside ``fenced``."""
        self._connection.execute(
            "DELETE FROM ledger_page WHERE wallet_id = %s AND place >= %s", [wallet_id, start]
        )
        copy = """
            COPY ledger_page (wallet_id, place, entries, first_slot, last_slot, first_time, last_time, body)
            FROM STDIN
            """
        with self._connection.cursor() as cursor, cursor.copy(copy) as rows:
            for page in pages:
                span, slots = page.span, (page.first_slot, page.last_slot)
                times = (span.first_time, span.last_time)
                rows.write_row((wallet_id, span.place, span.lines, *slots, *times, page.body))

    def count(self, wallet_id: int) -> int:
        """How many entries the ledger has."""
        row = self._connection.execute(
            "SELECT coalesce(max(place + entries), 0) FROM ledger_page WHERE wallet_id = %s", [wallet_id]
        ).fetchone()
        return int(row[0]) if row else 0

    def naming(self, wallet_id: int, places: range, names: Iterable[str]) -> list[tuple[int, Entry]]:
        """The entries at some places, oldest first, that name all of some mints and kinds, whatever as; few others."""
        rows = self._connection.execute(
            """
            SELECT place, body FROM ledger_page
             WHERE wallet_id = %s AND place > %s AND place < %s ORDER BY place
            """,
            [wallet_id, places.start - PAGE, places.stop],
            binary=True,
        )
        return [
            (start + at, entry)
            for start, body in rows
            for at, entry in naming(body, range(places.start - start, places.stop - start), names)
        ]

    def newest(self, wallet_id: int, count: int) -> list[tuple[int, Entry]]:
        """Up to ``count`` entries with their places, newest first."""
        end = self.count(wallet_id)
        return self.naming(wallet_id, range(max(end - count, 0), end), ())[::-1]

    def of_signature(self, wallet_id: int, signature: str) -> Entry | None:
        """The entry of a transaction."""
        bodies = self._connection.execute(
            """
            SELECT page.body
              FROM wallet_transaction tx JOIN ledger_page page
                   ON page.wallet_id = tx.wallet_id AND tx.slot BETWEEN page.first_slot AND page.last_slot
             WHERE tx.wallet_id = %s AND tx.signature = %s
             ORDER BY page.place
            """,
            [wallet_id, base58.b58decode(signature)],
            binary=True,
        )
        found = (entry for (body,) in bodies for entry in entries_in(body) if entry.signature == signature)
        return next(found, None)

    def stream(self, wallet_id: int, period: Period = ALWAYS) -> Iterator[Entry]:
        """The entries of a period, oldest first, a few pages at a time."""
        for page in self.pages(wallet_id, period):
            yield from (entry for entry in entries_in(page.body) if period.holds(entry.block_time))

    def pages(self, wallet_id: int, period: Period = ALWAYS, start: int = 0) -> Iterator[LedgerPage]:
        """The pages that reach into a period, in order, from the place ``start`` on, a few at a time."""
        after = start - 1
        while rows := self._connection.execute(
            """
            SELECT place, entries, first_time, last_time, first_slot, last_slot, body
              FROM ledger_page
             WHERE wallet_id = %s AND place > %s AND last_time >= %s AND first_time < %s
             ORDER BY place LIMIT %s
            """,
            [wallet_id, after, period.start, min(period.end, 2**63 - 1), PAGES_A_TRIP],
            binary=True,
        ).fetchall():
            for row in rows:
                after = row[0]
                yield LedgerPage(Span(*row[:4]), *row[4:])

    def repriced(self, wallet_id: int, since: datetime) -> list[Entry]:
        """The entries of pages in whose time a price of SOL was stored after a moment, oldest first."""
        bodies = self._connection.execute(
            """
            SELECT page.body FROM ledger_page page
             WHERE page.wallet_id = %s
               AND EXISTS (SELECT FROM sol_price bar
                            WHERE bar.found_at >= %s AND bar.starts_at <= page.last_time
                              AND bar.starts_at + bar.resolution > page.first_time)
             ORDER BY page.place
            """,
            [wallet_id, since],
            binary=True,
        )
        return [entry for (body,) in bodies for entry in entries_in(body)]

    def page_of_slot(self, wallet_id: int, slot: int) -> int:
        """The place from which on pages reach into a slot, or lie behind it; the ledger's end where none does."""
        row = self._connection.execute(
            "SELECT min(place) FROM ledger_page WHERE wallet_id = %s AND last_slot >= %s", [wallet_id, slot]
        ).fetchone()
        return self.count(wallet_id) if row is None or row[0] is None else int(row[0])

    def last(self, wallet_id: int) -> LedgerPage | None:
        """The newest page."""
        row = self._connection.execute(
            """
            SELECT place, entries, first_time, last_time, first_slot, last_slot, body
              FROM ledger_page WHERE wallet_id = %s ORDER BY place DESC LIMIT 1
            """,
            [wallet_id],
            binary=True,
        ).fetchone()
        return row and LedgerPage(Span(*row[:4]), *row[4:])
