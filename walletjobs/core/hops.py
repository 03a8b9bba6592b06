"""What a trade's counterparties paid one another: the SOL between the hops of a route.

Whoever took what the wallet gave passed something on for it; whoever gave what the wallet got was paid for it. Where a
route is split, SOL may have moved in one of its branches alone. A party that takes a little and gives nothing keeps a
fee; one that takes much is a branch whose other side another account stands for.
"""

from collections.abc import Mapping

from msgspec import Struct

from walletjobs.core.case import Case
from walletjobs.core.units import LAMPORTS_PER_SOL, STABLECOINS, WRAPPED_SOL

LARGEST_FEE = 3  # percent of what the wallet gave
LARGEST_LOSS = 10  # percent of it: what a token with transfer fees loses on its way


class Hops(Struct, frozen=True, gc=False):
    """One side of a route: those who traded with the wallet."""

    lamports: int = 0  # what moved on the other side of their trades
    seen: int = 0  # base units of the wallet's tokens that they traded for it
    unseen: int = 0  # base units that others traded for something else

    @property
    def whole(self) -> bool:
        """Whether all that the wallet traded on this side was traded for what was counted."""
        return self.lamports > 0 and not self.unseen

    @property
    def most(self) -> bool:
        """Whether at least half of it was."""
        return self.lamports > 0 and self.seen >= self.unseen

    def scaled(self) -> int:
        """What all of it would be at the rate of what was counted. Units: lamports."""
        return self.lamports * (self.seen + self.unseen) // self.seen


def hops_of(case: Case, tokens: Mapping[str, int], price: int | None = None) -> Hops:
    """Who traded ``tokens``, what the wallet gained (+) or lost (−) on one side, for SOL alone.

    ``price``: of one SOL, in millionths of a USD; with it stablecoins are counted like SOL.
    """
    total = sum(tokens.values())
    way = 1 if total > 0 else -1
    lamports = seen = unseen = fees = 0
    for party, held in case.deltas.others.items():
        moved = -way * sum(held.get(mint, 0) for mint in tokens)
        if moved <= 0:
            continue
        stable, other = _beside(held, tokens, way, price)
        quote = way * case.deltas.gains.get(party, 0) + stable
        if other and (inner := _between_pools(case, party, way)):
            lamports, seen = lamports + inner, seen + moved
        elif quote > 0 and not other:
            lamports, seen = lamports + quote, seen + moved
        elif way < 0 and not other and moved * 100 <= -total * LARGEST_FEE:
            fees += moved
        else:
            unseen += moved
    missing = way * total - seen - unseen - fees
    return Hops(lamports, seen, unseen + missing if missing * 100 > way * total * LARGEST_LOSS else unseen)


def _beside(
    held: Mapping[str, int], tokens: Mapping[str, int], way: int, price: int | None
) -> tuple[int, bool]:
    """What else a party was paid, or paid: stablecoins in lamports, if there is a price, and whether other tokens."""
    units, other = 0, False
    for mint, amount in held.items():
        if mint in tokens:
            continue
        if price and mint in STABLECOINS:
            units += way * amount
        else:
            other = other or way * amount > 0
    return units * LAMPORTS_PER_SOL // price if price else 0, other


def _between_pools(case: Case, party: str, way: int) -> int:
    """SOL that went from one pool of a party to its next: all pools of some exchanges have one owner.

    Only where each of what the wallet gave, what it got, and the SOL between them moved in one account of the party,
    so that there was one way to go. Units: lamports; 0 elsewhere.
    """
    moved: dict[str, list[int]] = {}
    for change in case.transaction.accounts:
        for token in change.tokens or ():
            if token.owner == party and token.quantity.amount:
                moved.setdefault(token.mint, []).append(token.quantity.amount)
    sol = sorted(moved.pop(WRAPPED_SOL, []))
    if moved.keys() != case.deltas.tokens.keys() or any(len(amounts) > 1 for amounts in moved.values()):
        return 0
    return abs(sol[way > 0]) if len(sol) == 2 and sol[0] < 0 < sol[1] else 0
