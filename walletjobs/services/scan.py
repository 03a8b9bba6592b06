"""Reads a wallet's gaps by slots, many calls at a time; what comes is stored by one thread, in any order."""

import time
from collections.abc import Callable
from functools import partial
from math import ceil
from typing import Any

from walletjobs.core.history import Page
from walletjobs.core.parts import Part
from walletjobs.errors import (
    DatabaseUnavailable,
    LockLost,
    ProviderUnavailable,
    Superseded,
    WalletjobsError,
)
from walletjobs.providers.byslots import CREDITS, LISTED, METHOD
from walletjobs.providers.http import CONNECTIONS
from walletjobs.services.crew import Crew, Done
from walletjobs.services.slotsource import Below, SlotSource
from walletjobs.services.survey import Oldest, Question, Survey
from walletjobs.services.syncing import PAGE_SECONDS, Plan, Syncing

#: What a listing takes. Source: providers.md section 1, Latency.
LISTING_SECONDS = 0.15
#: Calls that wait for a free thread, so that none of them waits for what is being stored.
AHEAD = 4
#: The longest wait between two looks at whether the work shall end.
LOOK = 0.1  # seconds
#: How long a work that is to end waits for answers under way, so that they need not be fetched again.
#: A cancelled job is interrupted where it stands after a second.
DRAIN = 0.7  # seconds


def scan(syncing: Syncing) -> None:
    """Fetch the head, then everything that is missing below it, newest first, up to the cap.

    Raises: NotOffered where the plan does not include this; what ``report.checkpoint`` raises; …
    """
    source = SlotSource(syncing.client, syncing.held.fence.address)
    if syncing.held.ranges:
        syncing.held.add_head(source.head(syncing.held.ranges))
        syncing.came()
    survey = Survey(syncing.held, syncing.most, source.part_size)
    with Crew[Question](CONNECTIONS) as crew:
        syncing.waiting.over = crew.over
        work = _Scan(syncing, source, survey, crew)
        try:
            work.go()
        except WalletjobsError as error:
            if not isinstance(error, (LockLost, Superseded, DatabaseUnavailable)):
                work.drain()
            raise


class _Scan:
    """One scan under way."""

    def __init__(self, syncing: Syncing, source: SlotSource, survey: Survey, crew: Crew[Question]) -> None:
        self._syncing = syncing
        self._source = source
        self._survey = survey
        self._crew = crew

    def go(self) -> None:
        """Ask and store until nothing is left."""
        self._ask()
        while self._crew.busy:
            done = self._crew.next(LOOK)
            if done is not None:
                self._take(done)
                self._ask()
            self._syncing.look()

    def drain(self) -> None:
        """Store what comes within a moment; errors beside the first one change nothing any more."""
        end = time.monotonic() + DRAIN
        while self._crew.busy and (left := end - time.monotonic()) > 0:
            done = self._crew.next(left)
            if done is not None and done.error is None:
                self._take(done)

    def _ask(self) -> None:
        while self._crew.busy < CONNECTIONS + AHEAD and (question := self._survey.next()):
            if isinstance(question, Part) and not question.transactions:
                self._syncing.held.add_part(question, Page(()))
            else:
                self._crew.ask(question, self._call(question), urgent=not isinstance(question, Part))

    def _call(self, question: Question) -> Callable[[], Any]:
        if isinstance(question, Below):
            return partial(self._source.listed, question)
        if isinstance(question, Oldest):
            return partial(self._source.oldest, question.slots)
        return partial(self._source.fetch, question)

    def _take(self, done: Done[Question]) -> None:
        if done.error is not None:
            raise done.error
        if isinstance(done.task, Part):
            self._store(done.task, done.answer)
        elif isinstance(done.task, Below):
            self._survey.hear_listed(done.answer)
        else:
            self._survey.hear_oldest(done.answer)
        self._plan()

    def _plan(self) -> None:
        """What is left to be fetched, as soon as there is a listing to tell it by."""
        expected = self._survey.expected()
        if not expected:
            return
        left = max(expected - self._syncing.held.transactions, 0)
        pages, listings = ceil(left / self._source.part_size), ceil(left / LISTED) + 1
        seconds = max(
            (pages + listings) / self._syncing.client.config.helius_rpc_rate,
            (pages * PAGE_SECONDS + listings * LISTING_SECONDS) / CONNECTIONS,
        )
        self._syncing.plan(
            METHOD, Plan(expected, left, pages + listings, (pages + listings) * CREDITS, seconds)
        )

    def _store(self, part: Part, page: Page) -> None:
        missing = part.transactions - len(page.rows)
        if missing > 0:
            self._syncing.held.forget(part)
            raise ProviderUnavailable(f"The provider lists {missing} transactions that it does not serve.")
        self._syncing.held.add_part(part, page)
        self._syncing.came()
