"""Lines of a wallet's stored ledger, newest first."""

from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import Connection

from walletjobs.core.entries import Entry
from walletjobs.db.ledger import LedgerRepository
from walletjobs.services.present import ledger_line

Json = dict[str, Any]
LOOK = 2_560  # entries that are read at once while looking for some
MOST_LOOKED_AT = 20_000  # entries that one request looks through: the next page goes on behind them


def ledger_page(connection: Connection[Any], wallet_id: int, query: Mapping[str, Any]) -> Json:
    """A page of the lines that ``query`` asks for, and where the next one begins.

    A page of few lines, or none, is not the last one while it has a cursor.
    """
    ledger, cursor = LedgerRepository(connection), query["cursor"]
    count = ledger.count(wallet_id)
    end = count if cursor is None else min(cursor, count)
    lowest = max(end - MOST_LOOKED_AT, 0)
    items: list[Json] = []
    for place, entry in _newest_first(ledger, wallet_id, range(lowest, end), query):
        if _is_wanted(entry, query):
            items.append({"place": place, **ledger_line(entry)})
        if len(items) == query["limit"]:
            return {"items": items, "nextCursor": place or None}
    return {"items": items, "nextCursor": lowest or None}


def _newest_first(
    ledger: LedgerRepository, wallet_id: int, places: range, query: Mapping[str, Any]
) -> Iterator[tuple[int, Entry]]:
    """(place, entry) at some places, of those that may be wanted."""
    names = [query[name] for name in ("mint", "kind") if query[name] is not None]
    step, end = LOOK if names else query["limit"], places.stop
    while end > places.start:
        start = max(end - step, places.start)
        yield from reversed(ledger.naming(wallet_id, range(start, end), names))
        end = start


def _is_wanted(entry: Entry, query: Mapping[str, Any]) -> bool:
    mint, kind = query["mint"], query["kind"]
    if kind is not None and entry.kind != kind:
        return False
    return mint is None or mint in entry.tokens or mint in entry.passed
