"""Lines of a wallet's stored ledger, newest first."""

from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import Connection

from walletjobs.core.entries import Entry
from walletjobs.db.ledger import LedgerRepository
from walletjobs.services.present import ledger_line

Json = dict[str, Any]
LOOK = 500  # entries that are read at once while looking for some
MOST_LOOKED_AT = 20_000  # entries that one request looks through: the next page goes on behind them


def ledger_page(connection: Connection[Any], wallet_id: int, query: Mapping[str, Any]) -> Json:
    """A page of the lines that ``query`` asks for, and where the next one begins.

    A page of few lines, or none, is not the last one while it has a cursor.
    """
    items: list[Json] = []
    place: int | None = query["cursor"]
    for place, entry in _newest_first(connection, wallet_id, query["cursor"]):
        if _is_wanted(entry, query):
            items.append({"place": place, **ledger_line(entry)})
        if len(items) == query["limit"]:
            break
    return {"items": items, "nextCursor": place or None}


def _newest_first(
    connection: Connection[Any], wallet_id: int, before: int | None
) -> Iterator[tuple[int, Entry]]:
    """(place, entry) below a place, as many as one request looks through."""
    ledger, looked = LedgerRepository(connection), 0
    while looked < MOST_LOOKED_AT and (found := ledger.newest(wallet_id, LOOK, before)):
        yield from found
        before = found[-1][0]
        looked += len(found)


def _is_wanted(entry: Entry, query: Mapping[str, Any]) -> bool:
    mint, kind = query["mint"], query["kind"]
    if kind is not None and entry.kind != kind:
        return False
    return mint is None or mint in entry.tokens or mint in entry.passed
