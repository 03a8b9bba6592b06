"""Bring what is stored of a wallet's history up to the chain."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from psycopg import Connection

from walletjobs.config import HELIUS_ROUTES
from walletjobs.core.history import Gap, gaps
from walletjobs.core.progress import Report
from walletjobs.core.scope import Newest
from walletjobs.db.connection import translated
from walletjobs.db.fence import Fence
from walletjobs.db.wallets import WalletRepository
from walletjobs.errors import NotOffered
from walletjobs.providers.helius import HeliusClient
from walletjobs.services.held import Held
from walletjobs.services.provisional import Provisional
from walletjobs.services.scan import scan
from walletjobs.services.source import AddressSource, SignatureSource
from walletjobs.services.syncing import Syncing
from walletjobs.services.walk import walk

INCOMPLETE = (
    "Read by signatures: what touches only the wallet's token accounts is not listed, and may be missing."
)


@dataclass(frozen=True, slots=True)
class SyncReceipt:
    """What a sync did, and where the history stands now."""

    transactions: int  # stored now
    new: int  # stored by this sync
    pages: int  # fetched and stored by this sync
    capped: bool  # older history was left out at the cap
    gaps: tuple[Gap, ...]  # what is missing; empty for a complete history
    route: str  # that read it
    calls: int  # of the provider, retries and all
    credits: int  # that they cost


@translated()
def sync_wallet(
    fence: Fence, client: HeliusClient, connection: Connection[Any], report: Report, max_transactions: int
) -> SyncReceipt:
    """Fetch what is missing of a wallet's history: the head, then every hole, then what is older.

    It is read by the client's route, and where the key's plan does not include it, by the next one. What was fetched
    is stored before it counts, so wherever a sync ends the next one goes on. Only a sync that came to the wallet's
    start, or to ``max_transactions`` without a hole, is recorded as done.

    Raises: ProviderUnavailable, RateLimited, QuotaExhausted, ProviderRefused, DatabaseUnavailable,
    QueueUnavailable, LockLost, and what ``report.checkpoint`` raises.
    """
    held = Held(fence, connection, report)
    syncing = Syncing(held, client, report, Newest(max_transactions), Provisional(connection))
    route = _read(syncing)
    capped = bool(held.ranges) and not held.walked.reached_start
    WalletRepository(connection).mark_synced(fence, capped)
    if capped:
        latest = f"{held.walked.transactions:,}"
        report.notice(
            "high_frequency_wallet",
            f"High-frequency wallet: analysis covers the latest {latest} transactions.",
        )
    syncing.tell(done=True)
    missing = tuple(gaps(held.ranges)) if held.ranges else ()
    spent = syncing.client.spent
    return SyncReceipt(
        held.transactions, held.new, syncing.pages, capped, missing, route, spent.calls, spent.credits
    )


@translated()
def sync_newest(
    fence: Fence, client: HeliusClient, connection: Connection[Any], report: Report, newest: Newest
) -> SyncReceipt:
    """Fetch the newest of a wallet's history, and no more; what lies below stays a gap for the next whole sync.

    The wallet does not count as synced by it.

    Raises: as ``sync_wallet``.
    """
    held = Held(fence, connection, report)
    syncing = Syncing(held, client, report, newest, Provisional(connection))
    route = _read(syncing, first="pages")
    syncing.tell(done=True)
    missing = tuple(gaps(held.ranges)) if held.ranges else ()
    spent = syncing.client.spent
    return SyncReceipt(
        held.transactions, held.new, syncing.pages, False, missing, route, spent.calls, spent.credits
    )


def _read(syncing: Syncing, first: str = HELIUS_ROUTES[0]) -> str:
    """Read by the first route that the provider offers, and that is not before ``first``; returns its name."""
    index = max(HELIUS_ROUTES.index(syncing.client.config.helius_route), HELIUS_ROUTES.index(first))
    routes = HELIUS_ROUTES[index:]
    for route, following in pairwise([*routes, None]):
        assert route is not None
        try:
            _read_by(route, syncing)
        except NotOffered as error:
            if following is None:
                raise
            message = f"{error.detail} Reading by the route {following!r} instead of {route!r}."
            syncing.report.notice("route_not_offered", message)
        else:
            return route
    raise AssertionError  # the last route returns or raises


def _read_by(route: str, syncing: Syncing) -> None:
    address = syncing.held.fence.address
    if route == "slots":
        scan(syncing)
    elif route == "pages":
        walk(syncing, AddressSource(syncing.client, address))
    else:
        walk(syncing, SignatureSource(syncing.client, address))
        syncing.report.notice("route_incomplete", INCOMPLETE)
