"""Whatever a provider sends, its reader answers with a value or with an error of ours."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from walletjobs.errors import WalletjobsError
from walletjobs.providers import das, dexscreener, jsonrpc, jupiter, listing

MINT = "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263"
#: The words that the readers look for, so that random objects come close to what they expect.
WORDS = [
    *("signature", "slot", "timestamp", "tokenTransfers", "accountData", "tokenBalanceChanges", "mint"),
    *("userAccount", "error", "result", "code", "message", "content", "metadata", "name", "symbol", "links"),
    *(
        "image",
        "token_info",
        "decimals",
        "id",
        "baseToken",
        "address",
        "priceUsd",
        "liquidity",
        "usd",
        "info",
    ),
    *("imageUrl", "usdPrice"),
]

texts = st.sampled_from([MINT, "5" * 88, "-1", "NaN", "1e999999", "\u202e", ""]) | st.text(max_size=8)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*WORDS, MINT]), inner, max_size=5)
    ),
    max_leaves=25,
)
bodies = st.binary(max_size=60) | trees.map(lambda tree: json.dumps(tree).encode())

READERS: dict[str, Callable[[bytes], Any]] = {
    "history": lambda body: listing.read_rows("Helius", body, MINT),
    "parsed": lambda body: listing.read_some_rows("Helius", body, MINT),
    "result": lambda body: jsonrpc.result_of("Helius", body, msgspec.json.Decoder(list[int])),
    "asset": lambda body: das.metadata_of([MINT], [Raw(body)]),
    "pairs": dexscreener.read_pairs,
    "prices": jupiter.read_prices,
}


@pytest.mark.parametrize("reader", READERS)
@given(body=bodies)
def test_reader_gives_a_value_or_an_error_of_ours(reader: str, body: bytes) -> None:
    with suppress(WalletjobsError, listing.SearchGoesOn):
        READERS[reader](body)


@given(entries=st.lists(trees, max_size=4))
def test_market_of_random_pairs_is_sane(entries: list[Any]) -> None:
    market = dexscreener.deepest(MINT, dexscreener.read_pairs(json.dumps(entries).encode()))
    if market is not None:
        assert market.mint == MINT
        assert market.price_usd is None or market.price_usd > 0
