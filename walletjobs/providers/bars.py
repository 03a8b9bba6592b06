"""What is common to markets that answer with rows of prices."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import Raw

from walletjobs.core.series import Bar, Span, micro_usd
from walletjobs.errors import ProviderUnavailable

#: Prices are not worth a long wait: another market has them too, and the analysis goes on without.
ATTEMPTS = 3

Row = TypeVar("Row")
_ROWS = msgspec.json.Decoder(list[Raw])


def read_rows(name: str, body: bytes, decoder: msgspec.json.Decoder[Row]) -> list[Row]:
    """The rows of an answer; one that is not what it should be says nothing about the others.

    Raises: ProviderUnavailable if the answer is no list.
    """
    try:
        entries = _ROWS.decode(body)
    except msgspec.MsgspecError as error:
        raise ProviderUnavailable(f"{name} answered with nonsense: {error}") from error
    rows = []
    for entry in entries:
        try:
            rows.append(decoder.decode(entry))
        except msgspec.MsgspecError:
            continue
    return rows


def bars_of(source: str, span: Span, closes: Iterable[tuple[int, Decimal]]) -> list[Bar]:
    """(start, close in USD) as bars, oldest first; what lies outside the span or is no price is left out."""
    prices = {start: micro_usd(close) for start, close in closes if span.holds(start)}
    return [Bar(start, span.resolution, price, source) for start, price in sorted(prices.items()) if price]
