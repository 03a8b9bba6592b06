"""One token's position: its pool of lots, its sums, and its cycles.

A cycle runs from the first buy after flat to the disposal that leaves at most 0.1 % of the cycle's peak quantity;
what is bought after that begins a new one.
"""

from dataclasses import dataclass

from msgspec import Struct

from walletjobs.core.entries import Entry
from walletjobs.core.lots import METHODS, Basis, Lot, Part, shares, take
from walletjobs.errors import InvalidData

FLAT = 1000  # a cycle is closed when at most peak / FLAT is left. Source: money.md section 5


MODES = ("strict", "raw")


@dataclass(frozen=True, slots=True)
class Rules:
    """By which rules a book is kept.

    Strict leaves what has no known basis out of every PnL; raw counts it at zero cost, for comparison.

    Raises: InvalidData for a method or mode that is not offered.
    """

    method: str = "fifo"
    mode: str = "strict"
    since: int = (
        0  # unix seconds: a window selects what happened from then on; lots always see the whole history
    )

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InvalidData(f"There is no method {self.method!r}; use one of {', '.join(METHODS)}")
        if self.mode not in MODES:
            raise InvalidData(f"Mode {self.mode!r} is not offered; use one of {', '.join(MODES)}")


class Cycle(Struct, gc=False):
    """A round trip in one token."""

    mint: str
    opened_at: int  # unix seconds
    closed_at: int = 0  # unix seconds
    peak: int = 0  # base units
    buys: int = 0
    sells: int = 0
    cost: int = 0  # lamports: of what was disposed with a known basis
    pnl: int = 0  # lamports


class Match(Struct, frozen=True, gc=False):
    """A part of a disposal matched to the lot it came from."""

    mint: str
    lot: Lot
    signature: str  # of the disposal
    disposed_at: int  # unix seconds
    quantity: int  # base units
    cost: int  # lamports
    proceeds: int  # lamports, all-in

    @property
    def pnl(self) -> int:
        """Realized profit or loss. Units: lamports."""
        return self.proceeds - self.cost

    @property
    def held_for(self) -> int:
        """Seconds from acquisition to disposal; never negative, even where two blocks' clocks disagree."""
        return max(self.disposed_at - self.lot.block_time, 0)


class Tally(Struct, gc=False):
    """Sums over one token's history. Units: base units and lamports."""

    buys: int = 0
    sells: int = 0
    bought: int = 0
    sold: int = 0
    received: int = 0
    sent: int = 0
    cost: int = 0  # all-in cost of everything bought with a known value
    cost_disposed: int = 0  # of what was sold
    cost_sent: int = 0  # of what was sent away or burned
    cost_unpriced: int = 0  # of what was sold for a value nobody knows
    proceeds: int = 0  # all-in, of what was sold from lots with a known basis
    realized_pnl: int = 0
    matched: int = 0  # base units sold from lots with a known basis
    unverified_quantity: int = 0
    unverified_proceeds: int = 0
    unpriced: int = 0  # trades without a value
    network_fees: int = 0
    tips: int = 0
    platform_fees: int = 0
    rents: int = 0  # paid for others
    first_trade: int | None = None  # unix seconds
    last_trade: int | None = None


class Position:
    """What one wallet did with one token, and what it has left."""

    __slots__ = ("_cycle", "_held", "_raw", "cycles", "decimals", "mint", "pool", "tally")

    def __init__(self, mint: str, rules: Rules) -> None:
        self.mint = mint
        self.pool = METHODS[rules.method]()
        self.decimals = 0
        self.tally = Tally()
        self.cycles: list[Cycle] = []  # closed ones
        self._cycle: Cycle | None = None
        self._held = 0
        self._raw = (
            rules.mode == "raw"
        )  # what has no basis counts at zero cost, instead of staying unverified

    def begin_window(self) -> None:
        """Forget the sums and closed cycles so far; lots and the open cycle stay: the window only selects events."""
        self.tally = Tally()
        self.cycles.clear()

    @property
    def held(self) -> int:
        """What the lots still hold. Units: base units."""
        return self._held

    @property
    def open_cycle(self) -> Cycle | None:
        """The cycle that is not closed yet."""
        return self._cycle

    def open_cost(self) -> int:
        """Cost of what is held with a known basis. Units: lamports."""
        return sum(lot.cost for lot in self.pool)

    def held_known(self) -> int:
        """The part of what is held that has a known basis. Units: base units."""
        return sum(lot.quantity for lot in self.pool if lot.basis is not Basis.UNKNOWN)

    def open_lots(self) -> list[Lot]:
        """The lots that still hold something, oldest first."""
        return sorted((lot for lot in self.pool if lot.quantity), key=lambda lot: (lot.slot, lot.block_time))

    def buy(self, entry: Entry, quantity: int, cost: int | None) -> None:
        """A lot opens; without a known value its basis is unknown."""
        tally = self.tally
        self._trade(entry)
        tally.buys += 1
        tally.bought += quantity
        if cost is None:
            tally.unpriced += 1
        else:
            tally.cost += cost
        self._acquire(entry, quantity, cost)
        cycle = self._cycle
        if cycle is None:
            cycle = self._cycle = Cycle(self.mint, entry.block_time)
        cycle.buys += 1
        cycle.peak = max(cycle.peak, self._held)

    def receive(self, entry: Entry, quantity: int) -> None:
        """Something arrives for nothing: a lot of unknown basis."""
        self.tally.received += quantity
        self._acquire(entry, quantity, None)
        if self._cycle is not None:
            self._cycle.peak = max(self._cycle.peak, self._held)

    def send(self, quantity: int) -> None:
        """Lots leave at cost, without profit or loss."""
        self.tally.sent += quantity
        for part in take(self.pool, quantity):
            self.tally.cost_sent += part.cost
            self._held -= part.quantity
        self._close_if_flat(0)

    def sell(self, entry: Entry, quantity: int, proceeds: int | None) -> list[Match]:
        """Lots leave for ``proceeds`` (lamports, all-in); what has no known lot is unverified and in no PnL."""
        tally = self.tally
        self._trade(entry)
        tally.sells += 1
        tally.sold += quantity
        if self._cycle is not None:
            self._cycle.sells += 1
        parts = take(self.pool, quantity)
        covered = sum(part.quantity for part in parts)
        self._held -= covered
        if proceeds is None:
            self._sell_unpriced(parts, quantity - covered)
            matches: list[Match] = []
        else:
            matches = self._sell_parts(entry, parts, quantity, proceeds)
        self._close_if_flat(entry.block_time)
        return matches

    def _acquire(self, entry: Entry, quantity: int, cost: int | None) -> None:
        basis = Basis.UNKNOWN if cost is None else Basis.KNOWN
        self.pool.add(Lot(entry.signature, entry.slot, entry.block_time, quantity, cost or 0, basis))
        self._held += quantity

    def _trade(self, entry: Entry) -> None:
        tally = self.tally
        if tally.first_trade is None:
            tally.first_trade = entry.block_time
        tally.last_trade = entry.block_time

    def _sell_unpriced(self, parts: list[Part], shortage: int) -> None:
        tally = self.tally
        tally.unpriced += 1
        tally.unverified_quantity += shortage
        for part in parts:
            tally.cost_unpriced += part.cost
            if part.lot.basis is Basis.UNKNOWN:
                tally.unverified_quantity += part.quantity

    def _sell_parts(self, entry: Entry, parts: list[Part], quantity: int, proceeds: int) -> list[Match]:
        *given, rest = shares(proceeds, [part.quantity for part in parts], quantity)
        matches: list[Match] = []
        covered = 0
        for part, share in zip(parts, given, strict=True):
            covered += part.quantity
            if part.lot.basis is Basis.UNKNOWN and not self._raw:
                self.tally.unverified_quantity += part.quantity
                self.tally.unverified_proceeds += share
            else:
                matches.append(self._realize(entry, part, share))
        if covered < quantity:
            self._sell_short(entry, quantity - covered, rest, matches)
        return matches

    def _sell_short(self, entry: Entry, shortage: int, rest: int, matches: list[Match]) -> None:
        if self._raw:
            lot = Lot(entry.signature, entry.slot, entry.block_time, 0, 0, Basis.UNKNOWN)
            matches.append(self._realize(entry, Part(lot, shortage, 0), rest))
            return
        self.tally.unverified_quantity += shortage
        self.tally.unverified_proceeds += rest

    def _realize(self, entry: Entry, part: Part, proceeds: int) -> Match:
        match = Match(
            self.mint, part.lot, entry.signature, entry.block_time, part.quantity, part.cost, proceeds
        )
        tally, pnl = self.tally, proceeds - part.cost
        tally.matched += part.quantity
        tally.cost_disposed += part.cost
        tally.proceeds += proceeds
        tally.realized_pnl += pnl
        if self._cycle is not None:
            self._cycle.cost += part.cost
            self._cycle.pnl += pnl
        return match

    def _close_if_flat(self, at: int) -> None:
        cycle = self._cycle
        if cycle is None or self._held * FLAT > cycle.peak:
            return
        self._cycle = None
        if at and cycle.sells:  # a position that was only sent away made no round trip
            cycle.closed_at = at
            self.cycles.append(cycle)
