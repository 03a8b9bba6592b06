"""Helius' REST routes of enhanced transactions. Source: providers.md section 1."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec

from walletjobs.dev.replay import pages
from walletjobs.dev.replay.book import Book, Listed
from walletjobs.dev.replay.call import Answer, Call, Refused, Request
from walletjobs.dev.replay.options import Options

CREDITS = 100  # a request; source: providers.md section 1, Limits
MOST = 100  # transactions a request
_WANTED = msgspec.json.Decoder(dict[str, list[str]])
_GAVE_UP = (
    "Failed to find events within the search period. To continue search, query the API again with the "
    "`{parameter}` parameter set to {signature}."
)
_BOUNDS = ("gte-time", "gt-time", "lte-time", "lt-time", "gte-slot", "gt-slot", "lte-slot", "lt-slot")


def route(request: Request, book: Book, options: Options) -> Call | None:
    """The call behind a request, where it is one of these routes."""
    parts = request.path.strip("/").split("/")
    if request.method == "GET" and len(parts) == 4 and parts[:2] == ["v0", "addresses"]:
        if parts[3] != "transactions":
            return None
        query = {name: text for name, text in request.query.items() if name != "api-key"}
        key = f"{request.path} {sorted(query.items())}"
        classes, address = ("addresses", "enhanced", "rest"), parts[2]
        return Call(
            classes, CREDITS, key, lambda fault: _history(book, address, query, options, fault), True, address
        )
    if request.method == "POST" and parts == ["v0", "transactions"]:
        key = f"{request.path} {request.body!r}"
        classes = ("parse", "enhanced", "rest")
        return Call(classes, CREDITS, key, lambda fault: _parse(book, request.body, options, fault), True)
    return None


def _history(book: Book, address: str, query: Mapping[str, str], options: Options, fault: str) -> Answer:
    page = _page(book, query, options)
    if fault == "repeat":  # as a server that ignores the cursor
        page = replace(page, newer_than=None, older_than=None)
    positions = pages.owned(book, address, query.get("token-accounts", "none"))
    found = pages.find(book, positions, page, options, query.get("commitment") == "confirmed")
    if found.gave_up_at is not None:
        parameter = "after-signature" if page.ascending else "before-signature"
        text = _GAVE_UP.format(parameter=parameter, signature=book.rows[found.gave_up_at].signature)
        return Answer(msgspec.json.encode({"error": text}))
    rows = [book.enhanced(position) for position in found.positions]
    if fault == "empty_page":
        rows = []
    if fault == "duplicate":
        rows = rows[:1] + rows
    if fault == "null" and rows:
        rows[len(rows) // 2] = b"null"
    return Answer(b"[" + b",".join(rows) + b"]")


def _page(book: Book, query: Mapping[str, str], options: Options) -> pages.Page:
    order = query.get("sort-order", "desc")
    if order not in ("asc", "desc"):
        raise Refused("sort-order must be asc or desc")
    older, newer = query.get("before-signature"), query.get("after-signature")
    typed = "type" in query or "source" in query
    return pages.Page(
        newer_than=pages.position_of(book, newer) if newer else None,
        older_than=pages.position_of(book, older) if older else None,
        ascending=order == "asc",
        limit=pages.number(query.get("limit", MOST), "limit", 1, MOST),
        keep=_filter(query),
        scan=options.search_window if typed else 0,
    )


def _filter(query: Mapping[str, str]) -> Callable[[Listed], bool] | None:
    bounds = {name: pages.number(query[name], name, 0, 2**63) for name in _BOUNDS if name in query}
    if {name.partition("-")[2] for name in bounds} == {"time", "slot"}:
        raise Refused("time and slot filters cannot be combined")
    kind, source = query.get("type"), query.get("source")
    if not bounds and not kind and not source:
        return None

    def keep(row: Listed) -> bool:
        return (not kind or row.type == kind) and (not source or row.source == source) and within(row, bounds)

    return keep


def within(row: Listed, bounds: Mapping[str, int]) -> bool:
    """Whether a transaction meets bounds such as ``{"gte-slot": 5, "lt-time": 9}``."""
    for name, bound in bounds.items():
        relation, _, what = name.partition("-")
        value = row.slot if what == "slot" else row.time
        if relation[0] == "g" and not (value > bound or (relation == "gte" and value == bound)):
            return False
        if relation[0] == "l" and not (value < bound or (relation == "lte" and value == bound)):
            return False
    return True


def _parse(book: Book, body: bytes, options: Options, fault: str) -> Answer:
    try:
        wanted = _WANTED.decode(body).get("transactions")
    except msgspec.MsgspecError:
        wanted = None
    if wanted is None or len(wanted) > MOST:
        raise Refused(f"transactions must be a list of at most {MOST} signatures")
    known = [book.positions[signature] for signature in wanted if signature in book.positions]
    rows = [book.enhanced(position) for position in known if pages.visible(book.rows[position], options)]
    if fault == "null":
        rows = [b"null" if at % 3 == 1 else row for at, row in enumerate(rows)]
    if fault in ("empty_page", "duplicate", "repeat"):
        rows = rows[: len(rows) // 2]  # fewer than asked for
    return Answer(b"[" + b",".join(reversed(rows)) + b"]")  # in an order of its own: match by signature
