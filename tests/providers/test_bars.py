"""Binance's klines and Coinbase's candles, the odd ones too, over HTTP."""

from typing import Any

import pytest
import redis
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from walletjobs.config import ProviderConfig
from walletjobs.core.series import HOUR, MINUTE, Bar, Span
from walletjobs.dev.replay.book import Book
from walletjobs.dev.replay.options import Options
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.dev.solprice import cents_at
from walletjobs.errors import ProviderRefused, ProviderUnavailable, QuotaExhausted, WalletjobsError
from walletjobs.providers import bars
from walletjobs.providers.binance import BinanceClient
from walletjobs.providers.coinbase import CoinbaseClient
from walletjobs.providers.http import Pace
from walletjobs.providers.limiter import Limiter

NOON = 1_759_968_000
KLINES, CANDLES = "/api/v3/klines", "/products/SOL-USD/candles"


@pytest.fixture
def pace(redis_client: "redis.Redis[bytes]") -> Pace:
    """A budget that is never short."""
    return Pace(Limiter(redis_client, "test", 100_000), backoff=0.002, attempts=bars.ATTEMPTS)


@pytest.fixture
def settings(httpserver: HTTPServer) -> ProviderConfig:
    """Both markets at this test's server."""
    url = httpserver.url_for("").rstrip("/")
    return ProviderConfig(binance_url=url, coinbase_url=url)


@pytest.fixture
def binance(settings: ProviderConfig, pace: Pace) -> BinanceClient:
    return BinanceClient(settings, pace)


@pytest.fixture
def coinbase(settings: ProviderConfig, pace: Pace) -> CoinbaseClient:
    return CoinbaseClient(settings, pace)


def kline(start: int, close: Any = "150.00000000") -> list[Any]:
    return [
        start * 1000,
        "1",
        "9999",
        "0.1",
        close,
        "1000",
        start * 1000 + 59_999,
        "150000",
        100,
        "5",
        "7",
        "0",
    ]


def candle(start: int, close: Any = 150.0) -> list[Any]:
    return [start, 0.1, 9999, 1.0, close, 1000.0]


def span(first: int, last: int, resolution: int = MINUTE) -> Span:
    return Span(NOON + first * resolution, NOON + last * resolution, resolution)


def priced(found: list[Bar]) -> list[tuple[int, int]]:
    return [((bar.start - NOON) // bar.resolution, bar.price) for bar in found]


def test_binance_is_asked_for_the_span_in_milliseconds(
    httpserver: HTTPServer, binance: BinanceClient
) -> None:
    asked = {"symbol": "SOLUSDT", "interval": "1h", "limit": "1000"}
    asked |= {"startTime": str(NOON * 1000), "endTime": str((NOON + 2 * HOUR) * 1000)}
    httpserver.expect_request(KLINES, query_string=asked).respond_with_json([kline(NOON, "142.35")])
    assert binance.bars(span(0, 2, HOUR)) == [Bar(NOON, HOUR, 142_350_000, "binance")]


def test_coinbase_is_asked_for_the_span_in_iso_time(httpserver: HTTPServer, coinbase: CoinbaseClient) -> None:
    asked = {"granularity": "60", "start": "2025-10-09T00:00:00Z", "end": "2025-10-09T00:02:00Z"}
    httpserver.expect_request(CANDLES, query_string=asked).respond_with_json([candle(NOON, 142.35)])
    assert coinbase.bars(span(0, 2)) == [Bar(NOON, MINUTE, 142_350_000, "coinbase")]


def test_prices_are_exact_to_the_millionth(
    httpserver: HTTPServer, binance: BinanceClient, coinbase: CoinbaseClient
) -> None:
    httpserver.expect_request(KLINES).respond_with_json([kline(NOON, "0.29500001"), kline(NOON + 60, "1.1")])
    httpserver.expect_request(CANDLES).respond_with_data(f"[[{NOON},1,1,1,1.100001,1]]")
    assert priced(binance.bars(span(0, 1))) == [(0, 295_000), (1, 1_100_000)]
    assert priced(coinbase.bars(span(0, 1))) == [(0, 1_100_001)]


def test_newest_first_and_more_than_asked_for_comes_out_oldest_first_and_as_asked(
    httpserver: HTTPServer, binance: BinanceClient, coinbase: CoinbaseClient
) -> None:
    starts = [NOON + MINUTE * number for number in (5, 4, 2, 1, 0, -1)]
    httpserver.expect_request(KLINES).respond_with_json([kline(start) for start in starts])
    httpserver.expect_request(CANDLES).respond_with_json([candle(start) for start in starts])
    for client in (binance, coinbase):
        found = client.bars(span(1, 4))
        assert [number for number, _ in priced(found)] == [1, 2, 4], "3 had no trade; it stays missing"


@pytest.mark.parametrize("close", ["0", "-5", "NaN", "", "a lot", None, True, [1], "1e99"])
def test_row_that_is_no_price_is_left_out_and_the_others_stay(
    close: Any, httpserver: HTTPServer, binance: BinanceClient, coinbase: CoinbaseClient
) -> None:
    off = kline(NOON + 7)
    odd: list[Any] = [kline(NOON, close), kline(NOON + 60, "2"), off, [], None, {}, "x", [NOON], [None] * 12]
    httpserver.expect_request(KLINES).respond_with_json(odd)
    httpserver.expect_request(CANDLES).respond_with_json(
        [candle(NOON, close), candle(NOON + 60, 2), candle(NOON + 7), [], None, {}]
    )
    assert priced(binance.bars(span(0, 9))) == [(1, 2_000_000)]
    assert priced(coinbase.bars(span(0, 9))) == [(1, 2_000_000)]


def test_no_rows_are_no_bars(
    httpserver: HTTPServer, binance: BinanceClient, coinbase: CoinbaseClient
) -> None:
    httpserver.expect_request(KLINES).respond_with_json([])
    httpserver.expect_request(CANDLES).respond_with_json([])
    assert binance.bars(span(0, 9)) == coinbase.bars(span(0, 9)) == []


@pytest.mark.parametrize(
    "body", ["", "null", "{}", "[[1,", '{"code":-1121,"msg":"Invalid symbol."}', "<html>"]
)
def test_answer_that_is_no_list_is_nonsense_and_asked_for_again(
    body: str, httpserver: HTTPServer, binance: BinanceClient
) -> None:
    calls: list[Request] = []

    def answer(request: Request) -> Response:
        calls.append(request)
        return Response(body)

    httpserver.expect_request(KLINES).respond_with_handler(answer)
    with pytest.raises(ProviderUnavailable, match="Binance"):
        binance.bars(span(0, 0))
    assert len(calls) == bars.ATTEMPTS


def test_a_market_that_says_slow_down_once_is_asked_again(
    httpserver: HTTPServer, binance: BinanceClient
) -> None:
    httpserver.expect_ordered_request(KLINES).respond_with_data("", status=429)
    httpserver.expect_ordered_request(KLINES).respond_with_json([kline(NOON, "2")])
    assert priced(binance.bars(span(0, 0))) == [(0, 2_000_000)]


@pytest.mark.parametrize(
    ("status", "error"), [(451, ProviderRefused), (418, ProviderRefused), (400, ProviderRefused),
                          (503, ProviderUnavailable), (429, QuotaExhausted)],
)  # fmt: skip
def test_refusals_of_a_country_a_client_or_a_moment_are_told_apart(
    status: int, error: type[WalletjobsError], httpserver: HTTPServer, binance: BinanceClient
) -> None:
    httpserver.expect_request(KLINES).respond_with_json({"code": 0, "msg": "no"}, status=status)
    with pytest.raises(error):
        binance.bars(span(0, 0))


def test_both_agree_with_the_replay_server_to_the_cent(pace: Pace) -> None:
    with ReplayServer(Book([]), Options(invent_sol_price=True)) as server:
        config = ProviderConfig(binance_url=server.url, coinbase_url=server.url)
        from_binance = BinanceClient(config, pace).bars(span(0, 299))
        from_coinbase = CoinbaseClient(config, pace).bars(span(0, 299))
    assert priced(from_binance) == [(at, cents_at(NOON + at * 60) * 10_000) for at in range(300)]
    assert len(from_coinbase) in (296, 297), "minutes without trades are missing"
    assert {(bar.start, bar.price) for bar in from_coinbase} <= {
        (bar.start, bar.price) for bar in from_binance
    }
