"""The course of a wallet's profit: what only the order of its disposals tells, taken in piece by piece."""

from msgspec import Struct, field

from walletjobs.core.columns import UNKNOWN_USD, Columns

DAY = 86_400  # seconds
#: Upper limits of the cycle-return buckets, in percent, and their names. Source: money.md section 6
RETURN_BUCKETS = ((-50, "< -50 %"), (0, "-50 to 0 %"), (200, "0 to 200 %"), (500, "200 to 500 %"))
LAST_BUCKET = "> 500 %"


class Course(Struct):
    """How realized PnL came about. Units: lamports."""

    total: int = 0
    peak: int = 0
    max_drawdown: int = 0  # the deepest fall of the total below the highest it had been, from zero
    days: dict[int, int] = {}  # UTC midnight in unix seconds → realized PnL of that day
    days_usd: dict[
        int, int | None
    ] = {}  # the same in millionths of a USD; null where one price of SOL is not known
    winners: int = 0  # closed cycles, each
    losers: int = 0
    break_even: int = 0
    profits: int = 0  # of winning cycles
    losses: int = 0  # of losing cycles, without sign
    sign: int = 0  # of the last cycle's PnL
    streak: int = 0  # cycles of that sign in a row
    winning_streak: int = 0  # the longest
    losing_streak: int = 0
    returns: list[int] = field(
        default_factory=lambda: [0] * (len(RETURN_BUCKETS) + 1)
    )  # cycles with a known cost

    @classmethod
    def of(cls, columns: Columns) -> "Course":
        """The course of what some columns hold."""
        course = cls()
        course.absorb(columns)
        return course

    @property
    def cycles(self) -> int:
        """Closed cycles."""
        return self.winners + self.losers + self.break_even

    def absorb(self, columns: Columns) -> None:
        """Take in what follows, in the order of the ledger."""
        total, peak, deepest, days = self.total, self.peak, self.max_drawdown, self.days
        days_usd = self.days_usd
        matches = zip(columns.match_at, columns.match_pnl, columns.match_pnl_usd, strict=True)
        for at, pnl, usd in matches:
            day = at - at % DAY
            days[day] = days.get(day, 0) + pnl
            known = days_usd.get(day, 0)
            days_usd[day] = None if known is None or usd == UNKNOWN_USD else known + usd
            total += pnl
            if total > peak:
                peak = total
            elif peak - total > deepest:
                deepest = peak - total
        self.total, self.peak, self.max_drawdown = total, peak, deepest
        for cost, pnl in zip(columns.cycle_cost, columns.cycle_pnl, strict=True):
            self._count_cycle(pnl)
            if cost:
                self.returns[_bucket(pnl, cost)] += 1

    def _count_cycle(self, pnl: int) -> None:
        sign = (pnl > 0) - (pnl < 0)
        self.streak = self.streak + 1 if sign == self.sign else 1
        self.sign = sign
        if sign > 0:
            self.winners += 1
            self.profits += pnl
            self.winning_streak = max(self.winning_streak, self.streak)
        elif sign < 0:
            self.losers += 1
            self.losses -= pnl
            self.losing_streak = max(self.losing_streak, self.streak)
        else:
            self.break_even += 1


def _bucket(pnl: int, cost: int) -> int:
    for place, (limit, _) in enumerate(RETURN_BUCKETS):
        if pnl * 100 < limit * cost:
            return place
    last = len(RETURN_BUCKETS)
    return last if pnl * 100 > 500 * cost else last - 1
