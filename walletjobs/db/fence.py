"""The fencing number: who may write one wallet's rows, decided in Postgres and nowhere else.

A lock in Redis can be lost without its holder knowing (a pause, an emptied Redis, a dead parent process).
So each holder draws a number from the wallet's own row and shows it with every write; any but the newest
number is refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from walletjobs.errors import LockLost


@dataclass(frozen=True, slots=True)
class Fence:
    """The right to write one wallet, until someone takes a higher number."""

    wallet_id: int
    address: str
    number: int


def take(connection: Connection[Any], address: str, holder: str) -> Fence:
    """The next fencing number of a wallet, for ``holder`` (a job id); the wallet's row is made if absent."""
    row = connection.execute(
        """
        INSERT INTO wallet (address, fence, holder) VALUES (%s, 1, %s)
        ON CONFLICT (address) DO UPDATE SET fence = wallet.fence + 1, holder = excluded.holder
        RETURNING id, fence
        """,
        [address, holder],
    ).fetchone()
    assert row is not None  # RETURNING of an upsert
    return Fence(row[0], address, int(row[1]))


@contextmanager
def fenced(connection: Connection[Any], fence: Fence) -> Iterator[None]:
    """One transaction that only the newest holder may make; the wallet's row stays locked until it ends.

    Raises: LockLost where a higher number has been drawn: nothing is written.
    """
    with connection.transaction():
        row = connection.execute(
            "SELECT fence FROM wallet WHERE id = %s FOR UPDATE", [fence.wallet_id]
        ).fetchone()
        if row is None or int(row[0]) != fence.number:
            raise LockLost
        yield
