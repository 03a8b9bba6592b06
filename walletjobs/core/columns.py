"""A history's columns: arrays of machine integers, so that a million trades take tens of megabytes, not hundreds."""

from array import array

from walletjobs.core.legs import Role
from walletjobs.core.tally import Cycle, Match

UNKNOWN_USD = -(2**63)
_TRADE = ("trade_at", "side", "value")
_MATCH = ("match_at", "match_cost", "match_pnl", "match_pnl_usd", "held_for")
_CYCLE = ("cycle_cost", "cycle_pnl", "cycle_length")


class Columns:
    """What figures need of every trade, every realized match and every closed cycle, a column a figure."""

    __slots__ = (*_TRADE, *_MATCH, *_CYCLE)

    def __init__(self) -> None:
        self.trade_at = array("q")  # unix seconds
        self.side = array("b")  # 1 buy, −1 sell
        self.value = array("q")  # lamports before fees, −1 where unknown
        self.match_at = array("q")  # unix seconds of the disposal
        self.match_cost = array("q")  # lamports
        self.match_pnl = array("q")  # lamports
        self.match_pnl_usd = array("q")  # millionths of a USD, or UNKNOWN_USD
        self.held_for = array("q")  # seconds
        self.cycle_cost = array("q")  # lamports
        self.cycle_pnl = array("q")  # lamports
        self.cycle_length = array("q")  # seconds

    def trade(self, role: Role, value: int | None, at: int) -> None:
        """Take in a buy or a sell, and what it was worth before fees."""
        self.trade_at.append(at)
        self.side.append(role)
        self.value.append(-1 if value is None else value)

    def trade_as(self, other: "Columns") -> None:
        """Take in the buys and sells of other columns."""
        for name in _TRADE:
            getattr(self, name).extend(getattr(other, name))

    def match(self, match: Match) -> None:
        """Take in a realized match."""
        self.match_at.append(match.disposed_at)
        self.match_cost.append(match.cost)
        self.match_pnl.append(match.pnl)
        pnl_usd = match.pnl_usd
        self.match_pnl_usd.append(UNKNOWN_USD if pnl_usd is None else pnl_usd)
        self.held_for.append(match.held_for)

    def cycle(self, cycle: Cycle) -> None:
        """Take in a closed cycle."""
        self.cycle_cost.append(cycle.cost)
        self.cycle_pnl.append(cycle.pnl)
        self.cycle_length.append(cycle.closed_at - cycle.opened_at)

    def lengths(self) -> tuple[int, int, int]:
        """How many trades, matches and cycles it holds."""
        return len(self.trade_at), len(self.match_at), len(self.cycle_pnl)

    def after(self, lengths: tuple[int, int, int]) -> "Columns":
        """The columns without their first trades, matches and cycles."""
        rest = Columns()
        for names, start in zip((_TRADE, _MATCH, _CYCLE), lengths, strict=True):
            for name in names:
                setattr(rest, name, getattr(self, name)[start:])
        return rest
