"""What all tokens of a wallet add up to, so that a token that changes costs its own work and not all the others'."""

from bisect import bisect_left, insort
from collections.abc import Iterable

from msgspec import Struct

from walletjobs.core.tally import Tally, plus
from walletjobs.core.tokens import TokenPnl

#: Shares of tokens are summed in this unit, as integers: their mean does not depend on their order.
WHOLE = 10**18


class Sums(Struct):
    """Sums over tokens, by one method. Units: lamports, and millionths of a USD."""

    tally: Tally
    open_cost: int = 0
    open_cost_usd: int = 0
    claimed_cost: int = 0
    usd_unknown: int = 0  # tokens whose open cost in USD nobody knows
    traded: int = 0  # tokens, each: bought or sold
    two_sided: int = 0
    only_bought: int = 0
    only_sold: int = 0
    sold: int = 0
    unverified: int = 0
    reentered: int = 0
    symmetry: int = 0  # of two-sided tokens, in WHOLE
    consistency: int = 0  # of two-sided tokens, in WHOLE
    verified: int = 0  # share of the sold quantity with a known lot, in WHOLE
    closed: list[int] = []  # realized PnL of each token with a closed cycle, in order

    @classmethod
    def of(cls, tokens: Iterable[TokenPnl]) -> "Sums":
        """The sums over some tokens."""
        sums, closed = cls(Tally()), []
        for token in tokens:
            sums._count(token, 1)
            if token.cycles:
                closed.append(token.tally.realized_pnl)
        sums.closed = sorted(closed)
        return sums

    def add(self, token: TokenPnl) -> None:
        """Count one more token."""
        self._count(token, 1)
        if token.cycles:
            insort(self.closed, token.tally.realized_pnl)

    def remove(self, token: TokenPnl) -> None:
        """Count a token no more, which was added as it is."""
        self._count(token, -1)
        if token.cycles:
            del self.closed[bisect_left(self.closed, token.tally.realized_pnl)]

    def holding(self, whole: "Sums") -> "Sums":
        """These sums, of a window, with what is held by all tokens of the whole history."""
        self.open_cost, self.open_cost_usd = whole.open_cost, whole.open_cost_usd
        self.usd_unknown, self.claimed_cost = whole.usd_unknown, whole.claimed_cost
        return self

    def open_usd(self) -> int | None:
        """What all that is held had cost; null where one token's is not known. Units: millionths of a USD."""
        return None if self.usd_unknown else self.open_cost_usd

    def _count(self, token: TokenPnl, sign: int) -> None:
        tally = token.tally
        plus(self.tally, tally, sign)
        self.open_cost += sign * token.open_cost
        self.claimed_cost += sign * token.claimed_cost
        self.open_cost_usd += sign * (token.open_cost_usd or 0)
        self.usd_unknown += sign * (token.open_cost_usd is None)
        self.unverified += sign * bool(tally.unverified_quantity)
        self.reentered += sign * (bool(token.cycles) and token.cycles + token.cycle_open > 1)
        if tally.sold:
            self.sold += sign
            unverified = min(tally.unverified_quantity, tally.sold)
            self.verified += sign * (WHOLE - unverified * WHOLE // tally.sold)
        if tally.buys or tally.sells:
            self.traded += sign
            self._count_sides(tally, sign)

    def _count_sides(self, tally: Tally, sign: int) -> None:
        buys, sells = tally.buys, tally.sells
        if not sells:
            self.only_bought += sign
        elif not buys:
            self.only_sold += sign
        else:
            self.two_sided += sign
            self.symmetry += sign * (min(buys, sells) * WHOLE // max(buys, sells))
            self.consistency += sign * min(tally.matched * WHOLE // tally.bought, WHOLE)
