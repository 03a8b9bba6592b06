from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from small_history import WALLET, Listener, history, mint_of

from walletjobs.db.fence import Fence, take
from walletjobs.db.wallets import WalletRepository
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.errors import NotAWallet, ProviderUnavailable
from walletjobs.providers.helius import HeliusClient
from walletjobs.services.classes import announce_pace, recognize
from walletjobs.services.sync import sync_wallet

Connection = psycopg.Connection[Any]
Replay = Callable[..., ReplayServer]
ClientOf = Callable[..., HeliusClient]
LISTED = {WALLET: "Some Exchange"}


def class_of(connection: Connection, address: str = WALLET) -> str:
    wallet = WalletRepository(connection).find(address)
    assert wallet is not None
    return wallet.wallet_class


def test_ordinary_wallet_gets_no_remark(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    listener = Listener()
    recognize(fence, client_of(replay(history(5))), connection, {}, listener)
    assert (class_of(connection), listener.notices) == ("normal", [])


def test_program_is_refused_and_its_class_remembered(
    replay: Replay, client_of: ClientOf, connection: Connection
) -> None:
    program = "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4"
    with pytest.raises(NotAWallet):
        recognize(
            take(connection, program, "test"), client_of(replay(history(5))), connection, {}, Listener()
        )
    assert class_of(connection, program) == "program"


def test_account_that_a_program_owns_is_announced_and_analyzed(
    replay: Replay, client_of: ClientOf, connection: Connection
) -> None:
    server, listener = replay(history(15)), Listener()
    client = client_of(server)
    client.token_balances(WALLET)  # the replay server learns of a mint as it hears of who holds it
    mint = mint_of(0)
    recognize(take(connection, mint, "test"), client, connection, {}, listener)
    assert class_of(connection, mint) == "program"
    assert [code for code, _ in listener.notices] == ["program_account"]


def test_listed_wallet_is_an_exchange_until_it_leaves_the_list(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    client, listener = client_of(replay(history(5))), Listener()
    recognize(fence, client, connection, LISTED, listener)
    assert class_of(connection) == "exchange_or_router"
    assert listener.notices[0][0] == "exchange_or_router"
    assert "Some Exchange" in listener.notices[0][1]
    sync_wallet(fence, client, connection, Listener(), 2)
    assert class_of(connection) == "exchange_or_router", "a cap does not make it another class"
    recognize(fence, client, connection, {}, Listener())
    assert class_of(connection) == "normal"
    recognize(fence, client, connection, LISTED, Listener())
    assert class_of(connection) == "exchange_or_router"


def test_chain_is_asked_once(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    server = replay(history(5))
    client = client_of(server)
    for _ in range(2):
        recognize(fence, client, connection, {}, Listener())
        sync_wallet(fence, client, connection, Listener(), 100)
    assert server.requests["getAccountInfo"] == 1


def test_chain_that_does_not_answer_makes_nobody_ordinary(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    with pytest.raises(ProviderUnavailable):
        recognize(fence, client_of(replay(history(5), down=("all",))), connection, {}, Listener())


def test_plan_that_does_not_let_us_ask_stops_no_analysis(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    recognize(fence, client_of(replay(history(5), refuse=("rpc",))), connection, LISTED, Listener())
    assert class_of(connection) == "exchange_or_router"


def test_wallet_of_more_than_500_transactions_a_day_is_told_after_its_sync(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    client, listener = client_of(replay(history(3501))), Listener()
    sync_wallet(fence, client, connection, listener, 50_000)
    announce_pace(fence, connection, listener)
    assert class_of(connection) == "high_frequency"
    assert [code for code, _ in listener.notices] == ["sync_plan", "high_frequency_wallet"]


def test_many_transactions_over_a_long_time_are_nothing_special(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines, listener = history(3600, lambda number: 1000 + 200 * number), Listener()  # a slot is a second here
    sync_wallet(fence, client_of(replay(lines)), connection, listener, 50_000)
    announce_pace(fence, connection, listener)
    assert (class_of(connection), [code for code, _ in listener.notices]) == ("normal", ["sync_plan"])
