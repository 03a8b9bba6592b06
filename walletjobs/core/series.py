"""SOL in US dollars over time: bars in memory, and which bars are still to be asked for.

Source: providers.md section 3a, money.md section 4.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from msgspec import Struct

from walletjobs.core.units import MICRO_USD

MINUTE, HOUR, DAY = 60, 3_600, 86_400  # seconds
RESOLUTIONS = (MINUTE, HOUR)
#: Trades of this age get the bar of their minute, older ones that of their hour.
FINE_FOR = 90 * DAY
#: A bar is asked for once it ended this long ago, so that two clocks may differ and its close still be the close.
SETTLED = 30  # seconds
#: Before this day no market that we ask traded SOL for dollars: 11 August 2020. Source: Binance's listing.
FIRST_MARKET = 1_597_104_000  # unix seconds
#: The source of bars that come from a wallet's own conversions and not from a market.
OWN_LEG = "own_leg"
#: What one SOL may cost, in millionths of a USD; beyond is a fault of whoever says so.
MOST = 1_000_000 * MICRO_USD


class Bar(Struct, frozen=True, gc=False):
    """What one SOL cost at the end of a minute or an hour; a struct, for a wallet may need a hundred thousand."""

    start: int  # unix seconds, a multiple of the resolution
    resolution: int  # seconds
    price: int  # millionths of a USD
    source: str


@dataclass(frozen=True, slots=True)
class Span:
    """Bars to ask for in one request, the first and the last included."""

    first: int  # unix seconds, start of the first bar
    last: int  # unix seconds, start of the last bar
    resolution: int  # seconds

    @property
    def bars(self) -> int:
        """How many it takes in."""
        return (self.last - self.first) // self.resolution + 1

    def holds(self, start: int) -> bool:
        """Whether a bar that starts then is one of them."""
        return self.first <= start <= self.last and start % self.resolution == 0


@dataclass(frozen=True, slots=True)
class Precision:
    """How well some times are priced: by the bar of their minute, of their hour, by own conversions, or not."""

    minute: int
    hour: int
    own_leg: int
    unpriced: int


class Series:
    """Bars by their time; ``at`` is the ``Prices`` that the ledger takes."""

    __slots__ = ("_hours", "_legs", "_minutes")

    def __init__(self, bars: Iterable[Bar] = ()) -> None:
        self._minutes: dict[int, int] = {}
        self._hours: dict[int, int] = {}
        self._legs: dict[int, int] = {}
        self.add(bars)

    def add(self, bars: Iterable[Bar]) -> None:
        """Take in more bars; a later one replaces an earlier one of the same time and kind."""
        for bar in bars:
            if bar.source == OWN_LEG:
                self._legs[bar.start] = bar.price
            else:
                (self._minutes if bar.resolution == MINUTE else self._hours)[bar.start] = bar.price

    def at(self, time: int) -> int | None:
        """The price of the minute that holds ``time``, else of the hour, else of own conversions in that minute.

        Nothing further away is taken for it.
        Units: unix seconds; millionths of a USD for one SOL.
        """
        minute = time - time % MINUTE
        price = self._minutes.get(minute)
        if price is None:
            price = self._hours.get(time - time % HOUR)
            if price is None:
                return self._legs.get(minute)
        return price

    def has_market(self, time: int) -> bool:
        """Whether a market's bar prices ``time``, and not only own conversions."""
        return time - time % MINUTE in self._minutes or time - time % HOUR in self._hours

    def precision(self, times: Iterable[int]) -> Precision:
        """How well each of the times is priced, counted."""
        by = [0, 0, 0, 0]
        for time in times:
            minute = time - time % MINUTE
            where = (minute in self._minutes, time - time % HOUR in self._hours, minute in self._legs, True)
            by[where.index(True)] += 1
        return Precision(*by)


def unpriced(times: Iterable[int], series: Series, now: int) -> list[int]:
    """The minutes among ``times`` that a market could have priced by now and the series does not, in order."""
    minutes = {time - time % MINUTE for time in times}
    last = now - SETTLED - MINUTE
    return sorted(each for each in minutes if FIRST_MARKET <= each <= last and not series.has_market(each))


def wanted(times: Iterable[int], now: int, resolution: int | None = None) -> Iterator[tuple[int, list[int]]]:
    """(resolution, starts of its bars, in order) to ask for, so that all ``times`` get a price.

    A ``resolution`` given is taken for all of them, whatever their age; a bar that has not settled is left out.
    """
    starts: dict[int, set[int]] = {each: set() for each in RESOLUTIONS}
    for time in times:
        bar = resolution or (MINUTE if time >= now - FINE_FOR else HOUR)
        start = time - time % bar
        if start + bar + SETTLED <= now:
            starts[bar].add(start)
    return ((bar, sorted(found)) for bar, found in starts.items() if found)


def spans(starts: Sequence[int], resolution: int, most: int) -> Iterator[Span]:
    """The fewest requests of up to ``most`` bars for bars that start at ``starts``, given in order.

    Each begins and ends at a bar that is wanted: what lies between two requests is not fetched.
    """
    if not starts:
        return
    first = last = starts[0]
    for start in starts[1:]:
        if start >= first + most * resolution:
            yield Span(first, last, resolution)
            first = start
        last = start
    yield Span(first, last, resolution)


def micro_usd(price: Decimal) -> int | None:
    """A price in USD as millionths, rounded half to even past the sixth place; null where it cannot be one."""
    if not price.is_finite() or not 0 < price <= MOST // MICRO_USD:
        return None
    return int((price * MICRO_USD).to_integral_value()) or None
