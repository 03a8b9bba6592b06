"""What is held of one wallet's history, as a sync makes it grow."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from walletjobs.core.history import Growth, Page, SyncRange, grow
from walletjobs.core.parts import Part, cover
from walletjobs.core.progress import Report
from walletjobs.db.fence import Fence
from walletjobs.db.parts import PartRepository
from walletjobs.db.transactions import TransactionRepository


class Held:
    """The ranges of a wallet. Every change is stored first and known here after; mints are told as they come."""

    def __init__(self, fence: Fence, connection: Connection[Any], report: Report) -> None:
        store = TransactionRepository(connection)
        self.fence = fence
        self.ranges: Sequence[SyncRange] = store.ranges(fence.wallet_id)  # newest first
        self.transactions = store.count(fence.wallet_id)
        self.new = 0
        self._store = store
        self._parts = PartRepository(connection)
        self._report = report
        self._mints = store.mints(fence.wallet_id)
        if self._mints:
            report.mints(self._mints)

    @property
    def walked(self) -> SyncRange:
        """The newest range, which a walk extends."""
        return self.ranges[0]

    def add_head(self, page: Page) -> None:
        """Store the newest page."""
        growth = grow(page.rows, None, self.ranges)
        self._note(page, growth, *self._store.add_page(self.fence, page, growth))

    def add_below(self, page: Page) -> None:
        """Store a page that was listed right below the newest range."""
        growth = grow(page.rows, self.walked, self.ranges[1:])
        self._note(page, growth, *self._store.add_page(self.fence, page, growth))

    def add_part(self, part: Part, page: Page) -> None:
        """Store all that lies in the slots of a part."""
        if page.rows or self.ranges:
            growth = cover(page.rows, part.slots, self.ranges)
            self._note(page, growth, *self._store.add_page(self.fence, page, growth))

    def parts(self) -> list[Part]:
        """What was listed and not fetched."""
        return self._parts.all(self.fence.wallet_id)

    def owe(self, parts: Sequence[Part]) -> None:
        """Record what was listed and is to be fetched."""
        self._parts.add(self.fence, parts)

    def forget(self, part: Part) -> None:
        """Owe a part no more: its slots are to be listed anew."""
        self._parts.drop(self.fence, part)

    def reach_start(self) -> None:
        """Record that nothing lies before what is stored."""
        if self.ranges:
            self.ranges = [self._store.mark_start(self.fence, self.walked), *self.ranges[1:]]

    def _note(self, page: Page, growth: Growth, new: int, stored: SyncRange) -> None:
        gone = {growth.grown.id, *(old.id for old in growth.swallowed)}
        left = [stored, *(held for held in self.ranges if held.id not in gone and held.id != stored.id)]
        self.ranges = sorted(left, key=lambda held: (-held.newest.slot, -held.top))
        self.new += new
        self.transactions += new
        mints = {mint for row in page.rows for mint in row.mints} - self._mints
        if mints:
            self._mints |= mints
            self._report.mints(mints)
