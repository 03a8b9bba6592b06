"""The figures of one token, as its position tells them."""

from collections.abc import Iterable
from dataclasses import dataclass

from walletjobs.core.book import Book
from walletjobs.core.positions import Position
from walletjobs.core.tally import Tally


@dataclass(frozen=True, slots=True)
class Usd:
    """Sums in USD, each event at the price of its own time. Units: millionths of a USD."""

    cost: int
    cost_disposed: int
    proceeds: int
    open_cost: int | None
    unverified_proceeds: int
    gaps: int  # events whose price of SOL nobody knows: the sums lack them

    @property
    def realized_pnl(self) -> int:
        """Proceeds − cost of what was sold."""
        return self.proceeds - self.cost_disposed


@dataclass(frozen=True, slots=True)
class TokenPnl:
    """The figures of one token. Units: base units and lamports."""

    mint: str
    decimals: int
    tally: Tally
    held: int  # base units
    held_known: int  # base units: the part with a known basis
    open_cost: int  # lamports
    open_cost_usd: int | None  # millionths of a USD
    claimed: int  # base units in liquidity, stakes and loans
    claimed_cost: int  # lamports
    cycles: int  # closed ones
    cycle_open: bool

    @property
    def fees(self) -> int:
        """Network fees, tips, platform fees and rents paid for others in its trades. Units: lamports."""
        tally = self.tally
        return tally.network_fees + tally.tips + tally.platform_fees + tally.rents

    @property
    def usd(self) -> Usd:
        """The token's sums in USD."""
        return usd_of(self.tally, self.open_cost_usd)

    @property
    def roi(self) -> float | None:
        """Realized PnL / cost of what was sold."""
        return ratio(self.tally.realized_pnl, self.tally.cost_disposed)


def ratio(part: int, whole: int) -> float | None:
    """part / whole for people, six places; null without a whole."""
    return round(part / whole, 6) if whole else None


def token_of(position: Position) -> TokenPnl:
    """The figures of a position."""
    return TokenPnl(
        mint=position.mint,
        decimals=position.decimals,
        tally=position.tally,
        held=position.held,
        held_known=position.held_known(),
        open_cost=position.open_cost(),
        open_cost_usd=position.open_cost_usd(),
        claimed=position.claims.quantity,
        claimed_cost=position.claims.cost(),
        cycles=position.cycles,
        cycle_open=position.open_cycle is not None,
    )


def in_order(tokens: Iterable[TokenPnl]) -> list[TokenPnl]:
    """The best realized PnL first."""
    return sorted(tokens, key=lambda token: (-token.tally.realized_pnl, token.mint))


def tokens_of(book: Book) -> list[TokenPnl]:
    """The figures of every token that was ever traded or held, best realized PnL first."""
    return in_order(token_of(position) for position in book.positions.values())


def usd_of(tally: Tally, open_cost: int | None) -> Usd:
    """What a tally says in USD, and what is held had cost."""
    return Usd(
        cost=tally.cost_usd,
        cost_disposed=tally.cost_disposed_usd,
        proceeds=tally.proceeds_usd,
        open_cost=open_cost,
        unverified_proceeds=tally.unverified_proceeds_usd,
        gaps=tally.usd_gaps,
    )
