"""DAS: getAsset and getAssetBatch. Source: providers.md section 1."""

import msgspec

from walletjobs.dev.replay import market
from walletjobs.dev.replay.book import Book
from walletjobs.dev.replay.call import Refused
from walletjobs.dev.replay.method import Method
from walletjobs.dev.replay.options import Options

CREDITS = 10
MOST = 1000  # mints a request


def _das(params: object) -> tuple[str, ...]:
    return ("das", "rest")


def _named(params: object, name: str) -> object:
    if not isinstance(params, dict) or name not in params:
        raise Refused(f"Invalid params: missing field `{name}`")
    return params[name]


def _of(book: Book, mint: str) -> dict[str, object] | None:
    return market.asset(mint, market.decimals_of(mint, book.decimals), book.last_time)


def _asset(book: Book, params: object, options: Options, fault: str) -> bytes:
    found = _of(book, str(_named(params, "id")))
    if found is None:
        raise Refused("Asset Not Found", status=200, code=-32000)
    return msgspec.json.encode(found)


def _batch(book: Book, params: object, options: Options, fault: str) -> bytes:
    mints = _named(params, "ids")
    if not isinstance(mints, list) or len(mints) > MOST:
        raise Refused(f"Invalid params: at most {MOST} ids")
    return msgspec.json.encode([] if fault == "empty_page" else [_of(book, str(mint)) for mint in mints])


METHODS = {
    "getAsset": Method(_asset, CREDITS, _das),
    "getAssetBatch": Method(_batch, CREDITS, _das),
}
