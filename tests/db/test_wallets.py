from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from walletjobs.db.fence import Fence, take
from walletjobs.db.wallets import WalletRepository
from walletjobs.errors import LockLost

Connection = psycopg.Connection[Any]
Add = Callable[[str], Fence]


@pytest.fixture
def add(connection: Connection) -> Add:
    """Makes a wallet known."""
    return lambda address: take(connection, address, "test")


def test_unknown_wallet_is_none(connection: Connection) -> None:
    assert WalletRepository(connection).find("nobody") is None


def test_new_wallet_has_neither_history_nor_figures(connection: Connection, add: Add) -> None:
    fence = add("W")
    wallet = WalletRepository(connection).find("W")
    assert wallet is not None
    assert (wallet.id, wallet.address, wallet.wallet_class) == (fence.wallet_id, "W", "normal")
    assert (wallet.synced_at, wallet.analyzed_at, wallet.capped, wallet.transactions) == (
        None,
        None,
        False,
        0,
    )


def test_times_are_of_the_databases_clock(connection: Connection, add: Add) -> None:
    repository, fence = WalletRepository(connection), add("W")
    repository.mark_synced(fence, capped=False)
    repository.mark_analyzed(fence)
    wallet = repository.find("W")
    assert wallet is not None
    assert wallet.synced_at is not None
    assert wallet.analyzed_at is not None
    assert timedelta(0) <= wallet.analyzed_at - wallet.synced_at
    assert timedelta(0) <= wallet.read_at - wallet.analyzed_at < timedelta(minutes=1)


@pytest.mark.parametrize("mark", ["mark_synced", "mark_analyzed"])
def test_overtaken_holder_marks_nothing(mark: str, connection: Connection, add: Add) -> None:
    repository, overtaken = WalletRepository(connection), add("W")
    add("W")
    with pytest.raises(LockLost):
        repository.mark_synced(overtaken, False) if mark == "mark_synced" else repository.mark_analyzed(
            overtaken
        )
    wallet = repository.find("W")
    assert wallet is not None
    assert (wallet.synced_at, wallet.analyzed_at) == (None, None)


def test_marking_takes_part_in_the_callers_transaction(connection: Connection, add: Add) -> None:
    repository, fence = WalletRepository(connection), add("W")
    with connection.transaction(force_rollback=True):
        repository.mark_analyzed(fence)
    wallet = repository.find("W")
    assert wallet is not None
    assert wallet.analyzed_at is None


def test_several_wallets_are_found_at_once(connection: Connection, add: Add) -> None:
    for address in ("A", "B", "C"):
        add(address)
    assert set(WalletRepository(connection).find_all(["A", "C", "unknown"])) == {"A", "C"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3J", ["3Ja", "3Jb"]),
        ("3Ja", ["3Ja"]),
        ("", ["3Ja", "3Jb", "4Kc"]),
        ("%", []),
        ("3_", []),
        ("\\", []),
    ],
)
def test_search_goes_by_the_beginning_of_the_address(
    text: str, found: list[str], connection: Connection, add: Add
) -> None:
    for address in ("4Kc", "3Jb", "3Ja"):
        add(address)
    repository = WalletRepository(connection)
    assert [wallet.address for wallet in repository.search(text)] == found
    assert [wallet.address for wallet in repository.search(text, limit=1)] == found[:1]


def test_recent_wallets_are_those_analyzed_last(connection: Connection, add: Add) -> None:
    repository = WalletRepository(connection)
    fences = {address: add(address) for address in ("A", "B", "C", "D")}
    for address in ("B", "A", "C"):
        repository.mark_analyzed(fences[address])
    assert [wallet.address for wallet in repository.recent(2)] == ["C", "A"]
    assert [wallet.address for wallet in repository.recent()] == ["C", "A", "B"]
