"""A wallet's raw transactions: pages as the provider sent them, compressed, and the ranges they cover."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import astuple, replace
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.sql import SQL

from walletjobs.core.address import base58_bytes
from walletjobs.core.history import Growth, Page, Place, Row, Slots, SyncRange
from walletjobs.core.scope import Newest, Reach
from walletjobs.db.fence import Fence, fenced
from walletjobs.db.pages import StoredPage, in_order, pack, unpack
from walletjobs.db.parts import PartRepository
from walletjobs.db.slotorder import PagePlace, gathered

#: Pages that one trip to Postgres brings while streaming: about 1 MB.
PAGES_A_TRIP = 16


class TransactionRepository:
    """Reads and writes raw transactions on a connection that the caller opens and closes."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def ranges(self, wallet_id: int) -> list[SyncRange]:
        """What has been fetched without a hole, newest range first."""
        rows = self._connection.execute(
            """
            SELECT newest_slot, newest_signature, oldest_slot, oldest_signature, top, bottom, transactions,
                   reached_start, coalesce(whole_first, oldest_slot + 1), coalesce(whole_last, newest_slot - 1), id
              FROM sync_range
             WHERE wallet_id = %s
             ORDER BY newest_slot DESC, top DESC
            """,
            [wallet_id],
        ).fetchall()
        return [
            SyncRange(
                Place(*row[0:2]), Place(*row[2:4]), row[4], row[5], row[6], row[7], Slots(*row[8:10]), row[10]
            )
            for row in rows
        ]

    def add_page(self, fence: Fence, page: Page, growth: Growth) -> tuple[int, SyncRange]:
        """Store a page and move the range that it grows, both or neither; what is stored already is left out.

        Parts in slots that the range then holds whole are owed no more.

        Returns how many transactions are new, and the range as stored.
        Raises: LockLost.
        """
        new = late = 0
        # A pipeline: what needs no answer waits for none.
        with self._connection.pipeline(), fenced(self._connection, fence):
            for piece in growth.pieces:
                page_id, fresh = self._add_keys(fence.wallet_id, page.rows[piece.start : piece.stop])
                if fresh:
                    place, listed = (piece.sequence, page_id), page.rows[piece.start : piece.stop]
                    rows = gathered(self._connection, fence.wallet_id, place, listed, fresh)
                    self._add_body(fence.wallet_id, page.format, place, rows)
                new += len(fresh)
                late += len(fresh) if piece.within else 0
            if new:
                self._add_mints(fence.wallet_id, page.rows)
            grown = replace(growth.grown, transactions=growth.grown.transactions + late)
            return new, self._move_range(fence.wallet_id, grown, growth.swallowed)

    def mark_start(self, fence: Fence, oldest: SyncRange) -> SyncRange:
        """Record that nothing lies before ``oldest``.

        Raises: LockLost.
        """
        with fenced(self._connection, fence):
            self._connection.execute("UPDATE sync_range SET reached_start = true WHERE id = %s", [oldest.id])
        return replace(oldest, reached_start=True)

    def count(self, wallet_id: int, page_id: int = 0) -> int:
        """How many transactions of the wallet are stored; how many after a page, where one is given."""
        row = self._connection.execute(
            "SELECT coalesce(sum(transactions), 0) FROM raw_page WHERE wallet_id = %s AND id > %s",
            [wallet_id, page_id],
        ).fetchone()
        return int(row[0]) if row else 0

    def newest_page(self, wallet_id: int) -> int:
        """The id of the page that was stored last, 0 without any; pages stored later have higher ones."""
        row = self._connection.execute(
            "SELECT coalesce(max(id), 0) FROM raw_page WHERE wallet_id = %s", [wallet_id]
        ).fetchone()
        return int(row[0]) if row else 0

    def mints(self, wallet_id: int) -> set[str]:
        """Every token that the wallet gained or lost in what is stored."""
        rows = self._connection.execute("SELECT mint FROM wallet_mint WHERE wallet_id = %s", [wallet_id])
        return {mint for (mint,) in rows}

    def minutes(self, wallet_id: int) -> list[int]:
        """The minutes in which the wallet had transactions, in order. Units: unix seconds of their starts."""
        rows = self._connection.execute(
            """
            SELECT DISTINCT block_time - block_time %% 60 AS minute
              FROM wallet_transaction
             WHERE wallet_id = %s AND block_time IS NOT NULL
             ORDER BY minute
            """,
            [wallet_id],
        )
        return [minute for (minute,) in rows]

    def reach(self, wallet_id: int, newest: Newest) -> Reach:
        """How much of the newest part of the history is stored without a hole."""
        held = next(iter(self.ranges(wallet_id)), None)
        if held is None:
            return Reach(0, 0, 0, whole=False, cut_short=False)
        row = self._connection.execute(
            """
            SELECT min(slot) FILTER (WHERE place <= %(most)s), count(*) FILTER (WHERE place <= %(most)s), count(*)
              FROM (SELECT slot, row_number() OVER (ORDER BY slot DESC) AS place
                      FROM wallet_transaction
                     WHERE wallet_id = %(wallet)s AND slot >= %(oldest)s
                       AND coalesce(block_time, %(since)s) >= %(since)s) AS part
            """,
            {
                "wallet": wallet_id,
                "oldest": held.oldest.slot,
                "since": newest.since,
                "most": newest.most,
            },
        ).fetchone()
        first_slot, taken, there = row if row and row[1] else (held.newest.slot + 1, 0, 0)
        ends_in_part = there >= held.transactions  # nothing that is stored is older than the part
        page = self._connection.execute(
            "SELECT min(first_slot) FROM raw_page WHERE wallet_id = %s AND last_slot >= %s",
            [wallet_id, first_slot],
        ).fetchone()
        return Reach(
            first_slot=first_slot,
            first_page=page[0] if page and page[0] is not None else first_slot,
            transactions=taken,
            whole=held.reached_start and taken >= held.transactions,
            cut_short=there > taken or (ends_in_part and not held.reached_start),
        )

    def slot_of_newest(self, wallet_id: int, count: int) -> int:
        """The slot from which on about ``count`` of the wallet's newest transactions are stored; 0 where fewer are."""
        row = self._connection.execute(
            """
            SELECT first_slot
              FROM (SELECT first_slot, sum(transactions) OVER (ORDER BY first_slot DESC, id) AS held
                      FROM raw_page WHERE wallet_id = %s) page
             WHERE held >= %s
             ORDER BY first_slot DESC
             LIMIT 1
            """,
            [wallet_id, count],
        ).fetchone()
        return int(row[0]) if row else 0

    def pages(self, wallet_id: int, since: int = 0) -> Iterator[StoredPage]:
        """The wallet's pages that begin at slot ``since`` or later, by (first slot, sequence), a few at a time.

        No cursor and no transaction is held in between: whoever reads may stop, and may write meanwhile.
        """
        after = (since - 1, 2**62, 0)
        while rows := self._connection.execute(
            """
            SELECT first_slot, sequence, id, last_slot, format, body
              FROM raw_page
             WHERE wallet_id = %s AND (first_slot, sequence, id) > (%s, %s, %s)
             ORDER BY first_slot, sequence, id
             LIMIT %s
            """,
            [wallet_id, *after, PAGES_A_TRIP],
            binary=True,
        ).fetchall():
            for first_slot, sequence, page_id, last_slot, wire_format, body in rows:
                after = (first_slot, sequence, page_id)
                yield StoredPage(wire_format, first_slot, last_slot, sequence, unpack(body), page_id)

    def stream(self, wallet_id: int, since: int = 0) -> Iterator[tuple[str, bytes]]:
        """Every stored transaction as (format, raw JSON), oldest first, inside a slot as it was listed.

        ``since`` leaves out pages that begin before that slot.

        Pages are read as they are needed: memory does not grow with the history.
        """
        return in_order(self.pages(wallet_id, since))

    def newer(self, wallet_id: int, page_id: int) -> list[tuple[str, bytes]]:
        """What was stored after a page, as (format, raw JSON), oldest first."""
        return list(in_order(self._pages_where("id > %s", wallet_id, page_id)))

    def of_slots(self, wallet_id: int, slots: Collection[int]) -> list[tuple[str, bytes]]:
        """What is stored of some slots and around them, as (format, raw JSON), oldest first."""
        condition = (
            "EXISTS (SELECT FROM unnest(%s::bigint[]) slot WHERE slot BETWEEN first_slot AND last_slot)"
        )
        return list(in_order(self._pages_where(condition, wallet_id, list(slots))))

    def _pages_where(self, condition: LiteralString, wallet_id: int, value: Any) -> list[StoredPage]:
        query = SQL(
            """
            SELECT format, first_slot, last_slot, sequence, body, id FROM raw_page
             WHERE wallet_id = %s AND {} ORDER BY first_slot, sequence, id
            """
        ).format(SQL(condition))
        rows = self._connection.execute(query, [wallet_id, value], binary=True).fetchall()
        return [
            StoredPage(wire_format, first_slot, last_slot, sequence, unpack(body), page_id)
            for wire_format, first_slot, last_slot, sequence, body, page_id in rows
        ]

    def _add_keys(self, wallet_id: int, rows: Sequence[Row]) -> tuple[int, list[Row]]:
        """Claim the signatures that are not stored yet, for a page to be; returns its id, and their rows."""
        keys = [base58_bytes(row.signature) for row in rows]
        claimed = self._connection.execute(
            """
            WITH page AS MATERIALIZED (SELECT nextval(pg_get_serial_sequence('raw_page', 'id')) AS id)
            INSERT INTO wallet_transaction (wallet_id, page_id, signature, slot, block_time)
            SELECT %s, page.id, listed.*
              FROM page, unnest(%b::bytea[], %b::bigint[], %b::bigint[]) AS listed
            ON CONFLICT DO NOTHING
            RETURNING page_id, signature
            """,
            [wallet_id, keys, [row.slot for row in rows], [row.block_time for row in rows]],
            binary=True,
        ).fetchall()
        fresh = {signature for _, signature in claimed}
        page_id = claimed[0][0] if claimed else 0
        return page_id, [row for row, key in zip(rows, keys, strict=True) if key in fresh]

    def _add_body(self, wallet_id: int, wire_format: str, place: PagePlace, rows: Sequence[Row]) -> None:
        sequence, page_id = place
        oldest_first = list(reversed(rows))
        oldest_first.sort(key=lambda row: row.slot)  # stable: inside a slot the listed order stays
        body = pack(row.raw for row in oldest_first)
        first, last = oldest_first[0].slot, oldest_first[-1].slot
        self._connection.execute(
            """
            INSERT INTO raw_page (id, wallet_id, format, first_slot, last_slot, sequence, transactions, body)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %b)
            """,
            [page_id, wallet_id, wire_format, first, last, sequence, len(rows), body],
        )

    def _add_mints(self, wallet_id: int, rows: Sequence[Row]) -> None:
        mints = sorted(frozenset[str]().union(*(row.mints for row in rows)))
        self._connection.execute(
            """
            INSERT INTO wallet_mint (wallet_id, mint) SELECT %s, unnest(%s::text[])
            ON CONFLICT DO NOTHING
            """,
            [wallet_id, mints],
        )

    def _move_range(self, wallet_id: int, grown: SyncRange, swallowed: Sequence[SyncRange]) -> SyncRange:
        if swallowed == (grown,):
            return grown  # a head page without news
        replaced = [old.id for old in (grown, *swallowed) if old.id is not None]
        self._connection.execute("DELETE FROM sync_range WHERE id = ANY(%s)", [replaced])
        stored = self._connection.execute(
            """
            INSERT INTO sync_range (wallet_id, newest_slot, newest_signature, oldest_slot, oldest_signature,
                                    top, bottom, transactions, reached_start, whole_first, whole_last)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            RETURNING id
            """,
            [
                wallet_id,
                *astuple(grown.newest),
                *astuple(grown.oldest),
                grown.top,
                grown.bottom,
                grown.transactions,
                grown.reached_start,
                *astuple(grown.whole),
            ],
        )
        PartRepository(self._connection).settle(wallet_id, grown.whole)
        row = stored.fetchone()
        assert row is not None  # RETURNING of an insert
        return replace(grown, id=int(row[0]))
