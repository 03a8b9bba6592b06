"""What Helius' webhook delivers: enhanced transactions, at least once, in any order.

Source: https://www.helius.dev/docs/webhooks
"""

from collections.abc import Iterator
from dataclasses import dataclass

import base58
import msgspec
from msgspec import Raw

from walletjobs.core.address import is_address
from walletjobs.core.transaction import Transaction
from walletjobs.errors import InvalidData
from walletjobs.providers import enhanced
from walletjobs.providers.decoding import decode

SIGNATURE_BYTES, LONGEST_SIGNATURE = 64, 88  # as bytes, and in letters of base58

_ROWS = msgspec.json.Decoder(list[Raw])


@dataclass(frozen=True, slots=True)
class Delivery:
    """One transaction, and every address that had a part in it."""

    signature: bytes
    addresses: frozenset[str]


def read_deliveries(body: bytes) -> tuple[list[Delivery], int]:
    """The transactions of a delivery, and how many of it could not be read.

    Raises: InvalidData for what is no array.
    """
    found: list[Delivery] = []
    rows = decode(_ROWS, body, "an array of transactions")
    for row in rows:
        try:
            found.append(_delivery(enhanced.read_transaction(row)))
        except InvalidData:
            continue  # one that is not what it should be says nothing about the others
    return found, len(rows) - len(found)


def _delivery(transaction: Transaction) -> Delivery:
    try:
        signature = base58.b58decode(transaction.signature[:LONGEST_SIGNATURE])
    except ValueError:
        signature = b""
    if len(signature) != SIGNATURE_BYTES:
        raise InvalidData("Not a signature.")
    return Delivery(signature, frozenset(filter(is_address, _addresses(transaction))))


def _addresses(transaction: Transaction) -> Iterator[str]:
    yield transaction.fee_payer
    for change in transaction.accounts:
        yield change.account
        yield from (token.owner for token in change.tokens or ())
