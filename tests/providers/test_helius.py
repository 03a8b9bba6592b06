"""Helius' answers, the odd ones too, over HTTP."""

import json
from dataclasses import replace
from hashlib import sha512
from typing import Any

import base58
import pytest
import redis
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from walletjobs.config import ProviderConfig
from walletjobs.core.balance import Balance, holdings
from walletjobs.core.token import Metadata
from walletjobs.core.units import WRAPPED_SOL
from walletjobs.errors import ProviderRefused, ProviderUnavailable, QuotaExhausted
from walletjobs.providers.helius import HeliusClient, HeliusLimits, Listing
from walletjobs.providers.limiter import Limiter

WALLET = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2"
USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
BONK = "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263"
HISTORY = f"/v0/addresses/{WALLET}/transactions"


@pytest.fixture
def helius(httpserver: HTTPServer, redis_client: "redis.Redis[bytes]") -> HeliusClient:
    """A client of this test's server."""
    url = httpserver.url_for("").rstrip("/")
    config = ProviderConfig(
        helius_api_key="the-secret-key",
        helius_rpc_url=url,
        helius_rest_url=url,
        helius_rpc_rate=100_000,
        helius_rest_rate=100_000,
    )
    return HeliusClient(config, replace(HeliusLimits.shared(redis_client, config), backoff=0.002))


def signature(number: int) -> str:
    return base58.b58encode(sha512(str(number).encode()).digest()).decode()


def entry(number: int, slot: int = 0, **more: Any) -> dict[str, Any]:
    return {"signature": signature(number), "slot": slot or 1000 - number, "timestamp": 17, **more}


def serve(server: HTTPServer, path: str, *bodies: Any) -> list[Request]:
    """The server answers with these one after another, the last one for ever; returns what it was asked."""
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        body = bodies[min(len(asked), len(bodies)) - 1]
        return body if isinstance(body, Response) else Response(json.dumps(body))

    server.expect_request(path).respond_with_handler(answer)
    return asked


def serve_rpc(server: HTTPServer, *results: Any) -> list[Request]:
    return serve(server, "/", *({"jsonrpc": "2.0", "id": 1, "result": result} for result in results))


def test_page_is_asked_for_with_every_parameter(httpserver: HTTPServer, helius: HeliusClient) -> None:
    asked = serve(httpserver, HISTORY, [entry(1), entry(2)])
    page = helius.address_transactions(WALLET, before=signature(0), limit=37)
    assert asked[0].args.to_dict() == {
        "api-key": "the-secret-key",
        "limit": "37",
        "commitment": "finalized",
        "token-accounts": "balanceChanged",
        "before-signature": signature(0),
    }
    assert [(row.signature, row.slot, row.block_time) for row in page.rows] == [
        (signature(1), 999, 17),
        (signature(2), 998, 17),
    ]
    assert page.format == "enhanced"


def test_page_can_be_read_upwards_too_and_is_newest_first_all_the_same(
    httpserver: HTTPServer, helius: HeliusClient
) -> None:
    asked = serve(httpserver, HISTORY, [entry(5, 10), entry(4, 11), entry(3, 11)])
    page = helius.address_transactions(WALLET, after=signature(9), ascending=True)
    assert asked[0].args["after-signature"] == signature(9)
    assert asked[0].args["sort-order"] == "asc"
    assert [row.signature for row in page.rows] == [signature(3), signature(4), signature(5)]


def test_raw_transaction_stays_as_it_came(httpserver: HTTPServer, helius: HeliusClient) -> None:
    text = f'{{ "signature" : "{signature(1)}", "slot":7,  "amount": 1.10000000000000000001, "x":"\\u00e9" }}'
    serve(httpserver, HISTORY, Response(f"[{text}]"))
    (row,) = helius.address_transactions(WALLET).rows
    assert row.raw == text.encode()
    assert row.block_time is None


def test_mints_are_those_that_the_wallet_moved(httpserver: HTTPServer, helius: HeliusClient) -> None:
    changes = [{"mint": USDC, "userAccount": WALLET}, {"mint": signature(2)[:44], "userAccount": "someone"}]
    transfers = [
        {"mint": BONK, "fromUserAccount": WALLET, "toUserAccount": None},
        {"mint": WRAPPED_SOL, "fromUserAccount": "a", "toUserAccount": WALLET},
        {"mint": signature(5)[:44], "fromUserAccount": "a", "toUserAccount": "b"},
        {"mint": "", "fromUserAccount": WALLET, "toUserAccount": "b"},
        {"mint": "native", "fromUserAccount": WALLET, "toUserAccount": "b"},
        {"fromUserAccount": WALLET, "toUserAccount": "b"},
    ]
    moved = entry(1, tokenTransfers=transfers, accountData=[{"tokenBalanceChanges": changes}])
    nulls = entry(2, tokenTransfers=None, accountData=[{"tokenBalanceChanges": None}])
    serve(httpserver, HISTORY, [moved, nulls])
    first, second = helius.address_transactions(WALLET).rows
    assert first.mints == {USDC, BONK, WRAPPED_SOL}
    assert second.mints == frozenset()


def test_transaction_listed_twice_comes_once(httpserver: HTTPServer, helius: HeliusClient) -> None:
    serve(httpserver, HISTORY, [entry(1), entry(1), entry(2)])
    assert [row.signature for row in helius.address_transactions(WALLET).rows] == [signature(1), signature(2)]


@pytest.mark.parametrize(
    "nonsense",
    [
        Response(""),
        Response("["),
        Response("null"),
        Response('{"error": "internal"}'),
        Response("[null]"),
        Response('[{"slot": 5}]'),
        Response(json.dumps([{**entry(1), "slot": -1}])),
        Response(json.dumps([{**entry(1), "slot": "5"}])),
        Response(json.dumps([{**entry(1), "signature": "short"}])),
        Response(json.dumps([{**entry(1), "signature": "0" * 88}])),
        Response("<html>busy</html>"),
        Response(b"\xff\xfe"),
    ],
)
def test_nonsense_is_asked_for_again_and_then_an_error(
    nonsense: Response, httpserver: HTTPServer, helius: HeliusClient
) -> None:
    serve(httpserver, HISTORY, nonsense, [entry(1)])
    assert len(helius.address_transactions(WALLET).rows) == 1
    httpserver.clear()
    serve(httpserver, HISTORY, nonsense)
    with pytest.raises(ProviderUnavailable):
        helius.address_transactions(WALLET)


GO_ON = "Failed to find events within the search period. To continue search, query the API again with the "


@pytest.mark.parametrize("status", [200, 404])
def test_search_that_gave_up_goes_on_where_it_says(
    status: int, httpserver: HTTPServer, helius: HeliusClient
) -> None:
    answers = [
        Response(json.dumps({"error": f"{GO_ON}`before-signature` parameter set to {signature(n)}."}), status)
        for n in (10, 20)
    ]
    asked = serve(httpserver, HISTORY, *answers, [entry(30)])
    assert [row.signature for row in helius.address_transactions(WALLET).rows] == [signature(30)]
    assert [request.args.get("before-signature") for request in asked] == [None, signature(10), signature(20)]


def test_search_that_goes_round_in_a_circle_is_an_error(httpserver: HTTPServer, helius: HeliusClient) -> None:
    say = {"error": f"{GO_ON}`before-signature` parameter set to {signature(10)}."}
    asked = serve(httpserver, HISTORY, say)
    with pytest.raises(ProviderUnavailable, match="without an end"):
        helius.address_transactions(WALLET)
    assert len(asked) == 2


def test_parsed_transactions_are_matched_by_signature(httpserver: HTTPServer, helius: HeliusClient) -> None:
    asked = serve(httpserver, "/v0/transactions", [entry(3), None, entry(1), entry(99)])
    parsed = helius.parse_transactions([signature(1), signature(2), signature(3)])
    assert set(parsed) == {signature(1), signature(3)}
    assert json.loads(parsed[signature(1)].raw)["signature"] == signature(1)
    assert asked[0].get_json() == {"transactions": [signature(1), signature(2), signature(3)]}


def test_many_signatures_are_parsed_a_hundred_at_a_time(httpserver: HTTPServer, helius: HeliusClient) -> None:
    def answer(request: Request) -> Response:
        wanted = request.get_json()["transactions"]
        assert len(wanted) <= 100
        return Response(json.dumps([{"signature": name, "slot": 1} for name in wanted]))

    httpserver.expect_request("/v0/transactions").respond_with_handler(answer)
    assert len(helius.parse_transactions([signature(number) for number in range(230)])) == 230


def test_signatures_are_listed(httpserver: HTTPServer, helius: HeliusClient) -> None:
    asked = serve_rpc(
        httpserver, [{"signature": signature(1), "slot": 5, "blockTime": None, "err": {"x": 1}, "memo": None}]
    )
    assert helius.signatures(WALLET, before=signature(0), limit=10) == [Listing(signature(1), 5, None)]
    assert asked[0].get_json()["params"] == [
        WALLET,
        {"limit": 10, "before": signature(0), "commitment": "finalized"},
    ]


def test_transaction_that_is_listed_but_not_served_is_an_error_and_no_hole(
    httpserver: HTTPServer, helius: HeliusClient
) -> None:
    serve(httpserver, "/v0/transactions", [entry(1), None])
    listed = [Listing(signature(1), 5, None), Listing(signature(2), 4, None)]
    with pytest.raises(ProviderUnavailable, match=signature(2)):
        helius.parsed(listed, WALLET)


def test_what_is_left_out_is_asked_for_again_and_comes_in_the_order_of_the_list(
    httpserver: HTTPServer, helius: HeliusClient
) -> None:
    asked = serve(httpserver, "/v0/transactions", [None, entry(2)], [entry(1)])
    listed = [Listing(signature(1), 5, None), Listing(signature(2), 4, None)]
    rows = helius.parsed(listed, WALLET).rows
    assert [row.signature for row in rows] == [signature(1), signature(2)]
    assert asked[1].get_json() == {"transactions": [signature(1)]}


def test_error_inside_http_200_is_an_error(httpserver: HTTPServer, helius: HeliusClient) -> None:
    def say(code: int, message: str) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}

    asked = serve(
        httpserver, "/", say(-32603, "Internal error"), {"result": {"context": {"slot": 1}, "value": 5}}
    )
    assert helius.native_balance(WALLET).amount == 5
    assert len(asked) == 2
    for error, message in ((ProviderRefused, "Invalid params"), (QuotaExhausted, "max usage reached")):
        httpserver.clear()
        asked = serve(httpserver, "/", say(-32602 if error is ProviderRefused else -32429, message))
        with pytest.raises(error, match=message):
            helius.native_balance(WALLET)
        assert len(asked) == 1


def account(mint: str, amount: str, decimals: int = 6) -> dict[str, Any]:
    info = {"mint": mint, "tokenAmount": {"amount": amount, "decimals": decimals, "uiAmount": 0.1}}
    return {"pubkey": "x", "account": {"data": {"parsed": {"info": info}, "program": "spl-token"}}}


def test_balances_of_both_token_programs_are_summed_by_mint(
    httpserver: HTTPServer, helius: HeliusClient
) -> None:
    def answer(request: Request) -> Response:
        asked = request.get_json()
        if asked["method"] == "getBalance":
            return Response(json.dumps({"result": {"context": {"slot": 12}, "value": 2**63}}))
        old = asked["params"][1]["programId"].startswith("TokenkegQ")
        accounts = [account(USDC, "5"), account(USDC, str(2**64 - 1)), account(WRAPPED_SOL, "7", 9)]
        found = accounts if old else [account(BONK, "9", 5), account("Empty", "0")]
        return Response(json.dumps({"result": {"context": {"slot": 10 if old else 11}, "value": found}}))

    httpserver.expect_request("/").respond_with_handler(answer)
    assert holdings(helius.native_balance(WALLET), helius.token_balances(WALLET)) == {
        WRAPPED_SOL: Balance(WRAPPED_SOL, 2**63 + 7, 9, 10),
        USDC: Balance(USDC, 2**64 + 4, 6, 10),
        BONK: Balance(BONK, 9, 5, 11),
    }


@pytest.mark.parametrize(
    "result", [None, {}, {"context": {"slot": 1}}, {"context": {"slot": 1}, "value": None}]
)
def test_balance_without_a_value_is_an_error_and_no_empty_wallet(
    result: Any, httpserver: HTTPServer, helius: HeliusClient
) -> None:
    serve_rpc(httpserver, result)
    with pytest.raises(ProviderUnavailable):
        helius.native_balance(WALLET)
    with pytest.raises(ProviderUnavailable):
        helius.token_balances(WALLET)


def test_empty_list_of_accounts_is_believed_when_it_is_said_twice(
    httpserver: HTTPServer, helius: HeliusClient
) -> None:
    nothing = {"context": {"slot": 1}, "value": []}
    serve_rpc(httpserver, nothing, {"context": {"slot": 1}, "value": [account(USDC, "5")]}, nothing)
    assert [held.mint for held in helius.token_balances(WALLET)] == [USDC]


def test_assets_are_matched_by_id_and_their_text_is_cleaned(
    httpserver: HTTPServer, helius: HeliusClient
) -> None:
    named = {
        "id": BONK,
        "content": {
            "metadata": {"name": "Bo\u202enk\u200b", "symbol": " BONK "},
            "links": {"image": "https://arweave.net/x"},
        },
        "token_info": {"decimals": 5, "supply": 10**19},
    }
    local = {
        "id": USDC,
        "content": {"links": {"image": "https://127.0.0.1/x"}},
        "token_info": {"symbol": "USDC"},
    }
    serve_rpc(httpserver, [None, local, {"id": 7}, named, {"id": "unasked"}])
    assert helius.assets([BONK, USDC, "Unknown"]) == {
        BONK: Metadata(BONK, "BONK", "Bonk", "https://arweave.net/x", 5),
        USDC: Metadata(USDC, "USDC", None, None, None),
        "Unknown": None,
    }


def test_batch_of_assets_answered_with_nothing_is_asked_for_again(
    httpserver: HTTPServer, helius: HeliusClient
) -> None:
    serve_rpc(httpserver, [], None, [{"id": BONK}])
    assert helius.assets([BONK]) == {BONK: Metadata(BONK)}
    assert helius.assets([]) == {}


def test_budgets_are_named_by_the_keys_digest_and_never_by_the_key(
    httpserver: HTTPServer, helius: HeliusClient, redis_client: "redis.Redis[bytes]"
) -> None:
    serve(httpserver, HISTORY, [entry(1)])
    serve_rpc(httpserver, {"context": {"slot": 1}, "value": 5})
    helius.address_transactions(WALLET)
    helius.native_balance(WALLET)
    names = sorted(key.decode() for key in redis_client.keys("*"))
    for kind, named in (("gone", names[:2]), ("limit", names[2:])):
        assert [name.rpartition(":")[2] for name in named] == ["rest", "rpc"]
        assert all(name.startswith(f"walletjobs:{kind}:helius:") and "secret" not in name for name in named)


def test_waiting_is_heard_by_whom_the_client_was_given_to(
    httpserver: HTTPServer, helius: HeliusClient, redis_client: "redis.Redis[bytes]"
) -> None:
    serve(httpserver, HISTORY, [entry(1)])
    heard: list[float] = []
    listened = helius.heard_by(heard.append)
    listened.address_transactions(WALLET)
    (bucket,) = redis_client.keys("walletjobs:limit:*")
    Limiter(redis_client, bucket.decode().removeprefix("walletjobs:limit:"), 1).pause(0.1)
    listened.address_transactions(WALLET)
    assert heard
    assert 0 < heard[0] <= 0.1
