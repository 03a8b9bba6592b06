"""One token's position: its pool of lots, its sums, and its cycles.

A cycle runs from the first buy after flat to the disposal that leaves at most 0.1 % of the cycle's peak quantity;
what is bought after that begins a new one.
"""

from dataclasses import dataclass

from walletjobs.core.entries import Entry
from walletjobs.core.legs import Leg
from walletjobs.core.lots import METHODS, Basis, Lot, Part, shares, take
from walletjobs.core.tally import Cycle, Match, Tally
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

    def open_cost_usd(self) -> int | None:
        """Cost of what is held with a known basis; null where one lot's is not known. Units: millionths of a USD."""
        costs = [lot.cost_usd for lot in self.pool if lot.quantity and lot.basis is not Basis.UNKNOWN]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    def held_known(self) -> int:
        """The part of what is held that has a known basis. Units: base units."""
        return sum(lot.quantity for lot in self.pool if lot.basis is not Basis.UNKNOWN)

    def open_lots(self) -> list[Lot]:
        """The lots that still hold something, oldest first."""
        return sorted((lot for lot in self.pool if lot.quantity), key=lambda lot: (lot.slot, lot.block_time))

    def buy(self, entry: Entry, leg: Leg) -> None:
        """A lot opens; without a known value its basis is unknown."""
        tally, quantity, cost, cost_usd = self.tally, leg.quantity, leg.amount, leg.amount_usd
        self._trade(entry)
        tally.buys += 1
        tally.bought += quantity
        if cost is None:
            tally.unpriced += 1
        else:
            tally.cost += cost
            tally.usd_gaps += cost_usd is None
            tally.cost_usd += cost_usd or 0
        self._acquire(entry, quantity, cost, cost_usd)
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

    def sell(self, entry: Entry, leg: Leg) -> list[Match]:
        """Lots leave for the leg's proceeds; what has no known lot is unverified and in no PnL."""
        tally, quantity, proceeds = self.tally, leg.quantity, leg.amount
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
            matches = self._sell_parts(entry, parts, quantity, (proceeds, leg.amount_usd))
        self._close_if_flat(entry.block_time)
        return matches

    def _acquire(self, entry: Entry, quantity: int, cost: int | None, cost_usd: int | None = None) -> None:
        basis = Basis.UNKNOWN if cost is None else Basis.KNOWN
        self.pool.add(
            Lot(entry.signature, entry.slot, entry.block_time, quantity, cost or 0, basis, cost_usd)
        )
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

    def _sell_parts(
        self, entry: Entry, parts: list[Part], quantity: int, proceeds: tuple[int, int | None]
    ) -> list[Match]:
        quantities = [part.quantity for part in parts]
        lamports, usd = proceeds
        *given, rest = shares(lamports, quantities, quantity)
        unknown: list[int | None] = [None] * (len(parts) + 1)
        *given_usd, rest_usd = unknown if usd is None else shares(usd, quantities, quantity)
        matches: list[Match] = []
        for part, share, share_usd in zip(parts, given, given_usd, strict=True):
            if part.lot.basis is Basis.UNKNOWN and not self._raw:
                self._leave_unverified(part.quantity, share, share_usd)
            else:
                matches.append(self._realize(entry, part, share, share_usd))
        if (shortage := quantity - sum(quantities)) and self._raw:
            lot = Lot(entry.signature, entry.slot, entry.block_time, 0, 0, Basis.UNKNOWN, 0)
            matches.append(self._realize(entry, Part(lot, shortage, 0, 0), rest, rest_usd))
        elif shortage:
            self._leave_unverified(shortage, rest, rest_usd)
        return matches

    def _leave_unverified(self, quantity: int, proceeds: int, proceeds_usd: int | None) -> None:
        tally = self.tally
        tally.unverified_quantity += quantity
        tally.unverified_proceeds += proceeds
        tally.unverified_proceeds_usd += proceeds_usd or 0
        tally.usd_gaps += proceeds_usd is None

    def _realize(self, entry: Entry, part: Part, proceeds: int, proceeds_usd: int | None) -> Match:
        tally, cycle, pnl_usd = self.tally, self._cycle, None
        if proceeds_usd is None or part.cost_usd is None:
            tally.usd_gaps += 1
        else:
            pnl_usd = proceeds_usd - part.cost_usd
            tally.cost_disposed_usd += part.cost_usd
            tally.proceeds_usd += proceeds_usd
        tally.matched += part.quantity
        tally.cost_disposed += part.cost
        tally.proceeds += proceeds
        tally.realized_pnl += proceeds - part.cost
        if cycle is not None:
            cycle.cost += part.cost
            cycle.pnl += proceeds - part.cost
        return Match(
            self.mint,
            part.lot,
            entry.signature,
            entry.block_time,
            part.quantity,
            part.cost,
            proceeds,
            pnl_usd,
        )

    def _close_if_flat(self, at: int) -> None:
        cycle = self._cycle
        if cycle is None or self._held * FLAT > cycle.peak:
            return
        self._cycle = None
        if at and cycle.sells:  # a position that was only sent away made no round trip
            cycle.closed_at = at
            self.cycles.append(cycle)
