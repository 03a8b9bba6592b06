"""Amounts: lamports, base units, and how they read for people."""

from decimal import Decimal
from fractions import Fraction

LAMPORTS_PER_SOL = 1_000_000_000
SOL_DECIMALS = 9

#: Mint of wrapped SOL. Source: SPL Token program, ``native_mint``.
WRAPPED_SOL = "So11111111111111111111111111111111111111112"
#: Stablecoins are told by mint, never by name. Source: money.md section 4.
USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
USDT = "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB"
STABLECOINS = frozenset({USDC, USDT})


#: Millionths in a USD: the unit of every USD amount, and of a whole stablecoin's base units.
MICRO_USD = 1_000_000


def usd_of(lamports: int, price: int) -> int:
    """Lamports at a price of SOL in millionths of a USD, in millionths of a USD, rounded down."""
    return lamports * price // LAMPORTS_PER_SOL


def usd_text(amount: int) -> str:
    """Millionths of a USD as a decimal text of USD."""
    return decimal_text(amount, 6)


def decimal_text(amount: int, decimals: int) -> str:
    """``amount`` base units as an exact decimal text without trailing zeros: 1500000000, 9 → "1.5"."""
    sign, digits = ("-", -amount) if amount < 0 else ("", amount)
    whole, fraction = divmod(digits, 10**decimals)
    rest = f"{fraction:0{decimals}d}".rstrip("0") if decimals and fraction else ""
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"


def sol_text(lamports: int) -> str:
    """Lamports as a decimal text of SOL, exact, up to nine places."""
    return decimal_text(lamports, SOL_DECIMALS)


def base_units(text: str, decimals: int) -> int:
    """A decimal text as base units, exact.

    Raises: ValueError if the text has more places than the token.
    """
    scaled = Fraction(Decimal(text)) * 10**decimals  # a Decimal would round past 28 digits
    if scaled.denominator != 1:
        raise ValueError(f"{text} has more than {decimals} decimal places")
    return int(scaled)
