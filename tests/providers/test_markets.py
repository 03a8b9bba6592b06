"""DexScreener's and Jupiter's answers, the hostile ones too, over HTTP."""

import json
from decimal import Decimal
from typing import Any

import pytest
import redis
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from walletjobs.config import ProviderConfig
from walletjobs.core.token import Market, Metadata
from walletjobs.errors import ProviderUnavailable
from walletjobs.providers.dexscreener import DexScreenerClient
from walletjobs.providers.http import Pace
from walletjobs.providers.jupiter import JupiterClient
from walletjobs.providers.limiter import Limiter


@pytest.fixture
def pace(redis_client: "redis.Redis[bytes]") -> Pace:
    """A budget that is never short."""
    return Pace(Limiter(redis_client, "test", 100_000), backoff=0.002)


@pytest.fixture
def dexscreener(httpserver: HTTPServer, pace: Pace) -> DexScreenerClient:
    """A client of this test's server."""
    return DexScreenerClient(ProviderConfig(dexscreener_url=httpserver.url_for("").rstrip("/")), pace)


@pytest.fixture
def jupiter(httpserver: HTTPServer, pace: Pace) -> JupiterClient:
    """A client of this test's server, with a key."""
    url = httpserver.url_for("").rstrip("/")
    return JupiterClient(ProviderConfig(jupiter_url=url, jupiter_api_key="the-secret-key"), pace)


def pair(mint: str, price: Any = "1.5", depth: Any = 100, **more: Any) -> dict[str, Any]:
    return {
        "baseToken": {"address": mint, "name": f"{mint} coin", "symbol": mint.upper()},
        "quoteToken": {"address": "quote", "name": "Quote", "symbol": "Q"},
        "priceUsd": price,
        "liquidity": {"usd": depth},
        **more,
    }


def markets(server: HTTPServer, *pairs: Any) -> None:
    server.expect_request("/tokens/v1/solana/a,b").respond_with_json(list(pairs))


def test_deepest_pool_speaks_for_a_token(httpserver: HTTPServer, dexscreener: DexScreenerClient) -> None:
    markets(
        httpserver,
        pair("a", "1.0", 5),
        pair("a", "0.000000000000012345", 5000.25, info={"imageUrl": "https://cdn.example.com/a.png"}),
        pair("a", "3.0", 7),
    )
    assert dexscreener.tokens(["a", "b"]) == {
        "a": Market(
            Metadata("a", "A", "a coin", "https://cdn.example.com/a.png"),
            Decimal("0.000000000000012345"),
            Decimal("5000.25"),
        ),
        "b": None,
    }


def test_pool_in_which_the_token_is_the_quote_says_nothing_of_its_price(
    httpserver: HTTPServer, dexscreener: DexScreenerClient
) -> None:
    markets(httpserver, pair("x", "999", 10**9, quoteToken={"address": "a"}), pair("a", "2", 1))
    found = dexscreener.tokens(["a", "b"])["a"]
    assert found is not None
    assert found.price_usd == 2


def test_pool_without_liquidity_price_or_info_is_the_last_choice_and_no_error(
    httpserver: HTTPServer, dexscreener: DexScreenerClient
) -> None:
    bare = {"baseToken": {"address": "a", "name": None, "symbol": "A"}}
    markets(httpserver, bare, pair("a", "2", 1), {**bare, "liquidity": {"usd": None}})
    found = dexscreener.tokens(["a", "b"])["a"]
    assert found is not None
    assert found.price_usd == 2
    httpserver.clear()
    markets(httpserver, bare)
    assert dexscreener.tokens(["a", "b"])["a"] == Market(Metadata("a", "A"))


@pytest.mark.parametrize("price", ["", "-1", "0", "NaN", "Infinity", "1e400000", "a lot", "1e16", None])
def test_price_that_cannot_be_is_no_price(
    price: str | None, httpserver: HTTPServer, dexscreener: DexScreenerClient
) -> None:
    markets(httpserver, pair("a", price))
    found = dexscreener.tokens(["a", "b"])["a"]
    assert found is not None
    assert found.price_usd is None


def test_hostile_names_and_images_are_cleaned(httpserver: HTTPServer, dexscreener: DexScreenerClient) -> None:
    hostile = {"address": "a", "name": "\u202eevil\u0000 \n coin" + "x" * 5000, "symbol": "\u200b\u200b"}
    markets(httpserver, pair("a", baseToken=hostile, info={"imageUrl": "javascript:alert(1)"}))
    found = dexscreener.tokens(["a", "b"])["a"]
    assert found is not None
    assert found.metadata.name is not None
    assert found.metadata.name.startswith("evil coinxxx")
    assert len(found.metadata.name) == 64
    assert (found.metadata.symbol, found.metadata.image_url) == (None, None)


@pytest.mark.parametrize("broken", [None, 7, {}, {"baseToken": "a"}, {"baseToken": {}}, [1]])
def test_broken_pool_does_not_hide_the_others(
    broken: Any, httpserver: HTTPServer, dexscreener: DexScreenerClient
) -> None:
    markets(httpserver, broken, pair("a", "2"), pair("a", 3.0, "deep"))
    found = dexscreener.tokens(["a", "b"])["a"]
    assert found is not None
    assert found.price_usd == 2


@pytest.mark.parametrize("body", ["", "null", "{}", "[", "<html>"])
def test_answer_that_is_no_list_of_pools_is_an_error(
    body: str, httpserver: HTTPServer, dexscreener: DexScreenerClient
) -> None:
    httpserver.expect_request("/tokens/v1/solana/a,b").respond_with_data(body)
    with pytest.raises(ProviderUnavailable, match="DexScreener"):
        dexscreener.tokens(["a", "b"])


def test_prices_are_exact_and_the_missing_ones_are_none(
    httpserver: HTTPServer, jupiter: JupiterClient
) -> None:
    asked: list[Request] = []
    body = (
        '{"a": {"usdPrice": 147.4789340738336, "decimals": 9}, "b": null, "c": {"usdPrice": null},'
        ' "d": {"usdPrice": -5}, "e": {"usdPrice": "cheap"}, "f": {"decimals": 6}, "z": {"usdPrice": 1}}'
    )

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response(body)

    httpserver.expect_request("/price/v3").respond_with_handler(answer)
    found = jupiter.prices(list("abcdefg"))
    assert found == {"a": Decimal("147.4789340738336"), **dict.fromkeys("bcdefg")}
    assert asked[0].args["ids"] == "a,b,c,d,e,f,g"
    assert asked[0].headers["x-api-key"] == "the-secret-key"


@pytest.mark.parametrize("body", ["", "null", "[]", "{"])
def test_answer_that_is_no_table_of_prices_is_an_error(
    body: str, httpserver: HTTPServer, jupiter: JupiterClient
) -> None:
    httpserver.expect_request("/price/v3").respond_with_data(body)
    with pytest.raises(ProviderUnavailable, match="Jupiter"):
        jupiter.prices(["a"])


def test_many_mints_fit_into_one_call(httpserver: HTTPServer, jupiter: JupiterClient) -> None:
    mints = [f"{number:044d}" for number in range(50)]
    httpserver.expect_request("/price/v3").respond_with_data(
        json.dumps({mint: {"usdPrice": 1} for mint in mints})
    )
    assert jupiter.prices(mints) == dict.fromkeys(mints, Decimal(1))
