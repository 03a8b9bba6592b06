"""Bring what is stored of a wallet's history up to the chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from psycopg import Connection

from walletjobs.core.history import Gap, Page, SyncRange, gaps, grow
from walletjobs.core.progress import Report, Step
from walletjobs.db.connection import translated
from walletjobs.db.fence import Fence
from walletjobs.db.transactions import TransactionRepository
from walletjobs.db.wallets import WalletRepository
from walletjobs.providers.helius import HeliusClient
from walletjobs.services.source import AddressSource

#: Transactions that fill half of the sync's bar: how many there are is known only at the end.
HALF_WAY = 2000
#: Waiting for the provider that is worth a word.
WORTH_TELLING = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class SyncReceipt:
    """What a sync did, and where the history stands now."""

    transactions: int  # stored now
    new: int  # stored by this sync
    pages: int  # fetched by this sync
    capped: bool  # older history was left out at the cap
    gaps: tuple[Gap, ...]  # what is missing; empty for a complete history


@translated()
def sync_wallet(
    fence: Fence, client: HeliusClient, connection: Connection[Any], report: Report, max_transactions: int
) -> SyncReceipt:
    """Fetch what is missing of a wallet's history: the head, then every hole, then what is older.

    A page and its cursor are stored together before the next page is fetched: wherever a sync ends, the next one
    goes on, and only the head page is fetched again. Only a sync that came to the wallet's start, or to
    ``max_transactions`` without a hole, is recorded as done.

    Raises: ProviderUnavailable, RateLimited, QuotaExhausted, ProviderRefused, DatabaseUnavailable,
    QueueUnavailable, LockLost, and what ``report.checkpoint`` raises.
    """
    waiting = _Waiting(report)
    source = AddressSource(client.heard_by(waiting), fence.address)
    history = _History(fence, TransactionRepository(connection))
    if history.mints:
        report.mints(history.mints)
    _tell(report, history, source, max_transactions)
    page = source.head(history.ranges, max_transactions)
    while page.rows:
        if new_mints := history.add(page):
            report.mints(new_mints)
        _tell(report, history, source, max_transactions)
        report.checkpoint()
        waiting.page_came()
        missing = max_transactions - history.walked.transactions
        if history.walked.reached_start or missing <= 0:
            break
        page = source.below(history.walked, missing, more_is_held=len(history.ranges) > 1)
    if not page.rows:
        history.reach_start()
    return _finish(history, source, WalletRepository(connection), report)


class _History:
    """What is stored of one wallet, as a sync makes it grow."""

    def __init__(self, fence: Fence, store: TransactionRepository) -> None:
        self.fence = fence
        self.ranges: Sequence[SyncRange] = store.ranges(fence.wallet_id)  # newest first
        self.transactions = store.count(fence.wallet_id)
        self.mints = store.mints(fence.wallet_id)
        self.new = 0
        self._store = store
        self._at_head = True

    @property
    def walked(self) -> SyncRange:
        """The newest range, which the sync extends."""
        return self.ranges[0]

    def add(self, page: Page) -> set[str]:
        """Store a page below what is walked, the first one at the head; returns the mints seen for the first time."""
        walked, others = (None, self.ranges) if self._at_head else (self.walked, self.ranges[1:])
        growth = grow(page.rows, walked, others)
        new, stored = self._store.add_page(self.fence, page, growth)
        self.ranges = [stored, *(other for other in others if other not in growth.swallowed)]
        self.new += new
        self.transactions += new
        self._at_head = False
        mints = {mint for row in page.rows for mint in row.mints} - self.mints
        self.mints |= mints
        return mints

    def reach_start(self) -> None:
        """Record that nothing lies before what is stored."""
        if self.ranges:
            self.ranges = [self._store.mark_start(self.fence, self.walked)]


class _Waiting:
    """Hears of waiting for the provider: says so once, and lets a cancelled job go."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._told = False
        self._long = False

    def __call__(self, seconds: float) -> None:
        self._report.checkpoint()  # between two pages everything so far is stored
        self._long = self._long or seconds > WORTH_TELLING
        if self._long and not self._told:
            self._told = True
            self._report.notice(
                "waiting_for_provider", f"Waiting for the provider's rate limit, about {ceil(seconds)} s."
            )

    def page_came(self) -> None:
        """A page that came without long waiting makes the next wait worth telling again."""
        self._told = self._told and self._long
        self._long = False


def _tell(report: Report, history: _History, source: AddressSource, most: int) -> None:
    """Progress that only grows: by what is stored, as nobody knows how long the history is."""
    stored = history.transactions
    fraction = max(stored / (stored + HALF_WAY), min(stored / most, 0.99))
    counts = {"transactions": stored, "pages": source.pages}
    report.step(Step.SYNC, fraction, message=f"{stored:,} transactions stored", counts=counts)


def _finish(
    history: _History, source: AddressSource, wallets: WalletRepository, report: Report
) -> SyncReceipt:
    capped = bool(history.ranges) and not history.walked.reached_start
    wallets.mark_synced(history.fence, capped)
    if capped:
        latest = history.walked.transactions
        report.notice(
            "high_frequency_wallet",
            f"High-frequency wallet: analysis covers the latest {latest:,} transactions.",
        )
    counts = {"transactions": history.transactions, "pages": source.pages}
    report.step(Step.SYNC, 1.0, message=f"{history.transactions:,} transactions stored", counts=counts)
    missing = tuple(gaps(history.ranges)) if history.ranges else ()
    return SyncReceipt(history.transactions, history.new, source.pages, capped, missing)
