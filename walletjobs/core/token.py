"""What the world says of a token: names, markets, prices. Its text has been cleaned."""

from dataclasses import dataclass
from decimal import Decimal

#: Beyond these a price is a mistake, and no figure of ours could show it.
_LOWEST, _HIGHEST = Decimal("1e-30"), Decimal("1e15")
MAX_DECIMALS = 255  # an SPL mint keeps them in one byte


@dataclass(frozen=True, slots=True)
class Metadata:
    """How a token calls itself; None where the source does not say."""

    mint: str
    symbol: str | None = None
    name: str | None = None
    image_url: str | None = None
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Market:
    """What a token's deepest market says of it; None where it does not, or where there is no market."""

    metadata: Metadata
    price_usd: Decimal | None = None  # US dollars a whole token
    liquidity_usd: Decimal | None = None

    @property
    def mint(self) -> str:
        """The token."""
        return self.metadata.mint


def sane_price(price: Decimal | None) -> Decimal | None:
    """A price that can be one; else None."""
    return price if price is not None and price.is_finite() and _LOWEST <= price <= _HIGHEST else None


def sane_decimals(decimals: int | None) -> int | None:
    """Decimals that a mint can have; else None."""
    return decimals if decimals is not None and 0 <= decimals <= MAX_DECIMALS else None
