"""By which rules a book is kept: the method that picks lots, and what becomes of tokens without a known cost."""

from dataclasses import dataclass

from walletjobs.core.lots import METHODS
from walletjobs.errors import InvalidData

MODES = ("strict", "adjusted", "raw")


@dataclass(frozen=True, slots=True)
class Rules:
    """By which rules a book is kept.

    Strict leaves what has no known basis out of every PnL. For comparison: adjusted gives what came for nothing the
    value of the wallet's own last trade in it, if that is at most an hour old; raw counts what has no basis at no cost.

    Raises: InvalidData for a method or mode that is not offered.
    """

    method: str = "fifo"
    mode: str = "strict"

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InvalidData(f"There is no method {self.method!r}; use one of {', '.join(METHODS)}")
        if self.mode not in MODES:
            raise InvalidData(f"Mode {self.mode!r} is not offered; use one of {', '.join(MODES)}")
