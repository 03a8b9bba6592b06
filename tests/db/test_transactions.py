import json
import tracemalloc
from hashlib import sha512
from itertools import accumulate, islice
from typing import Any

import base58
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walletjobs.core.history import Page, Place, Row, Slots, SyncRange, grow
from walletjobs.db.fence import Fence, take
from walletjobs.db.transactions import TransactionRepository
from walletjobs.errors import LockLost

Connection = psycopg.Connection[Any]


@pytest.fixture
def fence(connection: Connection) -> Fence:
    """The right to write a wallet."""
    return take(connection, "W", "test")


def row(number: int, slot: int, *mints: str, wallet: str = "", padding: int = 0) -> Row:
    signature = base58.b58encode(sha512(f"{wallet}{number}".encode()).digest()).decode()
    filler = sha512(str(number).encode()).hexdigest() * (padding // 128)
    raw = json.dumps({"signature": signature, "slot": slot, "filler": filler}).encode()
    return Row(signature, slot, None if number % 2 else 1_700_000_000, raw, frozenset(mints))


def add(
    repository: TransactionRepository, fence: Fence, *rows: Row, below: SyncRange | None = None
) -> SyncRange:
    """A page right below a range, or at the head."""
    others = [found for found in repository.ranges(fence.wallet_id) if found != below]
    return repository.add_page(fence, Page(rows), grow(rows, below, others))[1]


def raws(repository: TransactionRepository, fence: Fence) -> list[bytes]:
    return [raw for _, raw in repository.stream(fence.wallet_id)]


def test_page_is_stored_with_its_range_and_its_mints(connection: Connection, fence: Fence) -> None:
    repository = TransactionRepository(connection)
    rows = (row(2, 12, "B", "A"), row(1, 11, "A"), row(0, 11))
    new, stored = repository.add_page(fence, Page(rows), grow(rows, None, []))
    assert new == 3
    assert repository.ranges(fence.wallet_id) == [stored]
    assert stored.newest == Place(12, rows[0].signature)
    assert stored.oldest == Place(11, rows[2].signature)
    assert repository.mints(fence.wallet_id) == {"A", "B"}
    assert repository.count(fence.wallet_id) == 3
    assert raws(repository, fence) == [rows[2].raw, rows[1].raw, rows[0].raw]
    keys = connection.execute(
        "SELECT signature, slot, block_time FROM wallet_transaction ORDER BY slot DESC, 1"
    )
    assert {(bytes(signature), slot, at) for signature, slot, at in keys} == {
        (base58.b58decode(each.signature), each.slot, each.block_time) for each in rows
    }


def test_transaction_stored_before_is_left_out(connection: Connection, fence: Fence) -> None:
    repository = TransactionRepository(connection)
    old, new = row(1, 11), row(2, 12)
    add(repository, fence, old)
    added, _ = repository.add_page(
        fence, Page((new, old)), grow((new, old), None, repository.ranges(fence.wallet_id))
    )
    assert added == 1
    assert raws(repository, fence) == [old.raw, new.raw]


def test_page_of_known_transactions_adds_no_page(connection: Connection, fence: Fence) -> None:
    repository = TransactionRepository(connection)
    stored = add(repository, fence, row(2, 12), row(1, 11))
    assert add(repository, fence, row(2, 12)) == stored
    assert connection.execute("SELECT count(*) FROM raw_page").fetchone() == (1,)


def test_walk_moves_its_range_and_can_mark_the_start(connection: Connection, fence: Fence) -> None:
    repository = TransactionRepository(connection)
    walked = add(repository, fence, row(9, 19), row(8, 18))
    walked = add(repository, fence, row(7, 18), row(6, 16), below=walked)
    assert repository.ranges(fence.wallet_id) == [walked]
    assert (walked.newest.slot, walked.oldest.slot, walked.transactions) == (19, 16, 4)
    started = repository.mark_start(fence, walked)
    assert started.reached_start
    assert repository.ranges(fence.wallet_id) == [started]


def test_range_stored_before_slots_were_kept_holds_what_lies_between_its_ends(
    connection: Connection, fence: Fence
) -> None:
    repository = TransactionRepository(connection)
    add(repository, fence, row(2, 19), row(1, 11))
    connection.execute("UPDATE sync_range SET whole_first = NULL, whole_last = NULL")
    assert repository.ranges(fence.wallet_id)[0].whole == Slots(12, 18)


def test_two_wallets_keep_the_same_transaction_each(connection: Connection, fence: Fence) -> None:
    repository, other = TransactionRepository(connection), take(connection, "V", "test")
    add(repository, fence, row(1, 11))
    add(repository, other, row(1, 11))
    assert raws(repository, fence) == raws(repository, other) == [row(1, 11).raw]


def test_overtaken_holder_stores_neither_page_nor_range(connection: Connection, fence: Fence) -> None:
    repository = TransactionRepository(connection)
    stored = add(repository, fence, row(5, 15))
    take(connection, "W", "another")
    with pytest.raises(LockLost):
        add(repository, fence, row(4, 14), below=stored)
    with pytest.raises(LockLost):
        repository.mark_start(fence, stored)
    assert repository.ranges(fence.wallet_id) == [stored]
    assert raws(repository, fence) == [row(5, 15).raw]


def test_page_that_breaks_off_leaves_nothing(connection: Connection, fence: Fence) -> None:
    repository = TransactionRepository(connection)
    stored = add(repository, fence, row(5, 15))
    good, bad = row(4, 14, "M"), row(3, 13, "not\x00storable")
    with pytest.raises(psycopg.DataError):
        add(repository, fence, good, bad, below=stored)
    assert repository.ranges(fence.wallet_id) == [stored]
    assert raws(repository, fence) == [row(5, 15).raw]
    assert repository.mints(fence.wallet_id) == set()
    assert connection.execute("SELECT count(*) FROM wallet_transaction").fetchone() == (1,)


def test_deleted_wallet_takes_its_transactions_along(connection: Connection, fence: Fence) -> None:
    add(TransactionRepository(connection), fence, row(1, 11, "M"))
    connection.execute("DELETE FROM wallet")
    for table in ("raw_page", "wallet_transaction", "sync_range", "wallet_mint"):
        assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,)


def _long_history(repository: TransactionRepository, fence: Fence, pages: int) -> None:
    walked = None
    for page in range(pages):
        rows = [row(number, 10**6 - number, padding=10_000) for number in range(10 * page, 10 * page + 10)]
        walked = add(repository, fence, *rows, below=walked)


def test_stream_holds_a_few_pages_at_a_time(connection: Connection, fence: Fence) -> None:
    repository = TransactionRepository(connection)
    _long_history(repository, fence, 100)
    tracemalloc.start()
    total = sum(len(raw) for _, raw in repository.stream(fence.wallet_id))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total > 9_000_000
    assert peak < total / 4


def test_reader_may_stop_and_write_between_two_transactions(connection: Connection, fence: Fence) -> None:
    repository = TransactionRepository(connection)
    _long_history(repository, fence, 40)
    unfinished = repository.stream(fence.wallet_id)
    assert len(list(islice(unfinished, 5))) == 5
    connection.execute("UPDATE wallet SET capped = true")
    with connection.transaction():
        assert len(list(repository.stream(fence.wallet_id))) == 400
    assert len(list(unfinished)) == 395


def test_late_transaction_stands_where_the_listing_shows_it(connection: Connection, fence: Fence) -> None:
    repository = TransactionRepository(connection)
    first, late, second, newest = row(0, 11), row(1, 11), row(2, 11), row(3, 12)
    add(repository, fence, newest, second, first)
    assert add(repository, fence, newest, second, late, first).transactions == 4
    assert raws(repository, fence) == [first.raw, late.raw, second.raw, newest.raw]
    kept = connection.execute(
        "SELECT count(*) FROM wallet_transaction tx JOIN raw_page page ON page.id = tx.page_id"
        " WHERE tx.slot BETWEEN page.first_slot AND page.last_slot"
    )
    assert kept.fetchone() == (repository.count(fence.wallet_id),) == (4,)


def test_page_of_which_everything_moves_is_gone(connection: Connection, fence: Fence) -> None:
    repository = TransactionRepository(connection)
    first, late, second = row(0, 11), row(1, 11), row(2, 11)
    add(repository, fence, second, first)
    add(repository, fence, second, late, first)
    assert raws(repository, fence) == [first.raw, late.raw, second.raw]
    assert connection.execute("SELECT count(*) FROM raw_page").fetchone() == (1,)


def test_late_transaction_comes_after_what_its_listing_leaves_out_below(
    connection: Connection, fence: Fence
) -> None:
    repository = TransactionRepository(connection)
    lowest, first, late, second = row(0, 11), row(1, 11), row(2, 11), row(3, 11)
    head = add(repository, fence, second, first)
    add(repository, fence, lowest, below=head)
    add(repository, fence, second, late, first)
    assert raws(repository, fence) == [lowest.raw, first.raw, late.raw, second.raw]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.sampled_from([0, 0, 0, 1]), min_size=2, max_size=24),
    st.sets(st.integers(0, 23)),
    st.lists(st.tuples(st.sets(st.integers(0, 23)), st.integers(1, 24)), max_size=3),
    st.integers(1, 7),
)
def test_whatever_came_late_the_order_is_that_of_the_last_listing(
    connection: Connection, steps: list[int], late: set[int], heads: list[tuple[set[int], int]], size: int
) -> None:
    connection.execute("DELETE FROM wallet WHERE address = 'W'")
    fence, repository = take(connection, "W", "test"), TransactionRepository(connection)
    rows = [row(number, slot) for number, slot in enumerate(accumulate(steps, initial=10))][::-1]
    listed, walked = _without(late, rows), None
    for start in range(0, len(listed), size):
        walked = add(repository, fence, *listed[start : start + size], below=walked)
    for still_late, depth in [*heads, (set[int](), len(rows))]:
        late = late & still_late
        if head := _without(late, rows)[:depth]:
            add(repository, fence, *head)
    assert raws(repository, fence) == [each.raw for each in reversed(rows)]
    assert repository.count(fence.wallet_id) == len(rows)


def _without(places: set[int], rows: list[Row]) -> list[Row]:
    return [each for place, each in enumerate(rows) if place not in places]
