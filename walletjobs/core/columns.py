"""A history's columns: arrays of machine integers, so that a million trades take tens of megabytes, not hundreds."""

from array import array

from walletjobs.core.legs import Leg
from walletjobs.core.tally import Match

UNKNOWN_USD = -(2**63)
_TRADE = ("trade_at", "trade_mint", "side", "value")
_MATCH = ("match_at", "match_mint", "match_cost", "match_pnl", "match_pnl_usd", "held_for")


class Columns:
    """What behavior and series need of every trade and every realized match, a column a figure."""

    __slots__ = (*_TRADE, *_MATCH)

    def __init__(self) -> None:
        self.trade_at = array("q")  # unix seconds
        self.trade_mint = array("l")  # index of the mint
        self.side = array("b")  # 1 buy, −1 sell
        self.value = array("q")  # lamports before fees, −1 where unknown
        self.match_at = array("q")  # unix seconds of the disposal
        self.match_mint = array("l")
        self.match_cost = array("q")  # lamports
        self.match_pnl = array("q")  # lamports
        self.match_pnl_usd = array("q")  # millionths of a USD, or UNKNOWN_USD
        self.held_for = array("q")  # seconds

    def trade(self, mint: int, leg: Leg, at: int) -> None:
        """Take in a trade of the mint with this index."""
        self.trade_at.append(at)
        self.trade_mint.append(mint)
        self.side.append(leg.role)
        self.value.append(-1 if leg.value is None else leg.value)

    def match(self, mint: int, match: Match) -> None:
        """Take in a realized match of the mint with this index."""
        self.match_at.append(match.disposed_at)
        self.match_mint.append(mint)
        self.match_cost.append(match.cost)
        self.match_pnl.append(match.pnl)
        self.match_pnl_usd.append(UNKNOWN_USD if match.pnl_usd is None else match.pnl_usd)
        self.held_for.append(match.held_for)

    def after(self, trades: int, matches: int) -> "Columns":
        """The columns without their first trades and matches."""
        rest = Columns()
        for names, start in ((_TRADE, trades), (_MATCH, matches)):
            for name in names:
                setattr(rest, name, getattr(self, name)[start:])
        return rest
