"""Every route walks the whole history once, in both directions, as the providers' do."""

from itertools import pairwise
from typing import Any

import pytest
import requests
from handmade import ACCOUNT, MINT, POOL, WALLET, history, transaction

KEY = {"api-key": "any"}


def get(server: Any, **query: str | int) -> list[dict[str, Any]]:
    answer = requests.get(
        f"{server.url}/v0/addresses/{WALLET}/transactions", params={**KEY, **query}, timeout=9
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def rpc(server: Any, method: str, params: object) -> requests.Response:
    frame = {"jsonrpc": "2.0", "id": "one", "method": method, "params": params}
    return requests.post(server.url, params=KEY, json=frame, timeout=9)


def result(server: Any, method: str, params: object) -> Any:
    answer = rpc(server, method, params).json()
    assert answer["id"] == "one"
    return answer["result"]


def signatures(rows: list[dict[str, Any]]) -> list[str]:
    return [row["signature"] for row in rows]


def walk(server: Any, cursor: str, **query: str | int) -> list[str]:
    found: list[str] = []
    while page := get(server, **query, **({cursor: found[-1]} if found else {})):
        found += signatures(page)
    return found


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_walking_back_and_forth_shows_every_transaction_once(replay, limit):
    made = history(25)
    server = replay(made)
    assert walk(server, "before-signature", limit=limit) == signatures(made)[::-1]
    assert walk(server, "after-signature", limit=limit, **{"sort-order": "asc"}) == signatures(made)


def test_transactions_are_served_as_they_were_recorded(replay):
    made = history(3)
    assert get(replay(made)) == made[::-1]


def test_an_unknown_parameter_name_is_ignored_and_shows_the_first_page(replay):
    server = replay(history(9))
    assert get(server, limit=3, before="signature0005") == get(server, limit=3)


def test_slot_and_time_filters_bound_the_page_but_not_together(replay):
    server = replay(history(10))
    assert signatures(get(server, **{"gte-slot": 1001, "lt-slot": 1002})) == [
        "signature0003",
        "signature0002",
    ]
    assert signatures(get(server, **{"gt-time": 1_700_000_003})) == ["signature0009", "signature0008"]
    query = {**KEY, "gt-time": 1, "lt-slot": 5}
    refused = requests.get(f"{server.url}/v0/addresses/{WALLET}/transactions", params=query, timeout=9)
    assert refused.status_code == 400


def test_a_typed_query_that_finds_nothing_names_the_signature_to_continue_from(replay):
    server = replay(
        [transaction(0, tokens=5), *[transaction(number) for number in range(1, 9)]], search_window=3
    )
    answer = requests.get(
        f"{server.url}/v0/addresses/{WALLET}/transactions", params={**KEY, "type": "SWAP"}, timeout=9
    )
    assert "`before-signature` parameter set to signature0006" in answer.json()["error"]
    assert signatures(get(server, type="SWAP", **{"before-signature": "signature0003"})) == ["signature0000"]


def test_an_answer_needs_an_api_key(replay):
    server = replay(history(1), api_key="right")
    url = f"{server.url}/v0/addresses/{WALLET}/transactions"
    assert requests.get(url, timeout=9).status_code == 401
    assert requests.get(url, params={"api-key": "wrong"}, timeout=9).status_code == 401
    assert requests.get(url, params={"api-key": "right"}, timeout=9).status_code == 200


def test_parsing_answers_known_signatures_in_an_order_of_its_own(replay):
    server = replay(history(5))
    body = {"transactions": ["signature0001", "nobody", "signature0003"]}
    answer = requests.post(f"{server.url}/v0/transactions", params=KEY, json=body, timeout=9)
    assert sorted(signatures(answer.json())) == ["signature0001", "signature0003"]
    body = {"transactions": ["signature0001"] * 101}
    assert requests.post(f"{server.url}/v0/transactions", params=KEY, json=body, timeout=9).status_code == 400


def test_signature_listing_omits_what_touches_only_token_accounts(replay):
    made = [transaction(0), transaction(1, payer="Someone", tokens=7), transaction(2)]
    server = replay(made)
    listed = result(server, "getSignaturesForAddress", [WALLET, {"limit": 10}])
    assert signatures(listed) == ["signature0002", "signature0000"]
    assert signatures(get(server, **{"token-accounts": "none"})) == signatures(listed)
    assert signatures(get(server, **{"token-accounts": "balanceChanged"})) == signatures(made)[::-1]


def test_signature_listing_stops_before_until(replay):
    server = replay(history(6))
    asked = {"before": "signature0005", "until": "signature0002"}
    listed = result(server, "getSignaturesForAddress", [WALLET, asked])
    assert signatures(listed) == ["signature0004", "signature0003"]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("details", ["full", "signatures"])
def test_transactions_for_address_are_walked_by_token(replay, order, details):
    made = history(11)
    server = replay(made)
    asked: dict[str, Any] = {"sortOrder": order, "transactionDetails": details, "limit": 3}
    asked |= {"maxSupportedTransactionVersion": 0}
    found: list[tuple[int, int]] = []
    while True:
        answer = result(server, "getTransactionsForAddress", [WALLET, asked])
        found += [(row["slot"], row["transactionIndex"]) for row in answer["data"]]
        if not answer["paginationToken"]:
            break
        asked["paginationToken"] = answer["paginationToken"]
    wanted = [(1000 + number // 2, number % 2) for number in range(11)]
    assert found == (wanted if order == "asc" else wanted[::-1])


def test_what_touches_only_token_accounts_is_unknown_before_december_2022(replay):
    made = [transaction(number, payer="Someone", tokens=7, slot=111_491_817 + number) for number in range(4)]
    filters = {"tokenAccounts": "balanceChanged"}
    found = result(replay(made), "getTransactionsForAddress", [WALLET, {"filters": filters}])["data"]
    assert signatures(found) == ["signature0003", "signature0002"]


def test_slot_ranges_split_a_history_without_gap_or_overlap(replay):
    server = replay([transaction(number) for number in range(20)])
    found = []
    for low in range(1000, 1010, 3):
        filters = {"slot": {"gte": low, "lt": low + 3}, "tokenAccounts": "balanceChanged"}
        found += result(server, "getTransactionsForAddress", [WALLET, {"filters": filters}])["data"]
    assert sorted(signatures(found)) == [f"signature{number:04}" for number in range(20)]


def test_token_goes_on_inside_the_slots_asked_for(replay):
    server = replay(history(20))
    asked: dict[str, Any] = {"filters": {"slot": {"gt": 1001, "lte": 1006}}, "limit": 4}
    found = []
    while True:
        answer = result(server, "getTransactionsForAddress", [WALLET, asked])
        found += signatures(answer["data"])
        if not answer["paginationToken"]:
            break
        asked["paginationToken"] = answer["paginationToken"]
    assert found == [f"signature{number:04}" for number in range(13, 3, -1)]


def test_full_pages_hold_as_many_as_the_server_was_told(replay):
    server = replay(history(20), full_limit=7)
    asked = {"transactionDetails": "full", "maxSupportedTransactionVersion": 0}
    assert len(result(server, "getTransactionsForAddress", [WALLET, asked])["data"]) == 7
    refused = rpc(server, "getTransactionsForAddress", [WALLET, {**asked, "limit": 8}])
    assert refused.json()["error"]["code"] == -32602


def test_what_is_not_final_is_shown_to_those_who_ask_for_it(replay):
    server = replay(history(4), unfinalized=["signature0003"])
    for commitment, count in (("finalized", 3), ("confirmed", 4)):
        asked = {"commitment": commitment}
        assert len(result(server, "getSignaturesForAddress", [WALLET, asked])) == count
        assert len(result(server, "getTransactionsForAddress", [WALLET, asked])["data"]) == count
        assert len(get(server, commitment=commitment)) == count


def test_version_0_transactions_vanish_where_the_listing_does_not_ask_for_them(replay):
    server = replay(history(3))
    asked: dict[str, Any] = {"transactionDetails": "full"}
    assert result(server, "getTransactionsForAddress", [WALLET, asked])["data"] == []
    asked["maxSupportedTransactionVersion"] = 0
    assert len(result(server, "getTransactionsForAddress", [WALLET, asked])["data"]) == 3


def test_status_filter_tells_failed_transactions(replay):
    failed = transaction(1, transactionError={"InstructionError": [0, {"Custom": 1}]})
    server = replay([transaction(0), failed])
    for status, count in (("failed", 1), ("succeeded", 1), ("any", 2)):
        found = result(server, "getTransactionsForAddress", [WALLET, {"filters": {"status": status}}])
        assert len(found["data"]) == count
    assert result(server, "getSignaturesForAddress", [WALLET])[0]["err"] == {
        "InstructionError": [0, {"Custom": 1}]
    }


def test_balances_are_the_sum_of_changes_above_zero(replay):
    server = replay([transaction(0, lamports=-500_000), transaction(1, lamports=700_000, tokens=40)])
    assert result(server, "getBalance", [WALLET])["value"] == 695_000
    asked = {"programId": "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"}
    (row,) = result(server, "getTokenAccountsByOwner", [WALLET, asked, {"encoding": "jsonParsed"}])["value"]
    assert row["pubkey"] == ACCOUNT
    info = row["account"]["data"]["parsed"]["info"]
    assert (info["mint"], info["tokenAmount"]["amount"]) == (MINT, "40")
    asked = {"programId": "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"}
    assert result(server, "getTokenAccountsByOwner", [WALLET, asked])["value"] == []
    found = result(server, "getMultipleAccounts", [[WALLET, ACCOUNT, "Nobody"]])["value"]
    assert [row and row["lamports"] for row in found] == [695_000, 2_039_280, None]


def test_account_is_a_wallets_a_token_account_a_program_or_unknown(replay):
    server = replay([transaction(0, lamports=700_000), transaction(1, tokens=40)])
    result(server, "getBalance", [WALLET])
    token_program = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
    accounts = [
        result(server, "getAccountInfo", [key, {"encoding": "base64"}])["value"]
        for key in (WALLET, ACCOUNT, token_program, "Nobody")
    ]
    assert [account and (account["owner"], account["executable"]) for account in accounts] == [
        ("1" * 32, False),
        (token_program, False),
        ("BPFLoaderUpgradeab1e11111111111111111111111", True),
        None,
    ]


def test_wrong_calls_get_the_error_shapes_of_json_rpc(replay):
    server = replay(history(1))
    for method, params, status, code in (
        ("getNothing", [], 404, -32601),
        ("getBalance", [], 400, -32602),
        ("getTransactionsForAddress", [WALLET, {"limit": 1001}], 400, -32602),
    ):
        answer = rpc(server, method, params)
        assert (answer.status_code, answer.json()["error"]["code"], answer.json()["id"]) == (
            status,
            code,
            "one",
        )
    assert requests.post(server.url, params=KEY, data="{", timeout=9).status_code == 400
    assert rpc(server, "getTransaction", ["nobody"]).json()["result"] is None


def test_a_batch_is_answered_call_by_call(replay):
    frames = [{"jsonrpc": "2.0", "id": number, "method": "getSlot"} for number in (1, 2)]
    answer = requests.post(replay(history(4)).url, params=KEY, json=frames, timeout=9)
    assert answer.json() == [{"jsonrpc": "2.0", "result": 1001, "id": number} for number in (1, 2)]


def test_what_has_not_happened_yet_or_vanished_is_not_listed(replay):
    server = replay(history(8), head_slot=1001)
    assert signatures(get(server)) == ["signature0003", "signature0002", "signature0001", "signature0000"]
    server.change(head_slot=0, hidden=["signature0006"])
    assert signatures(get(server, limit=2)) == ["signature0007", "signature0005"]


def test_assets_and_markets_are_the_same_at_every_call_and_lack_some_mints(replay):
    server = replay(history(3))
    mints = [f"{MINT[:-3]}{number:03}" for number in range(200)]
    assets = result(server, "getAssetBatch", {"ids": [MINT, *mints]})
    assert assets == result(server, "getAssetBatch", {"ids": [MINT, *mints]})
    assert assets[0]["token_info"]["decimals"] == 6
    assert 0 < assets.count(None) < 20
    pairs = requests.get(f"{server.url}/tokens/v1/solana/{','.join(mints[:30])}", timeout=9).json()
    named = {pair["baseToken"]["address"] for pair in pairs} & set(mints)
    assert 20 < len(named) < 30
    assert any(pair["quoteToken"]["address"] in mints for pair in pairs)
    prices = requests.get(f"{server.url}/price/v3", params={"ids": ",".join(mints[:50])}, timeout=9).json()
    assert 30 < sum(row is not None for row in prices.values()) < 50
    assert requests.get(f"{server.url}/tokens/v1/solana/{','.join(mints[:31])}", timeout=9).status_code == 400


def test_nobody_invents_a_price_of_sol_for_recorded_transactions(replay):
    server = replay(history(1))
    query = {
        "symbol": "SOLUSDT",
        "interval": "1m",
        "startTime": 1_746_057_600_000,
        "endTime": 1_746_059_000_000,
    }
    assert requests.get(f"{server.url}/api/v3/klines", params=query, timeout=9).json() == []
    query = {"granularity": 60, "start": "2025-05-01T00:00:00Z", "end": "2025-05-01T00:20:00Z"}
    assert requests.get(f"{server.url}/products/SOL-USD/candles", params=query, timeout=9).json() == []


def test_candles_of_both_exchanges_agree_on_the_close(replay):
    server = replay(history(1), invent_sol_price=True)
    query = {
        "symbol": "SOLUSDT",
        "interval": "1m",
        "startTime": 1_746_057_600_000,
        "endTime": 1_746_059_000_000,
    }
    rows = requests.get(f"{server.url}/api/v3/klines", params=query, timeout=9).json()
    closes = {row[0] // 1000: float(row[4]) for row in rows}
    query = {"granularity": 60, "start": "2025-05-01T00:00:00Z", "end": "2025-05-01T00:20:00Z"}
    other = requests.get(f"{server.url}/products/SOL-USD/candles", params=query, timeout=9).json()
    assert len(closes) == 24
    assert len(other) > 15
    assert all(closes[row[0]] == row[4] for row in other)
    assert all(float(before[4]) == float(after[1]) for before, after in pairwise(rows))


def test_a_pool_has_a_history_too(replay):
    server = replay(history(4))
    url = f"{server.url}/v0/addresses/{POOL}/transactions"
    assert len(requests.get(url, params=KEY, timeout=9).json()) == 4
