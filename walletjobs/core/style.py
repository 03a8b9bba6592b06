"""A wallet's style in words: how fast it trades, in which pattern, and how sure that is.

Source: behavior.md, "Style".
"""

from dataclasses import dataclass

from walletjobs.core.sums import WHOLE, Sums

LOW_ACTIVITY = "LOW_ACTIVITY"
MINUTE, HOUR, DAY = 60, 3_600, 86_400  # seconds
#: Upper limits of the median hold of closed cycles, in seconds.
SPEEDS = (
    (MINUTE, "SNIPER"),
    (5 * MINUTE, "SCALPER"),
    (30 * MINUTE, "MOMENTUM"),
    (4 * HOUR, "INTRADAY"),
    (DAY, "DAY_TRADER"),
    (7 * DAY, "SWING"),
    (30 * DAY, "POSITION"),
)
SLOWEST = "HOLDER"
LEAST_TRADES, LEAST_TWO_SIDED = 5, 2
ONE_SIDED = 2.5  # times as many buys as sells, or the other way round
BALANCED = 0.7
FULL_SAMPLE = 50  # closed cycles after which more of them add no confidence


@dataclass(frozen=True, slots=True)
class Style:
    """How a wallet trades, in words that its figures bear."""

    speed: str | None  # null without a closed cycle
    pattern: str
    median_hold: float | None  # seconds, of closed cycles
    n: int  # closed cycles
    confidence: float  # 0 to 1: the product of the three inputs' mean and what they rest on
    cycle_input: float  # 0 to 1: closed cycles, full at 50
    verified_input: float  # 0 to 1: share of the sold quantity with a known lot, mean over tokens
    symmetry_input: float  # 0 to 1
    sentence: str


def style_of(sums: Sums, typical: float | None, n: int) -> Style:
    """The style of a wallet whose ``n`` closed cycles take ``typical`` seconds, by the sums over its tokens."""
    buys, sells = sums.tally.buys, sums.tally.sells
    symmetry, consistency = mean(sums.symmetry, sums.two_sided), mean(sums.consistency, sums.two_sided)
    inputs = (min(n / FULL_SAMPLE, 1.0), mean(sums.verified, sums.sold) or 0.0, symmetry or 0.0)
    low = buys + sells < LEAST_TRADES or sums.two_sided < LEAST_TWO_SIDED
    pattern = LOW_ACTIVITY if low else _pattern(buys, sells, symmetry or 0.0, consistency or 0.0)
    speed = None if low or typical is None else speed_of(typical)
    return Style(
        speed=speed,
        pattern=pattern,
        median_hold=typical,
        n=n,
        confidence=0.0 if low else round(sum(inputs) / 3, 3),
        cycle_input=round(inputs[0], 3),
        verified_input=round(inputs[1], 3),
        symmetry_input=round(inputs[2], 3),
        sentence=_sentence(speed, pattern, typical, (n, buys, sells)),
    )


def mean(shares: int, n: int) -> float | None:
    """The mean of ``n`` shares that were summed in WHOLE, six places; null without any."""
    return round(shares / (n * WHOLE), 6) if n else None


def speed_of(hold: float) -> str:
    """The name of a typical hold time. Units: seconds."""
    return next((name for limit, name in SPEEDS if hold < limit), SLOWEST)


def duration_text(seconds: float) -> str:
    """A duration as people say it: "45 s", "12 min", "3.5 h", "2.1 days"."""
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min"
    if seconds < DAY:
        return f"{seconds / HOUR:.1f} h"
    return f"{seconds / DAY:.1f} days"


def _pattern(buys: int, sells: int, symmetry: float, consistency: float) -> str:
    if not sells:
        return "HOLDER"
    if not buys:
        return "DUMPER"
    if buys > ONE_SIDED * sells:
        return "ACCUMULATOR"
    if sells > ONE_SIDED * buys:
        return "DISTRIBUTOR"
    return "BALANCED" if symmetry > BALANCED and consistency > BALANCED else "MIXED"


def _sentence(speed: str | None, pattern: str, typical: float | None, counts: tuple[int, int, int]) -> str:
    cycles, buys, sells = counts
    if pattern == LOW_ACTIVITY:
        return f"Too few trades to call a style: {buys} buys and {sells} sells."
    if speed is None or typical is None:
        return f"{buys} buys and {sells} sells, and no closed round trip yet."
    return (
        f"Half of its {cycles} closed round trips took less than {duration_text(typical)}; "
        f"it made {buys} buys and {sells} sells."
    )
