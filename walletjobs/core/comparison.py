"""Where methods differ: the sales whose realized PnL depends on which lots they are said to use up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import nlargest

from walletjobs.core.evidence import Event, Evidence
from walletjobs.core.tally import Fate


@dataclass(frozen=True, slots=True)
class Difference:
    """One sale whose realized PnL is not the same by every method."""

    mint: str
    event: Event
    realized: Mapping[str, int]  # lamports by method

    @property
    def spread(self) -> int:
        """How far the methods lie apart. Units: lamports."""
        return max(self.realized.values()) - min(self.realized.values())


@dataclass(frozen=True, slots=True)
class Comparison:
    """The sales of a wallet that methods see differently."""

    count: int
    widest: tuple[Difference, ...]


def differences_of(evidence: Evidence) -> list[Difference]:
    """The sales of one token that methods see differently, oldest first."""
    by_event: dict[int, dict[str, int]] = {}
    for method, proof in evidence.proofs.items():
        for disposal in proof.disposals:
            if disposal.fate is Fate.REALIZED:
                realized = by_event.setdefault(disposal.event, dict.fromkeys(evidence.proofs, 0))
                realized[method] += (disposal.proceeds or 0) - disposal.cost
    return [
        Difference(evidence.mint, evidence.event(place), realized)
        for place, realized in sorted(by_event.items())
        if len(set(realized.values())) > 1
    ]


def comparison_of(evidence: Iterable[Evidence], most: int) -> Comparison:
    """All differences of a wallet, counted, and the ``most`` widest of them, the widest first."""
    found = [difference for each in evidence for difference in differences_of(each)]
    return Comparison(len(found), tuple(nlargest(most, found, key=lambda each: (each.spread, each.mint))))
