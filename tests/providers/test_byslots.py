"""Histories by slots, over HTTP."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import base58
import pytest
import redis
from pytest_httpserver import HTTPServer
from small_history import WALLET, config_of, history, mint_of, transaction

from walletjobs.config import ProviderConfig
from walletjobs.core.history import Slots
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.errors import NotOffered, ProviderUnavailable
from walletjobs.providers.byslots import Asked
from walletjobs.providers.helius import HeliusClient, HeliusLimits
from walletjobs.providers.rpc import read_transaction

EVERYTHING = Slots(0, 2**63 - 1)
Replay = Callable[..., ReplayServer]


@pytest.fixture
def client_of(redis_client: "redis.Redis[bytes]") -> Callable[[ProviderConfig], HeliusClient]:
    """A client with these settings, impatient in its retries."""

    def client(config: ProviderConfig) -> HeliusClient:
        return HeliusClient(config, replace(HeliusLimits.shared(redis_client, config), backoff=0.002))

    return client


def made(count: int) -> list[dict[str, Any]]:
    return [json.loads(line) for line in history(count, lambda number: 1000 + number // 3)]


def test_whole_history_is_walked_by_token_in_the_order_of_the_chain(replay: Replay, client_of: Any) -> None:
    lines = made(250)
    helius = client_of(config_of(replay(lines)))
    found, asked = [], Asked(WALLET, EVERYTHING, 100)
    while True:
        answer = helius.full(asked)
        found += answer.page.rows
        if answer.token is None:
            break
        asked = replace(asked, token=answer.token)
    assert [row.signature for row in found] == [line["signature"] for line in reversed(lines)]
    assert answer.page.format == "rpc"
    assert all(read_transaction(row.raw).signature == row.signature for row in found)
    assert {mint for row in found for mint in row.mints} == {mint_of(number) for number in range(25)}
    assert (helius.spent.calls, helius.spent.credits) == (3, 30)


def test_signatures_are_listed_in_either_order(replay: Replay, client_of: Any) -> None:
    lines = made(30)
    helius = client_of(config_of(replay(lines)))
    newest = helius.listed(Asked(WALLET, Slots(1003, 1008), 1000))
    assert [entry.signature for entry in newest.entries] == [line["signature"] for line in lines[26:8:-1]]
    assert newest.token is None
    oldest = helius.listed(Asked(WALLET, Slots(1003, 1008), 1, ascending=True))
    assert [entry.signature for entry in oldest.entries] == [lines[9]["signature"]]
    assert oldest.token == "1003:0"


def test_only_what_is_final_is_asked_for(replay: Replay, client_of: Any) -> None:
    lines = made(9)
    helius = client_of(config_of(replay(lines, unfinalized=[lines[8]["signature"]])))
    asked = Asked(WALLET, EVERYTHING, 100)
    assert len(helius.full(asked).page.rows) == len(helius.listed(asked).entries) == 8


def test_transaction_that_comes_twice_counts_once(replay: Replay, client_of: Any) -> None:
    helius = client_of(config_of(replay(made(9), fault={"duplicate": 1.0})))
    asked = Asked(WALLET, EVERYTHING, 100)
    assert len(helius.full(asked).page.rows) == len(helius.listed(asked).entries) == 9


def test_answer_of_other_slots_is_not_believed(
    replay: Replay, client_of: Any, httpserver: HTTPServer
) -> None:
    entry = {"signature": base58.b58encode(bytes(range(1, 65))).decode(), "slot": 7}
    full = {**entry, "transaction": {"signatures": [entry["signature"]]}, "meta": {}}
    httpserver.expect_request("/").respond_with_json({"result": {"data": [full]}})
    url = httpserver.url_for("").rstrip("/")
    helius = client_of(replace(config_of(replay(made(1))), helius_rpc_url=url))
    for ask in (helius.full, helius.listed):
        assert ask(Asked(WALLET, Slots(5, 9), 100))
        with pytest.raises(ProviderUnavailable, match="slots"):
            ask(Asked(WALLET, Slots(8, 9), 100))


@pytest.mark.parametrize("result", [None, [], {}, {"data": None}, {"data": [None]}, {"data": [{"slot": 1}]}])
def test_nonsense_is_no_page(result: object, client_of: Any, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_json({"result": result})
    url = httpserver.url_for("").rstrip("/")
    helius = client_of(ProviderConfig(helius_rpc_url=url, helius_rpc_rate=100_000))
    for ask in (helius.full, helius.listed):
        with pytest.raises(ProviderUnavailable, match="nonsense"):
            ask(Asked(WALLET, EVERYTHING, 100))


def test_plan_without_the_method_and_host_that_does_not_know_it_are_told_apart_from_other_errors(
    replay: Replay, client_of: Any, httpserver: HTTPServer
) -> None:
    refused = client_of(config_of(replay(made(1), refuse=["getTransactionsForAddress"])))
    unknown = {"error": {"code": -32601, "message": "Method not found"}}
    httpserver.expect_request("/").respond_with_json(unknown)
    url = httpserver.url_for("").rstrip("/")
    for helius in (refused, client_of(ProviderConfig(helius_rpc_url=url, helius_rpc_rate=100_000))):
        with pytest.raises(NotOffered):
            helius.listed(Asked(WALLET, EVERYTHING, 100))
        assert helius.spent.calls == 1


def test_mint_counts_where_the_wallet_holds_more_or_less_of_it(replay: Replay, client_of: Any) -> None:
    own, foreign = json.loads(transaction(1, 1000)), json.loads(transaction(20, 1001, wallet=mint_of(99)))
    foreign["accountData"].append({"account": WALLET, "nativeBalanceChange": 5, "tokenBalanceChanges": []})
    rows = client_of(config_of(replay([own, foreign]))).full(Asked(WALLET, EVERYTHING, 100)).page.rows
    assert [row.mints for row in rows] == [frozenset(), {mint_of(0)}]
