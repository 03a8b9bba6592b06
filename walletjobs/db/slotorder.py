"""The order of transactions inside a slot, where a later listing shows it otherwise than it is stored.

A transaction that a provider lists late stands between others of its slot that are stored already. The listing shows
them together: it wins, and what it lists of such a slot moves into its own page. What it does not list stays, and
comes before or after by the sequences of the pages.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from psycopg import Connection

from walletjobs.core.address import base58_bytes
from walletjobs.core.history import Row
from walletjobs.db.pages import pack, signature_of_line, slot_of_line, unpack

PagePlace = tuple[int, int]  # sequence and id of a page: among pages that share a slot, oldest first


def gathered(
    connection: Connection[Any], wallet_id: int, page: PagePlace, rows: Sequence[Row], fresh: Sequence[Row]
) -> list[Row]:
    """What belongs into a page that listed ``rows``: what is new, and what of its slots was stored in another order.

    Call it inside ``fenced``; what moves has left its old pages then.
    """
    new, slots = {row.signature for row in fresh}, {row.slot for row in fresh}
    known = [row for row in rows if row.slot in slots and row.signature not in new]
    if not known:
        return list(fresh)
    places = _places(connection, wallet_id, known)
    wrong = _disordered([row for row in rows if row.slot in slots], places, page)
    moving = [row for row in known if row.slot in wrong]
    if moving:
        _move(connection, wallet_id, page[1], moving, {places[row.signature][1] for row in moving})
    taken = new.union(row.signature for row in moving)
    return [row for row in rows if row.signature in taken]


def _places(connection: Connection[Any], wallet_id: int, rows: Iterable[Row]) -> dict[str, PagePlace]:
    """Where some stored transactions are, by signature."""
    signatures = {base58_bytes(row.signature): row.signature for row in rows}
    found = connection.execute(
        """
        SELECT tx.signature, page.sequence, page.id
          FROM wallet_transaction tx JOIN raw_page page ON page.id = tx.page_id
         WHERE tx.wallet_id = %s AND tx.signature = ANY(%b::bytea[])
        """,
        [wallet_id, list(signatures)],
        binary=True,
    ).fetchall()
    return {signatures[key]: (sequence, page_id) for key, sequence, page_id in found}


def _disordered(rows: Sequence[Row], places: Mapping[str, PagePlace], page: PagePlace) -> set[int]:
    """The slots whose pages come in another order than ``rows``, newest first; what is new goes to ``page``."""
    return {
        newer.slot
        for newer, older in pairwise(rows)
        if newer.slot == older.slot and places.get(newer.signature, page) < places.get(older.signature, page)
    }


def _move(
    connection: Connection[Any], wallet_id: int, page_id: int, rows: Sequence[Row], pages: Collection[int]
) -> None:
    """Take stored transactions out of their pages; from now on they are kept in another one."""
    moved = {row.signature for row in rows}
    bodies = connection.execute(
        "SELECT id, body FROM raw_page WHERE wallet_id = %s AND id = ANY(%s)",
        [wallet_id, list(pages)],
        binary=True,
    ).fetchall()
    for old, body in bodies:
        kept = [line for line in unpack(body).split(b"\n") if signature_of_line(line) not in moved]
        if not kept:
            connection.execute("DELETE FROM raw_page WHERE id = %s", [old])
            continue
        connection.execute(
            """
            UPDATE raw_page SET first_slot = %s, last_slot = %s, transactions = %s, body = %b WHERE id = %s
            """,
            [slot_of_line(kept[0]), slot_of_line(kept[-1]), len(kept), pack(kept), old],
        )
    connection.execute(
        "UPDATE wallet_transaction SET page_id = %s WHERE wallet_id = %s AND signature = ANY(%b::bytea[])",
        [page_id, wallet_id, [base58_bytes(signature) for signature in moved]],
    )
