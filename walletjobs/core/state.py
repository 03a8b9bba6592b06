"""Where a wallet's books stand after an analysis, so that the next one goes on from there."""

from msgspec import Struct

from walletjobs.core.book import Tie
from walletjobs.core.course import Course
from walletjobs.core.habits import Habits
from walletjobs.core.positions import Standing
from walletjobs.core.sums import Sums
from walletjobs.core.tally import Totals

#: Version of the rules. Whoever changes what a transaction means or how a figure comes about raises it: what was
#: computed by other rules is then computed anew.
RULES = 3


class TokenState(Struct, frozen=True, gc=False):
    """Where one token stands."""

    decimals: int
    events: int
    standings: dict[str, Standing]  # by method


class WalletState(Struct):
    """Where a wallet stands as a whole."""

    totals: Totals
    kinds: dict[str, int]  # entries
    tie: Tie
    slot: int  # of the last entry
    nth: int  # place of the last entry among those of its slot
    entries: int  # in the ledger
    unreadable: int  # transactions
    sums: dict[str, Sums]  # by method
    courses: dict[str, Course]  # by method
    habits: Habits  # by the first-in-first-out lots
