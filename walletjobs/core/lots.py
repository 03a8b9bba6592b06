"""Lots: what is left of each acquisition, and how disposals use them up.

A wallet's tokens of one mint lie in a pool of lots. A disposal takes lots from the pool in the order of a method; a lot
used in part gives up ``cost * taken // quantity`` and keeps the rest, so that cost is conserved to the lamport. What is
taken beyond the pool has no lot: the shortage is data, not an error.

Lots are mutable structs: a hot loop takes from millions of them.
"""

from collections import deque
from collections.abc import Callable, Iterator
from enum import StrEnum
from heapq import heappop, heappush
from operator import itemgetter
from typing import Protocol

from msgspec import Struct


class Basis(StrEnum):
    """How well a lot's cost is known."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    CARRIED = "carried"
    INFERRED = "inferred"


#: Two by their own names: to look a member up on its enum takes as long as a call.
KNOWN, UNKNOWN = Basis.KNOWN, Basis.UNKNOWN


class Lot(Struct, gc=False):
    """What is left of one acquisition."""

    signature: str
    slot: int
    block_time: int  # unix seconds
    quantity: int  # base units
    cost: int  # lamports, all-in; 0 where the basis is unknown
    basis: Basis = KNOWN
    cost_usd: int | None = None  # millionths of a USD, at the time; null where the price of SOL is not known
    place: int = 0  # of the acquisition among the events of its token
    rank: int = 0  # what a method that sorts lots goes by; it stays when a part is taken

    def take(self, wanted: int) -> "Part":
        """Up to ``wanted`` base units of this lot, with their share of its cost."""
        quantity, cost, cost_usd = self.quantity, self.cost, self.cost_usd
        if wanted >= quantity:
            self.quantity = self.cost = 0
            self.cost_usd = None if cost_usd is None else 0
            return Part(self, quantity, cost, cost_usd)
        part = cost * wanted // quantity
        self.quantity, self.cost = quantity - wanted, cost - part
        if cost_usd is None:
            return Part(self, wanted, part)
        part_usd = cost_usd * wanted // quantity
        self.cost_usd = cost_usd - part_usd
        return Part(self, wanted, part, part_usd)


class Part(Struct, frozen=True, gc=False):
    """What a disposal took of one lot."""

    lot: Lot | None  # null for what was taken beyond the pool
    quantity: int  # base units
    cost: int  # lamports
    cost_usd: int | None = None  # millionths of a USD

    @property
    def has_basis(self) -> bool:
        """Whether its cost is known."""
        return self.lot is not None and self.lot.basis is not UNKNOWN


class Pool(Protocol):
    """Lots of one mint, in the order in which a method uses them."""

    def add(self, lot: Lot) -> None:
        """Put in a new lot; lots come oldest first."""

    def next(self) -> Lot | None:
        """The lot to take from now; a used-up one has left the pool."""

    def __iter__(self) -> Iterator[Lot]:
        """The lots that are left, in the order in which they came: put in again, they are taken as before."""


class Fifo:
    """Oldest first."""

    def __init__(self) -> None:
        self._lots: deque[Lot] = deque()

    def add(self, lot: Lot) -> None:
        """Put in a new lot."""
        self._lots.append(lot)

    def next(self) -> Lot | None:
        """The oldest lot."""
        while self._lots and not self._lots[0].quantity:
            self._lots.popleft()
        return self._lots[0] if self._lots else None

    def __iter__(self) -> Iterator[Lot]:
        return iter(self._lots)


class Lifo:
    """Newest first."""

    def __init__(self) -> None:
        self._lots: list[Lot] = []

    def add(self, lot: Lot) -> None:
        """Put in a new lot."""
        self._lots.append(lot)

    def next(self) -> Lot | None:
        """The newest lot."""
        while self._lots and not self._lots[-1].quantity:
            self._lots.pop()
        return self._lots[-1] if self._lots else None

    def __iter__(self) -> Iterator[Lot]:
        return iter(self._lots)


class Hifo:
    """Highest cost a unit first, the older of equals first; lots of unknown basis last."""

    _SCALE = 1 << 64  # keeps unit costs apart that differ in the last lamport of a whole u64 supply

    def __init__(self) -> None:
        self._lots: list[tuple[bool, int, int, Lot]] = []
        self._count = 0

    def add(self, lot: Lot) -> None:
        """Put in a new lot."""
        self._count += 1
        if not lot.rank:
            lot.rank = -(lot.cost * self._SCALE // lot.quantity)
        heappush(self._lots, (lot.basis is UNKNOWN, lot.rank, self._count, lot))

    def next(self) -> Lot | None:
        """The dearest lot."""
        while self._lots and not self._lots[0][3].quantity:
            heappop(self._lots)
        return self._lots[0][3] if self._lots else None

    def __iter__(self) -> Iterator[Lot]:
        return (lot for *_, lot in sorted(self._lots, key=itemgetter(2)))


class Average:
    """One lot at average cost for all that has a basis; lots of unknown basis apart, oldest first, after it."""

    def __init__(self) -> None:
        self._known: Lot | None = None
        self._unknown = Fifo()

    def add(self, lot: Lot) -> None:
        """Melt a lot into the average; its time becomes the quantity-weighted mean."""
        if lot.basis is UNKNOWN:
            self._unknown.add(lot)
            return
        known = self._known
        if known is None or not known.quantity:
            self._known = lot
            return
        total = known.quantity + lot.quantity
        time = (known.block_time * known.quantity + lot.block_time * lot.quantity) // total
        usd = None if known.cost_usd is None or lot.cost_usd is None else known.cost_usd + lot.cost_usd
        cost = known.cost + lot.cost
        self._known = Lot(lot.signature, lot.slot, time, total, cost, lot.basis, usd, lot.place)

    def next(self) -> Lot | None:
        """The average lot, then those of unknown basis."""
        return self._known if self._known is not None and self._known.quantity else self._unknown.next()

    def __iter__(self) -> Iterator[Lot]:
        if self._known is not None:
            yield self._known
        yield from self._unknown


#: Method by the name that users give. Source: money.md section 5.
METHODS: dict[str, Callable[[], Pool]] = {"fifo": Fifo, "lifo": Lifo, "hifo": Hifo, "average": Average}


def take(pool: Pool, quantity: int) -> list[Part]:
    """The parts that a disposal of ``quantity`` base units uses up; they sum to less where the pool runs short."""
    parts: list[Part] = []
    while quantity and (lot := pool.next()) is not None:
        part = lot.take(quantity)
        parts.append(part)
        quantity -= part.quantity
    return parts


def shares(amount: int, quantities: list[int], total: int) -> list[int]:
    """``amount`` split in proportion to quantities that sum to at most ``total``, the rest of it last.

    Cumulative floors, so that the shares and the rest sum to ``amount`` exactly, whatever its sign:
    share i = amount · (q₁ + … + qᵢ) // total − amount · (q₁ + … + qᵢ₋₁) // total.
    """
    result: list[int] = []
    covered = given = 0
    for quantity in quantities:
        covered += quantity
        upto = amount * covered // total
        result.append(upto - given)
        given = upto
    result.append(amount - given)
    return result
