"""Evidence: the events, disposals and lots that one token's figures are made of, so that anyone can add them up again.

Events are the same by every method; what a method decides is which lots a disposal uses up. The types are msgspec
structs that stand as arrays in JSON: a wallet has a hundred thousand of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from msgspec import Struct

from walletjobs.core.book import Book
from walletjobs.core.entries import Components, Entry
from walletjobs.core.legs import Leg, Role, is_charged
from walletjobs.core.lots import Basis
from walletjobs.core.tally import Cycle, Fate, Match, Tally


class Event(Struct, array_like=True, frozen=True, gc=False):
    """A leg of a ledger entry. Units: base units and lamports."""

    entry: int  # place in the wallet's ledger, from 0
    signature: str
    slot: int
    at: int  # unix seconds
    role: Role
    quantity: int  # base units
    amount: int | None = None  # lamports, all-in; null where nobody knows
    amount_usd: int | None = None  # millionths of a USD
    network_fee: int = 0
    tip: int = 0
    platform_fee: int = 0
    rent: int = 0  # paid for others

    @property
    def acquires(self) -> bool:
        """Whether a lot opens."""
        return self.role is Role.BUY or self.role is Role.RECEIVE

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


class OpenLot(Struct, array_like=True, frozen=True, gc=False):
    """What is left of a lot."""

    lot: int  # place among the events
    quantity: int  # base units
    cost: int  # lamports
    basis: Basis
    cost_usd: int | None  # millionths of a USD


class Proof(Struct, frozen=True, gc=False):
    """What one method decided."""

    disposals: list[Disposal]
    lots: list[OpenLot]
    cycles: list[Cycle]  # closed ones
    open_cycle: Cycle | None


class Evidence(Struct, frozen=True, gc=False):
    """Everything that one token's figures are made of."""

    mint: str
    decimals: int
    events: list[Event]
    proofs: dict[str, Proof]  # by method

    @property
    def held(self) -> bool:
        """Whether a lot still holds something; by any method it is the same."""
        return any(proof.lots for proof in self.proofs.values())

    def has_basis(self, disposal: Disposal) -> bool:
        """Whether the cost of what was disposed is known."""
        return disposal.lot is not None and self.events[disposal.lot].amount is not None


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
        self.entries = 0
        self._books = list(books)
        self._events: dict[str, list[Event]] = {}
        self._matches: dict[str, dict[str, list[Match]]] = {}
        for book in self._books:
            found = self._matches[book.rules.method] = {}
            book.on_matches = partial(_add, found)

    def take(self, entry: Entry, legs: Iterable[Leg]) -> None:
        """Take down the legs of an entry, before or after the books take it in."""
        for leg in legs:
            self._events.setdefault(leg.mint, []).append(_event(self.entries, entry, leg))
        self.entries += 1

    def evidence(self) -> Iterator[Evidence]:
        """The evidence of each token; entries taken in later are not in it."""
        for mint, events in self._events.items():
            places = _Places(events)
            proofs = {book.rules.method: self._proof(book, mint, places) for book in self._books}
            yield Evidence(mint, self._books[0].positions[mint].decimals, events, proofs)

    def _proof(self, book: Book, mint: str, places: "_Places") -> Proof:
        position, found = book.positions[mint], self._matches[book.rules.method].get(mint, ())
        return Proof(
            disposals=[places.disposal(match) for match in found],
            lots=[
                OpenLot(places.acquired[lot.signature], lot.quantity, lot.cost, lot.basis, lot.cost_usd)
                for lot in position.open_lots()
            ],
            cycles=position.cycles,
            open_cycle=position.open_cycle,
        )


class _Places:
    """Where among the events a signature's acquisition and disposal stand; one entry has at most one of each."""

    def __init__(self, events: list[Event]) -> None:
        self.acquired = {event.signature: place for place, event in enumerate(events) if event.acquires}
        self.disposed = {event.signature: place for place, event in enumerate(events) if not event.acquires}

    def disposal(self, match: Match) -> Disposal:
        return Disposal(
            self.disposed[match.signature],
            None if match.lot is None else self.acquired[match.lot.signature],
            match.fate,
            match.quantity,
            match.cost,
            match.proceeds,
            match.cost_usd,
            match.proceeds_usd,
        )


def tally_of(evidence: Evidence, method: str, period: Period = ALWAYS) -> Tally:
    """The sums of one token over the events of a period, added up from the evidence alone."""
    tally = Tally()
    for event in evidence.events:
        if period.holds(event.at):
            _count_event(tally, event)
    for disposal in evidence.proofs[method].disposals:
        if period.holds(evidence.events[disposal.event].at):
            _count_disposal(tally, disposal, evidence.has_basis(disposal))
    return tally


def _count_event(tally: Tally, event: Event) -> None:
    tally.network_fees += event.network_fee
    tally.tips += event.tip
    tally.platform_fees += event.platform_fee
    tally.rents += event.rent
    if event.role is Role.RECEIVE:
        tally.received += event.quantity
    elif event.role is Role.SEND:
        tally.sent += event.quantity
    else:
        _count_trade(tally, event)


def _count_trade(tally: Tally, event: Event) -> None:
    tally.first_trade = event.at if tally.first_trade is None else tally.first_trade
    tally.last_trade = event.at
    tally.unpriced += event.amount is None
    if event.role is Role.SELL:
        tally.sells += 1
        tally.sold += event.quantity
        return
    tally.buys += 1
    tally.bought += event.quantity
    if event.amount is not None:
        tally.cost += event.amount
        tally.cost_usd += event.amount_usd or 0
        tally.usd_gaps += event.amount_usd is None


def _count_disposal(tally: Tally, disposal: Disposal, has_basis: bool) -> None:
    fate, proceeds = disposal.fate, disposal.proceeds or 0
    if fate is Fate.REALIZED:
        tally.matched += disposal.quantity
        tally.cost_disposed += disposal.cost
        tally.proceeds += proceeds
        tally.realized_pnl += proceeds - disposal.cost
        if disposal.cost_usd is None or disposal.proceeds_usd is None:
            tally.usd_gaps += 1
        else:
            tally.cost_disposed_usd += disposal.cost_usd
            tally.proceeds_usd += disposal.proceeds_usd
    elif fate is Fate.UNVERIFIED:
        tally.unverified_quantity += disposal.quantity
        tally.unverified_proceeds += proceeds
        tally.unverified_proceeds_usd += disposal.proceeds_usd or 0
        tally.usd_gaps += disposal.proceeds_usd is None
    elif fate is Fate.UNPRICED:
        tally.cost_unpriced += disposal.cost
        tally.unverified_quantity += 0 if has_basis else disposal.quantity
    else:
        tally.cost_sent += disposal.cost


def _event(number: int, entry: Entry, leg: Leg) -> Event:
    parts = entry.components if is_charged(entry, leg) else _FREE
    return Event(
        number,
        entry.signature,
        entry.slot,
        entry.block_time,
        leg.role,
        leg.quantity,
        leg.amount,
        leg.amount_usd,
        -parts.network_fee,
        -parts.tip,
        -parts.platform_fee,
        -parts.rent_paid_for_others,
    )


_FREE = Components()


def _add(found: dict[str, list[Match]], mint: str, matches: list[Match]) -> None:
    found.setdefault(mint, []).extend(matches)
