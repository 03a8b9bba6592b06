"""What a ledger adds up to: sums of a wallet, sums of a position, round trips, and disposals matched to lots.

What grows with every event is a slotted dataclass: adding to a field of a msgspec struct takes five times as long.
"""

from copy import copy
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import TypeVar

from msgspec import Struct

from walletjobs.core.entries import Entry
from walletjobs.core.lots import Lot, Part


@dataclass(slots=True)
class Cycle:
    """A round trip in one token."""

    mint: str
    opened_at: int  # unix seconds
    closed_at: int = 0  # unix seconds
    peak: int = 0  # base units
    buys: int = 0
    sells: int = 0
    cost: int = 0  # lamports: of what was disposed with a known basis
    pnl: int = 0  # lamports


class Fate(IntEnum):
    """What became of a part of a disposal."""

    REALIZED = 0  # sold for a known value, from a lot with a known basis: the only one that is in a PnL
    UNVERIFIED = 1  # sold for a known value, without a known basis
    UNPRICED = 2  # sold for a value nobody knows
    SENT = 3  # sent away or burned
    CLAIMED = 4  # put into liquidity, a stake or a loan at cost: still the wallet's


class Match(Struct, frozen=True, gc=False):
    """A part of a disposal, with the lot it came from."""

    fate: Fate
    lot: Lot | None  # null where no lot was left
    signature: str  # of the disposal
    disposed_at: int  # unix seconds
    quantity: int  # base units
    cost: int  # lamports
    proceeds: int | None = None  # lamports, all-in
    cost_usd: int | None = None  # millionths of a USD, at the time of the acquisition
    proceeds_usd: int | None = None  # millionths of a USD, at the time of the disposal

    @property
    def pnl(self) -> int:
        """Realized profit or loss. Units: lamports."""
        return (self.proceeds or 0) - self.cost

    @property
    def pnl_usd(self) -> int | None:
        """The same, each side at the price of its own time. Units: millionths of a USD."""
        unknown = self.proceeds_usd is None or self.cost_usd is None
        return None if unknown else (self.proceeds_usd or 0) - (self.cost_usd or 0)

    @property
    def held_for(self) -> int:
        """Seconds from acquisition to disposal; never negative, even where two blocks' clocks disagree."""
        return max(self.disposed_at - self.lot.block_time, 0) if self.lot else 0


def match_of(
    fate: Fate, entry: Entry, part: Part, proceeds: int | None = None, proceeds_usd: int | None = None
) -> Match:
    """What became of a part of an entry's disposal."""
    return Match(
        fate,
        part.lot,
        entry.signature,
        entry.block_time,
        part.quantity,
        part.cost,
        proceeds,
        part.cost_usd,
        proceeds_usd,
    )


@dataclass(slots=True)
class Tally:
    """Sums over one token's history. Units: base units and lamports."""

    buys: int = 0
    sells: int = 0
    bought: int = 0
    sold: int = 0
    received: int = 0
    sent: int = 0  # away, burned or redeemed
    deposited: int = 0  # into claims
    withdrawn: int = 0  # back from claims
    cost: int = 0  # all-in cost of everything bought with a known value, and of claim tokens
    cost_disposed: int = 0  # of what was sold
    cost_sent: int = 0  # of what was sent away or burned
    cost_unpriced: int = 0  # of what was sold for a value nobody knows
    proceeds: int = 0  # all-in, of what was sold from lots with a known basis
    realized_pnl: int = 0
    matched: int = 0  # base units sold from lots with a known basis
    unverified_quantity: int = 0
    unverified_proceeds: int = 0
    unpriced: int = 0  # trades without a value
    cost_usd: int = 0  # each in millionths of a USD, at the time of the event
    cost_disposed_usd: int = 0
    proceeds_usd: int = 0
    unverified_proceeds_usd: int = 0
    usd_gaps: int = 0  # events whose price of SOL is not known: the USD figures lack them
    network_fees: int = 0
    tips: int = 0
    platform_fees: int = 0
    rents: int = 0  # paid for others
    first_trade: int | None = None  # unix seconds
    last_trade: int | None = None


@dataclass(slots=True)
class Totals:
    """Sums over all entries of a wallet, its own or not in any token. Units: lamports."""

    transactions: int = 0
    failed: int = 0
    own: int = 0  # transactions the wallet itself paid for
    sol_delta: int = 0
    rent_locked: int = 0
    rent_deposit: int = 0
    unexplained: int = 0
    fees: int = 0  # network fees, of every transaction
    tips: int = 0
    platform_fees: int = 0
    arbitrages: int = 0
    arbitrage_pnl: int = 0
    unpriced: int = 0  # trades without a value
    ties: int = 0  # entries whose order inside a slot could change a figure
    first_slot: int | None = None
    last_slot: int | None = None
    first_time: int | None = None  # unix seconds
    last_time: int | None = None


AnySums = TypeVar("AnySums", Tally, Totals)

#: What is no sum: the first and the last of something.
_ENDS = frozenset({"first_trade", "last_trade", "first_slot", "last_slot", "first_time", "last_time"})
_SUMS = {
    kind: tuple(field.name for field in fields(kind) if field.name not in _ENDS) for kind in (Tally, Totals)
}


def less(whole: AnySums, before: AnySums, **ends: int | None) -> AnySums:
    """Every sum of ``whole`` less that of ``before``; what is no sum is as ``ends`` says."""
    rest = copy(whole)
    for name in _SUMS[type(whole)]:
        setattr(rest, name, getattr(whole, name) - getattr(before, name))
    for name, end in ends.items():
        setattr(rest, name, end)
    return rest


def plus(whole: Tally, part: Tally, sign: int = 1) -> None:
    """Add every sum of ``part`` to ``whole``, or take it out with sign −1; what is no sum stays."""
    for name in _SUMS[Tally]:
        if amount := getattr(part, name):
            setattr(whole, name, getattr(whole, name) + sign * amount)


#: By its own name: to look a member up on its enum takes as long as a call.
REALIZED = Fate.REALIZED
