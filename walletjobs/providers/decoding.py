"""Decoding at the wire: what cannot be read is InvalidData, and no number is beyond what the chain can hold.

msgspec works a type out when it is first read, and a second thread that reads it meanwhile crashes the process. So
every decoder is made where its module is loaded, not where it is used.
"""

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from walletjobs.core.token import MAX_DECIMALS
from walletjobs.errors import InvalidData

T = TypeVar("T")

_ALL_SOL = 10**18  # lamports; above the 6 × 10^17 that exist, and small enough that sums stay in 64 bits

Lamports = Annotated[int, Meta(ge=-_ALL_SOL, le=_ALL_SOL)]
Decimals = Annotated[int, Meta(ge=0, le=MAX_DECIMALS)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]  # slots and places
Seconds = Annotated[int, Meta(ge=0, le=2**40)]  # unix time, for 34,000 years

#: What JSON that is malformed, not UTF-8, or nested without end raises.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def decode(decoder: msgspec.json.Decoder[T], raw: bytes | str | msgspec.Raw, what: str) -> T:
    """What ``raw`` says.

    Raises: InvalidData if it is not JSON of ``what``.
    """
    try:
        return decoder.decode(raw)
    except _UNREADABLE as error:
        raise InvalidData(f"Not {what}: {error}") from error


def prepared(kind: type[T]) -> type[T]:
    """The type, worked out now: for one that ``convert`` reads."""
    msgspec.json.Decoder(kind)
    return kind


def convert(value: object, kind: type[T], what: str) -> T:
    """A decoded value as ``kind``, which is ``prepared``; numbers may come as text.

    Raises: InvalidData if it is none.
    """
    try:
        return msgspec.convert(value, kind, strict=False)
    except _UNREADABLE as error:
        raise InvalidData(f"Not {what}: {error}") from error
