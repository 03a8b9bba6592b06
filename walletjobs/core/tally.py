"""What a position adds up to: its sums, its round trips, and its disposals matched to lots."""

from msgspec import Struct

from walletjobs.core.lots import Lot


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
    pnl_usd: int | None = None  # millionths of a USD, each side at its own time

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
