"""getSignaturesForAddress, getTransactionsForAddress, getTransaction. Source: providers.md section 1."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from walletjobs.dev.replay import pages
from walletjobs.dev.replay.book import Book, Listed
from walletjobs.dev.replay.call import Refused
from walletjobs.dev.replay.enhanced_routes import within
from walletjobs.dev.replay.method import Method, address_and_options
from walletjobs.dev.replay.options import Options

ARCHIVAL = 10  # credits; source: providers.md section 1, Limits
TOKENS_SINCE = 111_491_819  # slot; source: providers.md section 1, getTransactionsForAddress
_RELATIONS = ("gte", "gt", "lte", "lt")
_NEVER = 2**63 - 1  # a slot


def _row(book: Book, position: int, *, ranked: bool) -> bytes:
    row = book.rows[position]
    listed: dict[str, object] = {
        "signature": row.signature,
        "slot": row.slot,
        "err": row.error,
        "memo": None,
        "blockTime": row.time,
        "confirmationStatus": "finalized",
    }
    if ranked:
        listed["transactionIndex"] = book.ranks[position]
    return msgspec.json.encode(listed)


def _list(rows: Sequence[bytes], fault: str) -> bytes:
    if fault == "empty_page":
        rows = ()
    if fault == "duplicate":
        rows = [*rows[:1], *rows]
    return b"[" + b",".join(rows) + b"]"


def _signatures(book: Book, params: object, options: Options, fault: str) -> bytes:
    address, asked = address_and_options(params)
    before, until = asked.get("before"), asked.get("until")
    page = pages.Page(
        newer_than=pages.position_of(book, str(until)) if until else None,
        older_than=pages.position_of(book, str(before)) if before and fault != "repeat" else None,
        limit=pages.number(asked.get("limit", 1000), "limit", 1, 1000),
    )
    found = pages.find(book, pages.owned(book, address, "none"), page, options, _confirmed(asked))
    return _list([_row(book, position, ranked=False) for position in found.positions], fault)


def _for_address(book: Book, params: object, options: Options, fault: str) -> bytes:
    address, asked = address_and_options(params)
    full = _is_full(params)
    filters = asked.get("filters") or {}
    if not isinstance(filters, dict):
        raise Refused("Invalid params: filters")
    most = options.full_limit if full else 1000
    token = "" if fault == "repeat" else asked.get("paginationToken")
    page = pages.Page(
        **_between(_of_slots(book, filters), _cursor(book, token, _ascending(asked))),
        ascending=_ascending(asked),
        limit=pages.number(asked.get("limit", most), "limit", 1, most),
        keep=_filter(asked, filters, full),
    )
    positions = _seen(book, address, filters.get("tokenAccounts", "none"))
    found = pages.find(book, positions, page, options, _confirmed(asked)).positions
    rows = [_full(book, position) if full else _row(book, position, ranked=True) for position in found]
    more = len(found) == page.limit and fault != "empty_page"
    token = f"{book.rows[found[-1]].slot}:{book.ranks[found[-1]]}" if more else None
    return b'{"data":' + _list(rows, fault) + b',"paginationToken":' + msgspec.json.encode(token) + b"}"


def _seen(book: Book, address: str, choice: str) -> Sequence[int]:
    """An address's positions; of what touches only its token accounts, nothing is known before a certain slot."""
    positions = pages.owned(book, address, choice)
    if choice == "none" or not positions or book.rows[positions[0]].slot >= TOKENS_SINCE:
        return positions
    direct = set(pages.owned(book, address, "none"))
    return [at for at in positions if at in direct or book.rows[at].slot >= TOKENS_SINCE]


def _is_full(params: object) -> bool:
    details = address_and_options(params)[1].get("transactionDetails", "signatures")
    if details not in ("full", "signatures"):
        raise Refused("Invalid params: transactionDetails must be signatures or full")
    return details == "full"


def _ascending(asked: Mapping[str, object]) -> bool:
    order = asked.get("sortOrder", "desc")
    if order not in ("asc", "desc"):
        raise Refused("Invalid params: sortOrder must be asc or desc")
    return order == "asc"


def _cursor(book: Book, token: object, ascending: bool) -> dict[str, int]:
    """The bound that a pagination token ``slot:position`` of the last row shown sets."""
    if not token:
        return {}
    slot, _, rank = str(token).partition(":")
    if not (slot.isdigit() and rank.isdigit()):
        raise Refused("Invalid params: paginationToken must be slot:position")
    first, end = book.slot_bounds(int(slot), int(slot))
    if ascending:
        return {"newer_than": sum(book.ranks[at] <= int(rank) for at in range(first, end)) + first - 1}
    return {"older_than": sum(book.ranks[at] < int(rank) for at in range(first, end)) + first}


def _of_slots(book: Book, filters: Mapping[str, object]) -> dict[str, int]:
    """The positions that the slot filter leaves: found at once, however long the history is."""
    bounds = _bounds(filters.get("slot"), "slot")
    low = max(bounds.get("gte-slot", 0), bounds.get("gt-slot", -1) + 1, bounds.get("eq-slot", 0))
    high = min(
        bounds.get("lte-slot", _NEVER), bounds.get("lt-slot", _NEVER + 1) - 1, bounds.get("eq-slot", _NEVER)
    )
    first, end = book.slot_bounds(low, high)
    return {"newer_than": first - 1, "older_than": end}


def _between(slots: Mapping[str, int], cursor: Mapping[str, int]) -> dict[str, int]:
    """Both bounds at once."""
    return {
        "newer_than": max(slots["newer_than"], cursor.get("newer_than", -1)),
        "older_than": min(slots["older_than"], cursor.get("older_than", slots["older_than"])),
    }


def _confirmed(asked: Mapping[str, object]) -> bool:
    return asked.get("commitment") == "confirmed"


def _filter(
    asked: Mapping[str, object], filters: Mapping[str, object], full: bool
) -> Callable[[Listed], bool]:
    status = filters.get("status", "any")
    if status not in ("succeeded", "failed", "any"):
        raise Refused("Invalid params: status must be succeeded, failed or any")
    bounds = _bounds(filters.get("blockTime"), "time")
    legacy_only = full and asked.get("maxSupportedTransactionVersion") is None

    def keep(row: Listed) -> bool:
        wrong = (status == "succeeded" and row.failed) or (status == "failed" and not row.failed)
        return not wrong and not (legacy_only and not row.legacy) and within(row, bounds)

    return keep


def _bounds(asked: object, what: str) -> dict[str, int]:
    if asked is None:
        return {}
    if not isinstance(asked, dict) or not asked.keys() <= {*_RELATIONS, "eq"}:
        raise Refused(f"Invalid params: {what} filter")
    return {f"{name}-{what}": pages.number(bound, name, 0, 2**63) for name, bound in asked.items()}


def _full(book: Book, position: int) -> bytes:
    """The RPC result with the row's place in its block."""
    raw = book.rpc(position)
    if b'"transactionIndex"' in raw:
        return raw
    return b'{"transactionIndex":' + str(book.ranks[position]).encode() + b"," + raw.lstrip()[1:]


def _transaction(book: Book, params: object, options: Options, fault: str) -> bytes:
    signature, asked = address_and_options(params)
    position = book.positions.get(signature)
    if (
        position is None
        or not pages.visible(book.rows[position], options, _confirmed(asked))
        or fault == "empty_page"
    ):
        return b"null"
    if not book.rows[position].legacy and asked.get("maxSupportedTransactionVersion") is None:
        raise Refused("Transaction version (0) is not supported by the requesting client", code=-32015)
    return book.rpc(position)


def _listing(params: object) -> tuple[str, ...]:
    try:
        return ("full", "rpc") if _is_full(params) else ("rpc",)
    except Refused:
        return ("rpc",)


METHODS = {
    "getSignaturesForAddress": Method(_signatures, ARCHIVAL),
    "getTransactionsForAddress": Method(_for_address, ARCHIVAL, _listing),
    "getTransaction": Method(_transaction, ARCHIVAL),
}
