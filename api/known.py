"""The wallet that a path names, and what is stored of it: read as of one moment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any

from flask import Response, request
from psycopg import Connection

from api.doors import doors
from walletjobs.core.address import parse_address
from walletjobs.core.evidence import ALWAYS, Period
from walletjobs.db.results import ResultRepository, StoredResult
from walletjobs.db.wallets import Wallet, WalletRepository
from walletjobs.errors import UnknownWallet
from walletjobs.services.periods import period_result


@contextmanager
def known_wallet(text: str) -> Iterator[tuple[Connection[Any], Wallet]]:
    """A connection that reads one moment, and the wallet that the path names.

    Raises: InvalidAddress, UnknownWallet.
    """
    address = parse_address(text)
    with doors().snapshot() as connection:
        found = WalletRepository(connection).find(address)
        if found is None:
            raise UnknownWallet
        yield connection, found


def stored_result(
    connection: Connection[Any],
    found: Wallet,
    method: str = "fifo",
    window: str = "all",
    scope: str = "all",
) -> StoredResult:
    """The wallet's figures by a method, of a window and of a scope.

    Raises: UnknownWallet where no analysis has ended yet.
    """
    result = ResultRepository(connection).pnl(found.id, method, window, scope=scope)
    if result is None:
        raise UnknownWallet
    return result


@dataclass(frozen=True, slots=True)
class Asked:
    """The figures that a query asks for, and what they are of."""

    figures: Mapping[str, Any]
    coverage: Mapping[str, Any]
    dated: Mapping[str, Any]  # wallet, time, method, mode and window


def asked_figures(connection: Connection[Any], found: Wallet, query: Mapping[str, Any]) -> Asked:
    """The wallet's figures by a method: of a stored window, or of a period put together from what is stored.

    Raises: UnknownWallet where no analysis has ended yet, or what it stored cannot be read any more.
    """
    method, period = query["method"], period_of(query)
    result = stored_result(connection, found, method, query["window"], query.get("scope", "all"))
    chosen = {"method": method, "mode": "strict", "window": "custom" if period else query["window"]}
    dated = {"walletAddress": found.address, "computedAt": result.computed_at, **chosen}
    if period is None:
        return Asked(result.figures, result.coverage, dated)
    custom = period_result(connection, found, period, method)
    if custom is None:
        raise UnknownWallet("What is stored of this wallet cannot be read any more; analyze it again.")
    return Asked(custom.wallet, custom.coverage, dated)


def period_of(query: Mapping[str, Any]) -> Period | None:
    """The period that a query names by ``from`` and ``to``, if it names one."""
    start, end = query.get("start"), query.get("end")
    if start is None and end is None:
        return None
    whole = Period()
    return Period(
        whole.start if start is None else ceil(start.timestamp()),
        whole.end if end is None else ceil(end.timestamp()),
    )


def events_of(result: StoredResult, query: Mapping[str, Any]) -> Period:
    """The period whose events are in the figures that a query asks for."""
    return period_of(query) or Period(result.figures.get("since", ALWAYS.start))


def tag(response: Response) -> Response:
    """An ETag by content: a client that has it gets 304. What is streamed has none."""
    if request.method == "GET" and response.status_code == 200 and not response.is_streamed:
        response.headers["Cache-Control"] = "no-cache"  # ask each time, with the tag
        response.add_etag()
        response.make_conditional(request)
    return response
