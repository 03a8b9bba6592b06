"""DexScreener, Jupiter, Binance and Coinbase. Source: providers.md sections 2, 3 and 3a."""

from collections.abc import Callable, Mapping

import msgspec

from walletjobs.dev.replay import market
from walletjobs.dev.replay.book import Book
from walletjobs.dev.replay.call import Answer, Call, Refused, Request
from walletjobs.dev.replay.options import Options

_STEPS = {"1m": 60, "1h": 3600}


def route(request: Request, book: Book, options: Options) -> Call | None:
    """The call behind a request, where it is one of these routes.

    Candles are invented for invented transactions; for real ones nobody here knows the price, and any would lie.
    """
    candles = book.invented or options.invent_sol_price
    path, query = request.path, request.query
    if request.method != "GET":
        return None
    if path.startswith("/tokens/v1/solana/"):
        return _call("dexscreener", request, lambda fault: _tokens(path.rpartition("/")[2], book, fault))
    if path == "/price/v3":
        return _call("jupiter", request, lambda fault: _prices(query.get("ids", ""), book, fault))
    if path == "/api/v3/klines":
        return _call("binance", request, lambda fault: _klines(query, candles))
    if path.startswith("/products/") and path.endswith("/candles"):
        return _call("coinbase", request, lambda fault: _candles(query, candles))
    return None


def _call(name: str, request: Request, answer: Callable[[str], Answer]) -> Call:
    return Call((name,), 0, f"{request.path} {sorted(request.query.items())}", answer)


def _mints(text: str, most: int) -> list[str]:
    mints = [mint for mint in text.split(",") if mint]
    if len(mints) > most:
        raise Refused(f"at most {most} addresses")
    return mints


def _tokens(text: str, book: Book, fault: str) -> Answer:
    rows = [row for mint in _mints(text, 30) for row in market.pairs(mint, book.last_time)]
    return Answer(msgspec.json.encode([] if fault in ("null", "empty_page") else rows))


def _prices(text: str, book: Book, fault: str) -> Answer:
    prices = {}
    for mint in _mints(text, 50):
        row = market.jupiter(mint, market.decimals_of(mint, book.decimals), book.last_time)
        if row or len(mint) % 2:  # unpriced: missing, or null
            prices[mint] = None if fault == "null" else row
    return Answer(msgspec.json.encode({} if fault == "empty_page" else prices))


def _klines(query: Mapping[str, str], known: bool) -> Answer:
    try:
        start, end = int(query["startTime"]), int(query["endTime"])
        step, limit = _STEPS[query["interval"]], int(query.get("limit", "500"))
    except (KeyError, ValueError):
        raise Refused("klines need symbol, interval (1m, 1h), startTime, endTime") from None
    return Answer(msgspec.json.encode(market.klines(start, end, step, min(limit, 1000)) if known else []))


def _candles(query: Mapping[str, str], known: bool) -> Answer:
    try:
        rows = market.candles(query["start"], query["end"], int(query["granularity"]))
    except (KeyError, ValueError):
        raise Refused("candles need granularity, start, end") from None
    return Answer(msgspec.json.encode(rows if known else []))
