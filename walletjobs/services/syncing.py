"""One sync under way: what its routes work with, and what they tell while they do."""

import threading
from dataclasses import dataclass
from math import ceil

from walletjobs.core.progress import Report, Step
from walletjobs.core.scope import Newest
from walletjobs.errors import Cancelled
from walletjobs.providers.helius import PAGE, HeliusClient
from walletjobs.services.held import Held
from walletjobs.services.provisional import Provisional

#: Transactions that fill half of the sync's bar where nobody knows how many there are.
HALF_WAY = 2000
#: Transactions to be fetched of which it is told beforehand what they cost.
WORTH_A_PLAN = 100
WORTH_A_BOUND = 500
#: What a page takes. Source: providers.md section 1, Latency.
PAGE_SECONDS = 0.565
#: Waiting for the provider that is worth a word.
WORTH_TELLING = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Plan:
    """What a route expects to ask for."""

    transactions: int  # that will be held
    left: int  # of them, to be fetched
    calls: int
    credits: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Price:
    """What a page costs on a route."""

    calls: float
    credits: int


class Waiting:
    """Hears of waiting for the provider, from any thread: says so once, and lets go what is to end."""

    def __init__(self, report: Report) -> None:
        self.over: threading.Event | None = None  # set: nobody wants the answers of other threads any more
        self._report = report
        self._owner = threading.get_ident()
        self._told = False
        self._seconds = 0.0  # the longest wait since a page came

    def __call__(self, seconds: float) -> None:
        self._seconds = max(self._seconds, seconds)
        if threading.get_ident() == self._owner:
            self._report.checkpoint()  # between two pages everything so far is stored
            self.tell()
        elif self.over is not None and self.over.is_set():
            raise Cancelled

    def tell(self) -> None:
        """Says that the provider is waited for, where that takes long and was not said."""
        if self._seconds > WORTH_TELLING and not self._told:
            self._told = True
            message = f"Waiting for the provider's rate limit, about {ceil(self._seconds)} s."
            self._report.notice("waiting_for_provider", message)

    def page_came(self) -> None:
        """A page that came without long waiting makes the next wait worth telling again."""
        self._told = self._told and self._seconds > WORTH_TELLING
        self._seconds = 0.0


class Syncing:
    """A sync's history, client and report: ``most`` transactions are wanted, none before ``since`` (unix seconds)."""

    def __init__(
        self, held: Held, client: HeliusClient, report: Report, wanted: Newest, early: Provisional
    ) -> None:
        self.held = held
        self.waiting = Waiting(report)
        self.client = client.heard_by(self.waiting)
        self.report = report
        self.most, self.since = wanted.most, wanted.since
        self.pages = 0  # fetched and stored
        self._early = early
        self._expected = 0  # transactions that there will be; 0: nobody knows
        self._planned = False

    def plan(self, route: str, plan: Plan) -> None:
        """Tells once what the sync is going to ask for, and keeps how much there will be."""
        self._expected = plan.transactions
        if plan.left > WORTH_A_PLAN and not self._planned:
            self._planned = True
            self.report.notice(
                "sync_plan",
                f"Reading about {plan.left:,} transactions by {route}: about {plan.calls:,} calls, "
                f"{plan.credits:,} credits, {ceil(plan.seconds):,} s.",
            )

    def bound(self, route: str, left: int, price: Price) -> None:
        """Tells once the most that the sync is going to ask for, where nobody knows how far the history goes."""
        if left > WORTH_A_BOUND and not self.since and not self._planned:
            self._planned = True
            pages = ceil(left / PAGE)
            self.report.notice(
                "sync_plan",
                f"Reading by {route}, to the wallet's start or the cap: at most {left:,} transactions more, "
                f"{ceil(pages * price.calls):,} calls, {pages * price.credits:,} credits, "
                f"{ceil(pages * PAGE_SECONDS):,} s.",
            )

    def came(self) -> None:
        """A page was stored."""
        self.pages += 1
        self.tell()
        self.waiting.page_came()
        if figures := self._early.of(self.held, self._expected):
            self.report.partial(figures)

    def look(self) -> None:
        """A safe point.

        Raises: what ``report.checkpoint`` raises.
        """
        self.report.checkpoint()
        self.waiting.tell()

    def tell(self, *, done: bool = False) -> None:
        """Progress that only grows: by what is stored, of what is expected where that is known."""
        stored = self.held.transactions
        guess = max(stored / (stored + HALF_WAY), min(stored / self.most, 0.99))
        fraction = min(stored / self._expected, 0.99) if self._expected else guess
        counts = {
            "transactions": stored,
            "pages": self.pages,
            "calls": self.client.spent.calls,
            "credits": self.client.spent.credits,
        }
        counts |= {"expected": self._expected} if self._expected and not done else {}
        message = f"{stored:,} transactions stored"
        self.report.step(Step.SYNC, 1.0 if done else fraction, message=message, counts=counts)
