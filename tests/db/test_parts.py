"""Parts of a history that were listed and are owed."""

from hashlib import sha512
from typing import Any

import base58
import psycopg
import pytest

from walletjobs.core.history import Page, Row, Slots
from walletjobs.core.parts import Part, cover
from walletjobs.db.fence import Fence, take
from walletjobs.db.parts import PartRepository
from walletjobs.db.transactions import TransactionRepository
from walletjobs.errors import LockLost

Connection = psycopg.Connection[Any]


@pytest.fixture
def fence(connection: Connection) -> Fence:
    """The right to write a wallet."""
    return take(connection, "W", "test")


def row(number: int, slot: int) -> Row:
    signature = base58.b58encode(sha512(str(number).encode()).digest()).decode()
    return Row(signature, slot, 1_700_000_000, b"{}")


def test_parts_are_owed_until_a_range_holds_their_slots_whole(connection: Connection, fence: Fence) -> None:
    transactions, repository = TransactionRepository(connection), PartRepository(connection)
    upper, lower = Part(Slots(15, 19), 1), Part(Slots(10, 14), 2)
    repository.add(fence, [lower, upper, Part(Slots(3, 9), 5)])
    repository.add(fence, [Part(Slots(5, 9), 3)])  # listed anew
    rows = (row(2, 12), row(1, 11))
    transactions.add_page(fence, Page(rows, "rpc"), cover(rows, lower.slots, []))
    assert repository.all(fence.wallet_id) == [upper, Part(Slots(5, 9), 3)]
    (held,) = transactions.ranges(fence.wallet_id)
    assert held.whole == lower.slots
    repository.drop(fence, upper)
    assert repository.all(fence.wallet_id) == [Part(Slots(5, 9), 3)]


def test_overtaken_holder_records_no_part(connection: Connection, fence: Fence) -> None:
    repository = PartRepository(connection)
    repository.add(fence, [Part(Slots(5, 9), 3)])
    take(connection, "W", "another")
    with pytest.raises(LockLost):
        repository.add(fence, [Part(Slots(1, 4), 3)])
    with pytest.raises(LockLost):
        repository.drop(fence, Part(Slots(5, 9), 3))
    assert repository.all(fence.wallet_id) == [Part(Slots(5, 9), 3)]
