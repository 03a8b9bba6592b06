"""Limits, outages and injected faults of the replay server."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import base58
import pytest
import requests
from handmade import WALLET, history

FAULTS = {"5xx": 0.1, "cut": 0.1, "cut_body": 0.1, "empty": 0.1, "null": 0.1, "malformed": 0.1, "repeat": 0.1}


def ask(server: Any, before: str = "") -> str:
    """One page, in a word: its outcome."""
    query = {"api-key": "any", "limit": 2, "before-signature": before}
    try:
        answer = requests.get(f"{server.url}/v0/addresses/{WALLET}/transactions", params=query, timeout=9)
        if answer.status_code != 200:
            return str(answer.status_code)
        return " ".join(row["signature"] if row else "null" for row in answer.json())
    except requests.JSONDecodeError:
        return "malformed"
    except requests.RequestException as error:
        return type(error).__name__


def pages(server: Any) -> list[str]:
    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda number: ask(server, f"signature{number:04}"), range(2, 60)))


def test_the_same_seed_brings_the_same_faults_even_in_parallel(replay):
    made = history(60)
    first, again, other = (pages(replay(made, fault=FAULTS, seed=seed)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_every_fault_shows_and_is_counted(replay):
    server = replay(history(60), fault=FAULTS, seed=3)
    outcomes = Counter(pages(server))
    assert outcomes["ConnectionError"] > 0
    assert outcomes["ChunkedEncodingError"] > 0
    assert outcomes["malformed"] > 0
    assert any("null" in outcome for outcome in outcomes)
    assert any(outcome.startswith("5") for outcome in outcomes)
    assert outcomes["signature0059 signature0058"] > 0  # the first page again
    assert set(server.stats.faults) == set(FAULTS)


def test_a_retry_draws_anew_and_may_be_spared(replay):
    server = replay(history(4), fault={"5xx": 1.0}, fault_attempts=2)
    assert [ask(server)[:1] for _ in range(3)] == ["5", "5", "s"]


def test_faults_can_be_kept_to_one_class_of_routes(replay):
    server = replay(history(4), fault={"rpc.5xx": 1.0})
    assert ask(server) == "signature0003 signature0002"
    body = {"jsonrpc": "2.0", "id": 1, "method": "getSlot"}
    assert requests.post(server.url, params={"api-key": "any"}, json=body, timeout=9).status_code >= 500


def test_requests_beyond_the_rate_are_told_when_to_come_back(replay):
    server = replay(history(4), rate={"rest": 3})
    assert [ask(server) for _ in range(5)][3:] == ["429", "429"]
    answer = requests.get(f"{server.url}/v0/addresses/{WALLET}/transactions?api-key=any", timeout=9)
    assert answer.headers["Retry-After"] == "1"
    body = {"jsonrpc": "2.0", "id": 1, "method": "getSlot"}
    assert requests.post(server.url, params={"api-key": "any"}, json=body, timeout=9).status_code == 200
    assert server.stats.as_dict()["peakPerSecond"] == {"rest": 3, "rpc": 1}


def test_the_months_credits_run_out(replay):
    server = replay(history(4), quota=250)
    assert [ask(server) for _ in range(3)][2] == "429"
    assert server.stats.credits == 200


def test_a_provider_is_down_alone_and_comes_back(replay):
    server = replay(history(4), down=["dexscreener"])
    assert requests.get(f"{server.url}/tokens/v1/solana/Mint", timeout=9).status_code == 503
    assert ask(server) == "signature0003 signature0002"
    requests.post(f"{server.url}/__replay__/options", json={"down": []}, timeout=9)
    assert requests.get(f"{server.url}/tokens/v1/solana/Mint", timeout=9).status_code == 200


def test_a_plan_may_not_include_a_method(replay):
    server = replay(history(4), refuse=["getTransactionsForAddress"])
    body = {"jsonrpc": "2.0", "id": 1, "method": "getTransactionsForAddress", "params": [WALLET]}
    assert requests.post(server.url, params={"api-key": "any"}, json=body, timeout=9).status_code == 403


def test_one_wallet_of_many_may_be_refused_or_answered_with_garbage(replay):
    refused, garbled = (base58.b58encode(bytes([letter] * 32)).decode() for letter in (8, 9))
    server = replay(history(4), refuse=[refused], fault={f"{garbled}.malformed": 1.0})
    answers = {}
    for wallet in (WALLET, refused, garbled):
        url = f"{server.url}/v0/addresses/{wallet}/transactions"
        answers[wallet] = requests.get(url, params={"api-key": "any"}, timeout=9)
    body = {"jsonrpc": "2.0", "id": 1, "method": "getSignaturesForAddress", "params": [refused]}
    assert requests.post(server.url, params={"api-key": "any"}, json=body, timeout=9).status_code == 403
    assert [answer.status_code for answer in answers.values()] == [200, 403, 200]
    assert answers[garbled].text == "["[: len("[]") * 2 // 3]
    assert server.requests["addresses"] == 3


def test_thirty_two_slow_requests_are_held_at_once(replay):
    server = replay(history(4), latency={"enhanced": 300})
    with ThreadPoolExecutor(32) as threads:
        list(threads.map(lambda _: ask(server), range(32)))
    assert server.stats.most_in_flight > 16
    stats = requests.get(f"{server.url}/__replay__/stats", timeout=9).json()
    assert stats["requests"] == {"addresses": 32}
    assert stats["credits"] == 3200


def test_unknown_options_and_faults_are_refused(replay):
    server = replay(history(1))
    for wrong in ({"laterncy": {}}, {"fault": {"gremlins": 1}}, []):
        answer = requests.post(f"{server.url}/__replay__/options", json=wrong, timeout=9)
        assert answer.status_code == 400


def test_a_stopped_server_leaves_no_connection_open(replay):
    server = replay(history(1))
    with requests.Session() as session:
        assert session.get(f"{server.url}/__replay__/stats", timeout=9).ok
        server.close()
        with pytest.raises(requests.ConnectionError):
            session.get(f"{server.url}/__replay__/stats", timeout=9)
