"""Where a job stands: its checkpoints, and how the work reports them without knowing who listens."""

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any, Protocol


class Step(Enum):
    """Checkpoints of the dashboard job: (name, percent where it begins, percent where it ends).

    Source: jobs.md section 2; the figures are part of the contract with clients.
    """

    LOCK = ("lock", 5, 5)
    STATUS = ("status", 10, 10)
    SYNC = ("sync", 15, 40)
    ANALYSES = ("analyses", 50, 50)
    PNL = ("pnl", 65, 65)
    BEHAVIOR = ("behavior", 80, 80)
    ENRICHMENT = ("enrichment", 85, 85)
    DONE = ("done", 100, 100)

    def __init__(self, label: str, begin: int, end: int) -> None:
        self.label = label
        self.begin = begin
        self.end = end


def percent_at(step: Step, fraction: float = 0.0) -> int:
    """The percent to show when ``fraction`` (0 to 1) of a step is done."""
    part = min(max(fraction, 0.0), 1.0)
    return step.begin + int((step.end - step.begin) * part)


class Report(Protocol):
    """What a running analysis tells whoever listens: a job's meta and stream, a terminal, or nobody."""

    def step(
        self, step: Step, fraction: float = 0.0, *, message: str = "", counts: Mapping[str, int] | None = None
    ) -> None:
        """The work stands at ``fraction`` of ``step``; ``counts`` are totals such as transactions and pages."""

    def notice(self, code: str, message: str) -> None:
        """Something the user should know now, with a stable code such as ``high_frequency_wallet``."""

    def mints(self, mints: Collection[str]) -> None:
        """These mints are known now; enrichment may begin on them while the work goes on."""

    def partial(self, figures: Mapping[str, Any]) -> None:
        """Provisional figures, with their coverage, of the newest transactions; older ones still load."""

    def checkpoint(self) -> None:
        """A safe point: everything so far is stored.

        Raises: Cancelled or WorkerStopping where someone asked the work to end.
        """


class Silence:
    """A Report to nobody."""

    def step(
        self, step: Step, fraction: float = 0.0, *, message: str = "", counts: Mapping[str, int] | None = None
    ) -> None:
        """Says nothing."""

    def notice(self, code: str, message: str) -> None:
        """Says nothing."""

    def mints(self, mints: Collection[str]) -> None:
        """Says nothing."""

    def partial(self, figures: Mapping[str, Any]) -> None:
        """Says nothing."""

    def checkpoint(self) -> None:
        """Never ends the work."""
