"""Reads a wallet's history page by page, newest first, below what the page before it showed."""

from typing import Protocol

from walletjobs.core.history import Page, SyncRange
from walletjobs.providers.helius import PAGE
from walletjobs.services.syncing import Price, Syncing


class Source(Protocol):
    """One wallet's history, newest first, in pages that can be believed."""

    name: str
    price: Price

    def head(self, held: list[SyncRange], most: int) -> Page:
        """The newest transactions, up to ``most``; empty for a wallet that has none."""

    def below(self, walked: SyncRange, most: int, *, more_is_held: bool) -> Page:
        """The page right below a range, up to ``most`` transactions; empty where the history starts."""


def walk(syncing: Syncing, source: Source) -> None:
    """Fetch the head, then every hole, then what is older: to the start, to the cap, or past what is wanted.

    A page and its cursor are stored together before the next page is fetched: wherever a sync ends, the next one
    goes on, and only the head page is fetched again.
    Raises: NotOffered where the plan does not include this; what ``report.checkpoint`` raises; …
    """
    held, most, since = syncing.held, syncing.most, syncing.since
    syncing.tell()
    page = source.head(list(held.ranges), most)
    at_head = True
    while page.rows:
        held.add_head(page) if at_head else held.add_below(page)
        at_head = False
        syncing.came()
        syncing.look()
        missing = most - held.walked.transactions
        if held.walked.reached_start or missing <= 0 or (page.rows[-1].block_time or since) < since:
            return
        if len(page.rows) >= PAGE:  # a short one may be the last
            syncing.bound(source.name, missing, source.price)
        page = source.below(held.walked, missing, more_is_held=len(held.ranges) > 1)
    held.reach_start()
