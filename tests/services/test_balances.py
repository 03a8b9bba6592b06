from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from small_history import WALLET, history, mint_of

from walletjobs.core.units import WRAPPED_SOL
from walletjobs.db.balances import BalanceRepository
from walletjobs.db.fence import Fence, take
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.errors import LockLost, ProviderUnavailable
from walletjobs.providers.helius import HeliusClient
from walletjobs.services.balances import fetch_balances

Connection = psycopg.Connection[Any]
Replay = Callable[..., ReplayServer]
ClientOf = Callable[..., HeliusClient]


def test_balances_are_stored_by_mint_with_their_age(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    fetched = fetch_balances(fence, client_of(replay(history(25))), connection)
    kept = BalanceRepository(connection).of_wallet(fence.wallet_id)
    assert {mint: (held.amount, held.decimals) for mint, held in kept.items()} == {
        mint: (held.amount, held.decimals) for mint, held in fetched.items()
    }
    assert kept[mint_of(0)].amount == sum(range(1, 11))
    assert kept[mint_of(2)].amount == sum(range(21, 26))
    assert kept[WRAPPED_SOL].decimals == 9
    assert all(held.slot and held.fetched_at for held in kept.values())


def test_next_answer_replaces_the_last_one_whole(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    fetch_balances(fence, client_of(replay(history(25))), connection)
    fetch_balances(fence, client_of(replay(history(5))), connection)
    assert set(BalanceRepository(connection).of_wallet(fence.wallet_id)) == {WRAPPED_SOL, mint_of(0)}


def test_failing_provider_is_an_error_and_leaves_what_was_stored(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    server = replay(history(25))
    before = fetch_balances(fence, client_of(server), connection)
    for faults in ({"down": ("all",)}, {"down": (), "fault": {"getTokenAccountsByOwner.null": 1.0}}):
        server.change(**faults)
        with pytest.raises(ProviderUnavailable):
            fetch_balances(fence, client_of(server), connection)
        assert set(BalanceRepository(connection).of_wallet(fence.wallet_id)) == set(before)


def test_overtaken_holder_stores_no_balances(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    take(connection, WALLET, "another")
    with pytest.raises(LockLost):
        fetch_balances(fence, client_of(replay(history(5))), connection)
    assert BalanceRepository(connection).of_wallet(fence.wallet_id) == {}
