"""Evidence: the events, disposals and lots that one token's figures are made of, so that anyone can add them up again.

Events are the same by every method; what a method decides is which lots a disposal uses up. The types are msgspec
structs that stand as arrays in JSON: a wallet has a hundred thousand of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from msgspec import Struct

from walletjobs.core.book import Book
from walletjobs.core.entries import Components, Entry
from walletjobs.core.legs import Leg, Role, is_charged
from walletjobs.core.lots import Basis, Lot
from walletjobs.core.positions import Standing
from walletjobs.core.tally import Cycle, Fate, Match


class Event(Struct, array_like=True, frozen=True, gc=False):
    """A leg of a ledger entry. Units: base units and lamports."""

    signature: str
    slot: int
    nth: int  # place of its entry among the wallet's entries of the slot, from 0
    leg: int  # place among the legs of its entry, from 0
    at: int  # unix seconds
    role: Role
    quantity: int  # base units
    amount: int | None = None  # lamports, all-in; null where nobody knows
    amount_usd: int | None = None  # millionths of a USD
    value: int | None = None  # lamports, before fees
    network_fee: int = 0
    tip: int = 0
    platform_fee: int = 0
    rent: int = 0  # paid for others

    @property
    def order(self) -> tuple[int, int, int]:
        """Where it stands in the wallet's history."""
        return self.slot, self.nth, self.leg

    @property
    def acquires(self) -> bool:
        """Whether a lot opens."""
        return self.role > 0

    @property
    def fees(self) -> int:
        """All fees counted with it."""
        return self.network_fee + self.tip + self.platform_fee + self.rent


class Disposal(Struct, array_like=True, frozen=True, gc=False):
    """A part of a disposal and the lot it used up; both by their place among the events."""

    event: int
    lot: int | None  # null where no lot was left; by average cost the newest that went into the average
    fate: Fate
    quantity: int  # base units
    cost: int  # lamports
    proceeds: int | None  # lamports
    cost_usd: int | None  # millionths of a USD
    proceeds_usd: int | None  # millionths of a USD
    known: bool  # whether the cost of what was disposed is known
    held: int  # seconds from acquisition to disposal


class Decision(Struct, array_like=True, frozen=True, gc=False):
    """What one method made of a disposal."""

    disposals: list[Disposal]
    ended: Cycle | None  # the cycle that it closed


class Note(Struct, array_like=True, frozen=True, gc=False):
    """An event, and what each method made of it."""

    event: Event
    decisions: dict[str, Decision]  # by method; of a disposal


class OpenLot(Struct, array_like=True, frozen=True, gc=False):
    """What is left of a lot."""

    lot: int  # place among the events
    at: int  # unix seconds
    quantity: int  # base units
    cost: int  # lamports
    basis: Basis
    cost_usd: int | None  # millionths of a USD


class Proof(Struct, frozen=True, gc=False):
    """What one method decided."""

    disposals: list[Disposal]
    lots: list[OpenLot]
    cycles: list[Cycle]  # closed ones
    ended: list[int]  # place among the events of the disposal that closed each
    open_cycle: Cycle | None
    claims: list[OpenLot] = []  # those that lie in liquidity, stakes and loans


class Evidence(Struct, frozen=True, gc=False):
    """Everything that one token's figures are made of, or the later part of it."""

    mint: str
    decimals: int
    events: list[Event]
    proofs: dict[str, Proof]  # by method
    first: int = 0  # place of the first event here among all of the token's

    def event(self, place: int) -> Event:
        """The event at a place among all of the token's; it must be here."""
        return self.events[place - self.first]


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` to before ``end``. Units: unix seconds."""

    start: int = 0
    end: int = 2**63

    def holds(self, at: int) -> bool:
        """Whether a moment lies in it."""
        return self.start <= at < self.end


ALWAYS = Period()


class Notes:
    """Takes down what the figures of some books are made of, while these are kept."""

    def __init__(self, books: Iterable[Book]) -> None:
        self._decided: dict[tuple[str, str], Decision] = {}  # mint, method → of the entry at hand
        self._methods = [book.rules.method for book in books]
        self._slot, self._nth = -1, 0
        for book in books:
            book.on_disposal = partial(self._decide, book.rules.method)

    def resume(self, slot: int, nth: int) -> None:
        """Go on behind an entry: the nth, from 0, of its slot."""
        self._slot, self._nth = slot, nth

    @property
    def last(self) -> tuple[int, int]:
        """Slot of the last entry, and its place among those of the slot."""
        return self._slot, self._nth

    def take(self, entry: Entry, legs: Iterable[Leg]) -> list[tuple[str, Note]]:
        """(mint, note) of each leg of an entry that the books have just taken in."""
        self._nth = self._nth + 1 if entry.slot == self._slot else 0
        self._slot = entry.slot
        return [(leg.mint, self._note(entry, place, leg)) for place, leg in enumerate(legs)]

    def _note(self, entry: Entry, place: int, leg: Leg) -> Note:
        decisions: dict[str, Decision] = {}
        if leg.role < 0:
            decisions = {method: self._decided.pop((leg.mint, method)) for method in self._methods}
        return Note(event_of(entry, (self._nth, place), leg), decisions)

    def _decide(self, method: str, mint: str, place: int, matches: list[Match], ended: Cycle | None) -> None:
        disposals = [_disposal(place, match) for match in matches]
        self._decided[mint, method] = Decision(disposals, ended)


def evidence_of(
    mint: str, decimals: int, notes: Sequence[Note], standings: Mapping[str, Standing], first: int = 0
) -> Evidence:
    """The evidence of one token: what was taken down of it, and where it stands by each method."""
    return Evidence(
        mint=mint,
        decimals=decimals,
        events=[note.event for note in notes],
        proofs={method: _proof(method, notes, standing) for method, standing in standings.items()},
        first=first,
    )


def _proof(method: str, notes: Iterable[Note], standing: Standing) -> Proof:
    decisions = [note.decisions[method] for note in notes if note.decisions]
    closing = [decision for decision in decisions if decision.ended is not None]
    lots = sorted(standing.lots, key=lambda lot: (lot.slot, lot.block_time))
    return Proof(
        disposals=[disposal for decision in decisions for disposal in decision.disposals],
        lots=[_open_lot(lot) for lot in lots],
        cycles=[decision.ended for decision in closing if decision.ended is not None],
        ended=[decision.disposals[0].event for decision in closing],
        open_cycle=standing.open_cycle,
        claims=[_open_lot(lot) for lot in standing.claims],
    )


def _open_lot(lot: Lot) -> OpenLot:
    return OpenLot(lot.place, lot.block_time, lot.quantity, lot.cost, lot.basis, lot.cost_usd)


def event_of(entry: Entry, place: tuple[int, int], leg: Leg) -> Event:
    """What a leg is to its token; ``place``: of its entry in the slot, and of it in the entry."""
    parts = entry.components if is_charged(entry, leg) else _FREE
    return Event(
        entry.signature,
        entry.slot,
        *place,
        entry.block_time,
        leg.role,
        leg.quantity,
        leg.amount,
        leg.amount_usd,
        leg.value,
        -parts.network_fee,
        -parts.tip,
        -parts.platform_fee,
        -parts.rent_paid_for_others,
    )


_FREE = Components()


def _disposal(place: int, match: Match) -> Disposal:
    lot = match.lot
    return Disposal(
        place,
        None if lot is None else lot.place,
        match.fate,
        match.quantity,
        match.cost,
        match.proceeds,
        match.cost_usd,
        match.proceeds_usd,
        lot is not None and lot.basis is not Basis.UNKNOWN,
        match.held_for,
    )
