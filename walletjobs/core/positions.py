"""One token's position: its pool of lots, its sums, and its cycles.

A cycle runs from the first buy after flat to the disposal that leaves at most 0.1 % of the cycle's peak quantity;
what is bought after that begins a new one.
"""

from copy import copy

from msgspec import Struct

from walletjobs.core.claimed import Claimed
from walletjobs.core.entries import Entry
from walletjobs.core.lastprice import LastPrice
from walletjobs.core.legs import Leg
from walletjobs.core.lots import KNOWN, METHODS, UNKNOWN, Basis, Lot, Part, shares, take
from walletjobs.core.rules import Rules
from walletjobs.core.tally import REALIZED, Cycle, Fate, Match, Tally, match_of
from walletjobs.core.units import usd_of

FLAT = 1000  # a cycle is closed when at most peak / FLAT is left. Source: money.md section 5


class Standing(Struct, gc=False):
    """Where a position stands, to go on from."""

    lots: list[Lot]  # in the order in which they came
    tally: Tally
    cycles: int  # closed ones
    open_cycle: Cycle | None
    claims: list[Lot] = []  # those that lie in liquidity, stakes and loans, the longest there first


class Position:
    """What one wallet did with one token, and what it has left."""

    __slots__ = (
        "_cycle",
        "_held",
        "_market",
        "_raw",
        "claims",
        "cycles",
        "decimals",
        "ended",
        "events",
        "mint",
        "pool",
        "tally",
    )

    def __init__(self, mint: str, rules: Rules) -> None:
        self.mint = mint
        self.pool = METHODS[rules.method]()
        self.claims = Claimed()
        self.decimals = 0
        self.tally = Tally()
        self.cycles = 0  # closed ones
        self.ended: Cycle | None = None  # what the last disposal closed, until somebody takes it down
        self.events = 0  # that moved it so far
        self._cycle: Cycle | None = None
        self._held = 0
        self._market = LastPrice() if rules.mode == "adjusted" else None
        self._raw = (
            rules.mode == "raw"
        )  # what has no basis counts at zero cost, instead of staying unverified

    def within(self, tally: Tally, cycles: int) -> "Position":
        """The same position with the sums and closed cycles of a part of its history; to read, not to go on with."""
        part = copy(self)
        part.tally, part.cycles = tally, cycles
        return part

    def standing(self) -> Standing:
        """Where it stands now."""
        lots = [lot for lot in self.pool if lot.quantity]
        return Standing(lots, self.tally, self.cycles, self._cycle, list(self.claims))

    def resume(self, standing: Standing, decimals: int, events: int) -> "Position":
        """This position, which is new, as if it had come to that standing by so many events."""
        self.decimals, self.events = decimals, events
        self.tally, self.cycles, self._cycle = standing.tally, standing.cycles, standing.open_cycle
        for lot in standing.lots:
            self._hold(lot)
        for lot in standing.claims:
            self.claims.add(lot)
        return self

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
        costs = [lot.cost_usd for lot in self.pool if lot.quantity and lot.basis is not UNKNOWN]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    def held_known(self) -> int:
        """The part of what is held that has a known basis. Units: base units."""
        return sum(lot.quantity for lot in self.pool if lot.basis is not UNKNOWN)

    def open_lots(self) -> list[Lot]:
        """The lots that still hold something, oldest first."""
        return sorted((lot for lot in self.pool if lot.quantity), key=lambda lot: (lot.slot, lot.block_time))

    def buy(self, entry: Entry, leg: Leg) -> None:
        """A lot opens; without a known value its basis is unknown."""
        tally, quantity = self.tally, leg.quantity
        self._trade(entry, leg)
        tally.buys += 1
        tally.bought += quantity
        tally.unpriced += leg.amount is None
        self._acquire(entry, quantity, (leg.amount, leg.amount_usd), KNOWN)
        cycle = self._cycle
        if cycle is None:
            cycle = self._cycle = Cycle(self.mint, entry.block_time)
        cycle.buys += 1
        held = self._held + self.claims.quantity
        if cycle.peak < held:
            cycle.peak = held
        self.events += 1

    def receive(self, entry: Entry, leg: Leg) -> None:
        """Something arrives for nothing: a lot of unknown basis; or for what a claim cost, which it carries on."""
        self.tally.received += leg.quantity
        if leg.amount is None:
            self._find(entry, leg.quantity)
        else:
            self._acquire(entry, leg.quantity, (leg.amount, leg.amount_usd), Basis.CARRIED)
        self._raise_peak()

    def deposit(self, entry: Entry, quantity: int) -> list[Match]:
        """Lots go into claims at cost; they are still the wallet's."""
        self.tally.deposited += quantity
        parts = self._take(quantity)
        self.claims.put(parts)
        self.events += 1
        return [match_of(Fate.CLAIMED, entry, part) for part in parts]

    def withdraw(self, entry: Entry, quantity: int) -> None:
        """Lots come back from claims with their cost and age; what comes beyond them has an unknown basis."""
        self.tally.withdrawn += quantity
        for lot in self.claims.take(quantity):
            quantity -= lot.quantity
            self._hold(lot)
        if quantity:
            self._find(entry, quantity)
        self._raise_peak()

    def redeem(self, entry: Entry, leg: Leg) -> list[Match]:
        """A claim token ends for what comes back: lots leave for it, without a trade."""
        assert leg.amount is not None
        self.tally.sent += leg.quantity
        matches = self._settle(entry, self._take(leg.quantity), (leg.amount, leg.amount_usd))
        self._close_if_flat(0)
        self.events += 1
        return matches

    def send(self, entry: Entry, quantity: int) -> list[Match]:
        """Lots leave at cost, without profit or loss."""
        self.tally.sent += quantity
        parts = self._take(quantity)
        self.tally.cost_sent += sum(part.cost for part in parts)
        self._close_if_flat(0)
        self.events += 1
        return [match_of(Fate.SENT, entry, part) for part in parts]

    def sell(self, entry: Entry, leg: Leg) -> list[Match]:
        """Lots leave for the leg's proceeds; what has no known lot is unverified and in no PnL."""
        tally = self.tally
        self._trade(entry, leg)
        tally.sells += 1
        tally.sold += leg.quantity
        if self._cycle is not None:
            self._cycle.sells += 1
        parts = self._take(leg.quantity)
        if leg.amount is None:
            tally.unpriced += 1
            matches = [self._give_up(entry, part) for part in parts]
        else:
            matches = self._settle(entry, parts, (leg.amount, leg.amount_usd))
        self._close_if_flat(entry.block_time)
        self.events += 1
        return matches

    def _take(self, quantity: int) -> list[Part]:
        """The parts of a disposal; the last one has no lot where the pool runs short."""
        parts = take(self.pool, quantity)
        covered = 0
        for part in parts:
            covered += part.quantity
        self._held -= covered
        if covered < quantity:
            parts.append(Part(None, quantity - covered, 0))
        return parts

    def _hold(self, lot: Lot) -> None:
        self.pool.add(lot)
        self._held += lot.quantity

    def _find(self, entry: Entry, quantity: int) -> None:
        """What came for nothing: of unknown basis, or in adjusted mode at what the market says, if it does."""
        cost = None if self._market is None else self._market.cost(quantity, entry.block_time)
        usd = None if cost is None or entry.sol_price is None else usd_of(cost, entry.sol_price)
        self._acquire(entry, quantity, (cost, usd), Basis.INFERRED)

    def _raise_peak(self) -> None:
        """After something came otherwise than by a buy."""
        if self._cycle is not None:
            self._cycle.peak = max(self._cycle.peak, self._held + self.claims.quantity)
        self.events += 1

    def _acquire(
        self, entry: Entry, quantity: int, costs: tuple[int | None, int | None], basis: Basis
    ) -> None:
        """A lot opens at its costs in lamports and in USD; without the one its basis is unknown."""
        tally, (cost, cost_usd) = self.tally, costs
        if cost is None:
            cost, basis = 0, UNKNOWN
        else:
            tally.cost += cost
            tally.usd_gaps += cost_usd is None
            tally.cost_usd += cost_usd or 0
        slot, at, place = entry.slot, entry.block_time, self.events
        self._hold(Lot(entry.signature, slot, at, quantity, cost, basis, cost_usd, place))

    def _trade(self, entry: Entry, leg: Leg) -> None:
        tally = self.tally
        if self._market is not None:
            self._market.note(leg, entry.block_time)
        if tally.first_trade is None:
            tally.first_trade = entry.block_time
        tally.last_trade = entry.block_time

    def _settle(self, entry: Entry, parts: list[Part], proceeds: tuple[int, int | None]) -> list[Match]:
        """Each part gets its share of the proceeds."""
        lamports, usd = proceeds
        if len(parts) == 1:
            return [self._settle_part(entry, parts[0], lamports, usd)]
        quantities = [part.quantity for part in parts]
        total = sum(quantities)
        given = shares(lamports, quantities, total)
        given_usd = [None] * len(given) if usd is None else shares(usd, quantities, total)
        return [self._settle_part(entry, *each) for each in zip(parts, given, given_usd, strict=False)]

    def _settle_part(self, entry: Entry, part: Part, proceeds: int, proceeds_usd: int | None) -> Match:
        if part.has_basis:
            return self._realize(entry, part, proceeds, proceeds_usd)
        if self._raw:
            return self._realize(entry, Part(part.lot, part.quantity, 0, 0), proceeds, proceeds_usd)
        tally = self.tally
        tally.unverified_quantity += part.quantity
        tally.unverified_proceeds += proceeds
        tally.unverified_proceeds_usd += proceeds_usd or 0
        tally.usd_gaps += proceeds_usd is None
        return match_of(Fate.UNVERIFIED, entry, part, proceeds, proceeds_usd)

    def _give_up(self, entry: Entry, part: Part) -> Match:
        """A part sold for nobody knows what."""
        self.tally.cost_unpriced += part.cost
        self.tally.unverified_quantity += 0 if part.has_basis else part.quantity
        return match_of(Fate.UNPRICED, entry, part)

    def _realize(self, entry: Entry, part: Part, proceeds: int, proceeds_usd: int | None) -> Match:
        tally, cycle, pnl = self.tally, self._cycle, proceeds - part.cost
        if proceeds_usd is None or part.cost_usd is None:
            tally.usd_gaps += 1
        else:
            tally.cost_disposed_usd += part.cost_usd
            tally.proceeds_usd += proceeds_usd
        tally.matched += part.quantity
        tally.cost_disposed += part.cost
        tally.proceeds += proceeds
        tally.realized_pnl += pnl
        if cycle is not None:
            cycle.cost += part.cost
            cycle.pnl += pnl
        return match_of(REALIZED, entry, part, proceeds, proceeds_usd)

    def _close_if_flat(self, at: int) -> None:
        cycle = self._cycle
        if cycle is None or (self._held + self.claims.quantity) * FLAT > cycle.peak:
            return
        self._cycle = None
        if at and cycle.sells:  # a position that was only sent away made no round trip
            cycle.closed_at = at
            self.cycles += 1
            self.ended = cycle
