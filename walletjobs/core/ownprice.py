"""What SOL cost in a wallet's own conversions to and from stablecoins: the last resort of the price series.

Anybody can convert at an odd price with himself, and the series serves every wallet. So dust says nothing, what is
far from the market's price around that time is left out, and a market's bar is taken before it wherever there is one.

Source: money.md section 4.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from walletjobs.core.entries import Entry, Kind
from walletjobs.core.series import MINUTE, MOST, OWN_LEG, Bar
from walletjobs.core.units import LAMPORTS_PER_SOL, STABLECOINS

DUST_LAMPORTS = LAMPORTS_PER_SOL // 100
DUST_USD = 1_000_000  # millionths of a USD: below, the sixth decimal would show in the price
#: Own prices lie between the market's divided by and multiplied by this much, in hundredths.
FAR = 150


@dataclass(frozen=True, slots=True)
class Conversion:
    """SOL that went one way and US dollars that came the other."""

    time: int  # unix seconds
    lamports: int
    usd: int  # millionths of a USD

    @property
    def minute(self) -> int:
        """The minute it fell in. Units: unix seconds."""
        return self.time - self.time % MINUTE


def conversion_of(entry: Entry) -> Conversion | None:
    """The two sides of an entry that is a conversion between SOL and stablecoins, above dust."""
    if entry.kind is not Kind.CONVERSION:
        return None
    lamports = entry.components.consideration
    usd = sum(amount for mint, amount in entry.tokens.items() if mint in STABLECOINS)
    if lamports * usd >= 0 or abs(lamports) < DUST_LAMPORTS or abs(usd) < DUST_USD:
        return None
    return Conversion(entry.block_time, abs(lamports), abs(usd))


def own_bars(conversions: Iterable[Conversion], around: Mapping[int, Sequence[int]]) -> list[Bar]:
    """A bar for each minute with conversions, at their price by volume, oldest first.

    ``around`` names the market's prices near a minute, where any are known.
    Units: millionths of a USD for one SOL.
    """
    sums: dict[int, tuple[int, int]] = {}
    for each in conversions:
        lamports, usd = sums.get(each.minute, (0, 0))
        sums[each.minute] = lamports + each.lamports, usd + each.usd
    prices = {minute: usd * LAMPORTS_PER_SOL // lamports for minute, (lamports, usd) in sums.items()}
    return [
        Bar(minute, MINUTE, price, OWN_LEG)
        for minute, price in sorted(prices.items())
        if 0 < price <= MOST and _is_near(price, around.get(minute, ()))
    ]


def _is_near(price: int, known: Sequence[int]) -> bool:
    return not known or any(price * 100 <= each * FAR and each * 100 <= price * FAR for each in known)
