"""The generator's own books: what a wallet's events come to, by four methods, kept while they are invented.

They share no code with the library's core, and follow the same rules (money.md section 5):

- A disposal takes lots in the order of the method. A lot used in part gives up ``cost * taken // quantity``
  lamports and keeps the rest; used up, it gives all it has left.
- Proceeds ``P`` of a disposal of ``Q`` are split over its parts in the order the lots were taken: part i gets
  ``P * cum_i // Q - P * cum_{i-1} // Q``, cum being the quantity taken so far. What no lot covers comes last
  and gets the rest of ``P``.
- A receipt opens a lot of unknown basis. FIFO and LIFO take it in its place in time, HIFO and average cost after
  every lot that has a basis. What is sold from it, or from no lot at all, is unverified: its proceeds are in no
  PnL.
- What is put into a claim leaves with its lots, at cost, and waits apart, the longest there first; what comes back
  takes them along to the end of the row, and beyond them opens a lot of unknown basis. A claim token is a lot that
  cost what left for it; when it ends, what comes is proceeds, without a trade.
- Cost and proceeds are all-in. A swap's fees are in the cost of what came; its value is the quote that moved
  between the hops. Without a value both sides are unpriced: the lots leave without PnL, the new one has an
  unknown basis.
"""

from dataclasses import dataclass, field
from fractions import Fraction

METHODS = ("fifo", "lifo", "hifo", "average")


@dataclass(slots=True)
class OpenLot:
    """What is left of one acquisition."""

    quantity: int  # base units
    cost: int  # lamports
    known: bool
    order: int
    unit_cost: Fraction  # lamports a base unit, when it was opened


@dataclass(slots=True)
class Sums:
    """What one method makes of one token. Units: lamports and base units."""

    realized_pnl: int = 0
    proceeds: int = 0  # of the verified part
    cost_disposed: int = 0  # of the verified part
    unverified_quantity: int = 0
    unverified_proceeds: int = 0
    lots: list[OpenLot] = field(default_factory=list)
    claims: list[OpenLot] = field(default_factory=list)

    @property
    def open_cost(self) -> int:
        """Cost of what is left. Units: lamports."""
        return sum(lot.cost for lot in self.lots)

    @property
    def held(self) -> int:
        """What the lots still hold. Units: base units."""
        return sum(lot.quantity for lot in self.lots)


@dataclass(slots=True)
class TokenBook:
    """One token of the wallet."""

    mint: str
    decimals: int
    buys: int = 0
    sells: int = 0
    bought: int = 0
    sold: int = 0
    received: int = 0
    sent: int = 0
    deposited: int = 0
    withdrawn: int = 0
    cost: int = 0  # lamports, all-in, of everything bought for a known value
    fees: int = 0  # lamports: network fees, tips, platform fees, rents for others, of its trades
    first_trade: int | None = None  # unix seconds
    last_trade: int | None = None
    methods: dict[str, Sums] = field(default_factory=lambda: {name: Sums() for name in METHODS})

    def buy(self, quantity: int, cost: int | None, fees: int, time: int) -> None:
        """A lot opens; without a cost its basis is unknown."""
        self.buys += 1
        self.bought += quantity
        self.cost += cost or 0
        self.fees += fees
        self._traded(time)
        self._acquire(quantity, cost)

    def receive(self, quantity: int) -> None:
        """Tokens came for nothing."""
        self.received += quantity
        self._acquire(quantity, None)

    def send(self, quantity: int) -> None:
        """Tokens left for nothing, or were burned."""
        self.sent += quantity
        for name, sums in self.methods.items():
            _take(sums, name, quantity)

    def put(self, quantity: int) -> None:
        """Tokens went into a claim."""
        self.deposited += quantity
        for name, sums in self.methods.items():
            for lot, taken, cost in _take(sums, name, quantity):
                sums.claims.append(OpenLot(taken, cost, lot.known, lot.order, Fraction(cost, taken)))

    def take_back(self, quantity: int) -> None:
        """Tokens came back from a claim, with what it earned."""
        self.withdrawn += quantity
        for name, sums in self.methods.items():
            waiting, left = Sums(lots=sums.claims), quantity
            for lot, taken, cost in _take(waiting, "fifo", quantity):
                _hold(sums, name, OpenLot(taken, cost, lot.known, lot.order, Fraction(cost, taken)))
                left -= taken
            if left:
                _hold(sums, name, OpenLot(left, 0, False, 0, Fraction(0)))

    def carry(self, quantity: int, cost: int) -> None:
        """A claim token was made for ``cost``."""
        self.received += quantity
        self.cost += cost
        self._acquire(quantity, cost)

    def redeem(self, quantity: int, proceeds: int) -> None:
        """A claim token ended for ``proceeds``."""
        self.sent += quantity
        for name, sums in self.methods.items():
            _realize(sums, _take(sums, name, quantity), quantity, proceeds)

    def sell(self, quantity: int, proceeds: int | None, fees: int, time: int) -> None:
        """Tokens left for ``proceeds``, net of fees."""
        self.sells += 1
        self.sold += quantity
        self.fees += fees
        self._traded(time)
        for name, sums in self.methods.items():
            parts = _take(sums, name, quantity)
            if proceeds is not None:
                _realize(sums, parts, quantity, proceeds)
                continue
            covered = sum(taken for lot, taken, _ in parts if lot.known)
            sums.unverified_quantity += quantity - covered

    def _traded(self, time: int) -> None:
        self.first_trade = self.first_trade or time
        self.last_trade = time

    def _acquire(self, quantity: int, cost: int | None) -> None:
        order = self.buys + self.received
        for name, sums in self.methods.items():
            unit_cost = Fraction(cost or 0, quantity)
            _hold(sums, name, OpenLot(quantity, cost or 0, cost is not None, order, unit_cost))


def _hold(sums: Sums, method: str, lot: OpenLot) -> None:
    melted = next((held for held in sums.lots if held.known), None) if method == "average" else None
    if melted and lot.known:
        melted.quantity += lot.quantity
        melted.cost += lot.cost
    else:
        sums.lots.append(lot)


def _take(sums: Sums, method: str, quantity: int) -> list[tuple[OpenLot, int, int]]:
    """(lot, base units, cost) of each part, in the order taken; short where the lots are."""
    parts = []
    while quantity and sums.lots:
        at = _next(sums.lots, method)
        lot = sums.lots[at]
        taken = min(lot.quantity, quantity)
        cost = lot.cost * taken // lot.quantity
        lot.quantity -= taken
        lot.cost -= cost
        quantity -= taken
        parts.append((lot, taken, cost))
        if not lot.quantity:
            del sums.lots[at]
    return parts


def _next(lots: list[OpenLot], method: str) -> int:
    if method == "fifo":
        return 0
    if method == "lifo":
        return len(lots) - 1
    if method == "average":
        return next((at for at, lot in enumerate(lots) if lot.known), 0)
    return max(range(len(lots)), key=lambda at: (lots[at].known, lots[at].unit_cost, -at))


def _realize(sums: Sums, parts: list[tuple[OpenLot, int, int]], quantity: int, proceeds: int) -> None:
    covered = given = 0
    for lot, taken, cost in parts:
        covered += taken
        share = proceeds * covered // quantity - given
        given += share
        if lot.known:
            sums.realized_pnl += share - cost
            sums.proceeds += share
            sums.cost_disposed += cost
        else:
            sums.unverified_quantity += taken
            sums.unverified_proceeds += share
    sums.unverified_quantity += quantity - covered
    sums.unverified_proceeds += proceeds - given
