"""The fencing number: drawn in Postgres, shown with every write."""

import threading

import psycopg
import pytest

from walletjobs.db.connection import connect
from walletjobs.db.fence import fenced, take
from walletjobs.errors import LockLost

WALLET = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2"


def test_each_holder_draws_a_higher_number(connection):
    first, second = take(connection, WALLET, "a"), take(connection, WALLET, "b")
    assert first.wallet_id == second.wallet_id
    assert first.number < second.number
    assert connection.execute("SELECT holder FROM wallet").fetchone() == ("b",)


def test_only_the_newest_number_writes(connection):
    old, new = take(connection, WALLET, "a"), take(connection, WALLET, "b")
    with pytest.raises(LockLost), fenced(connection, old):
        connection.execute("UPDATE wallet SET class = 'program'")
    with fenced(connection, new):
        connection.execute("UPDATE wallet SET class = 'high_frequency'")
    assert connection.execute("SELECT class FROM wallet").fetchone() == ("high_frequency",)


def test_what_fails_inside_leaves_nothing(connection):
    fence = take(connection, WALLET, "a")
    with pytest.raises(psycopg.errors.NotNullViolation), fenced(connection, fence):
        connection.execute("UPDATE wallet SET class = 'program'").connection.execute(
            "UPDATE wallet SET class = NULL"
        )
    assert connection.execute("SELECT class FROM wallet").fetchone() == ("normal",)


def test_a_number_is_not_drawn_in_the_midst_of_a_write(connection, database_url):
    """The wallet's row is locked: who draws the next number waits, and then nothing old is written after it."""
    fence, drawn = take(connection, WALLET, "a"), threading.Event()

    def draw() -> None:
        with connect(database_url) as other:
            take(other, WALLET, "b")
        drawn.set()

    rival = threading.Thread(target=draw)
    with fenced(connection, fence):
        rival.start()
        assert not drawn.wait(0.3)
        connection.execute("UPDATE wallet SET class = 'program'")
    rival.join()
    with pytest.raises(LockLost), fenced(connection, fence):
        pass
