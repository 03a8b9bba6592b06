from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from walletjobs.core.token import Market, Metadata
from walletjobs.db.tokens import Ages, Due, TokenRepository

Connection = psycopg.Connection[Any]


@pytest.fixture
def tokens(connection: Connection) -> TokenRepository:
    """The tokens of this test's database."""
    return TokenRepository(connection)


def age_all(connection: Connection, hours: int) -> None:
    connection.execute(
        "UPDATE token SET metadata_asked_at = metadata_asked_at - %(age)s,"
        " market_asked_at = market_asked_at - %(age)s, price_asked_at = price_asked_at - %(age)s",
        {"age": timedelta(hours=hours)},
    )


def test_unknown_mints_are_due_for_everything_in_the_order_given(tokens: TokenRepository) -> None:
    assert tokens.due(["b", "a", "b"], Ages()) == Due(["b", "a"], ["b", "a"], ["b", "a"])


def test_what_was_asked_for_is_due_again_only_when_it_is_old(
    tokens: TokenRepository, connection: Connection
) -> None:
    ages = Ages(metadata=timedelta(hours=48), market=timedelta(hours=12), price=timedelta(hours=1))
    tokens.store_metadata("helius", {"a": Metadata("a", "A"), "b": None})
    tokens.store_markets("dexscreener", {"a": None})
    tokens.store_prices("jupiter", {"a": None})
    assert tokens.due(["a", "b"], ages) == Due([], ["b"], ["b"])
    age_all(connection, 2)
    assert tokens.due(["a", "b"], ages) == Due([], ["b"], ["a", "b"])
    age_all(connection, 20)
    assert tokens.due(["a"], ages) == Due([], ["a"], ["a"])
    age_all(connection, 40)
    assert tokens.due(["a"], ages) == Due(["a"], ["a"], ["a"])


def test_metadata_is_kept_where_a_later_answer_says_less(tokens: TokenRepository) -> None:
    tokens.store_metadata("helius", {"a": Metadata("a", "A", "Alpha", "https://x.io/a.png", 6)})
    tokens.store_metadata("helius", {"a": Metadata("a", None, "Alpha 2", None, None)})
    tokens.store_metadata("helius", {"a": None})
    token = tokens.find(["a"])["a"]
    assert (token.symbol, token.name, token.image_url, token.decimals) == (
        "A",
        "Alpha 2",
        "https://x.io/a.png",
        6,
    )
    assert token.metadata_source == "helius"


def test_market_fills_names_that_are_missing_and_never_replaces_them(tokens: TokenRepository) -> None:
    tokens.store_metadata("helius", {"a": Metadata("a", "A"), "b": None})
    market = {mint: Market(Metadata(mint, "X", "Xname"), Decimal("0.5"), Decimal(7)) for mint in ("a", "b")}
    tokens.store_markets("dexscreener", market)
    found = tokens.find(["a", "b"])
    assert [(t.symbol, t.name, t.metadata_source) for t in (found["a"], found["b"])] == [
        ("A", "Xname", "helius"),
        ("X", "Xname", "dexscreener"),
    ]
    assert (found["b"].price_usd, found["b"].price_source, found["b"].liquidity_usd) == (
        Decimal("0.5"),
        "dexscreener",
        7,
    )


def test_source_takes_back_only_its_own_price(tokens: TokenRepository) -> None:
    tokens.store_markets("dexscreener", {"a": Market(Metadata("a"), Decimal(2))})
    tokens.store_prices("jupiter", {"a": None})
    assert tokens.find(["a"])["a"].price_usd == 2
    tokens.store_prices("jupiter", {"a": Decimal(3)})
    tokens.store_markets("dexscreener", {"a": None})
    assert (tokens.find(["a"])["a"].price_usd, tokens.find(["a"])["a"].price_source) == (3, "jupiter")
    tokens.store_prices("jupiter", {"a": None})
    token = tokens.find(["a"])["a"]
    assert (token.price_usd, token.price_source, token.price_at) == (None, None, None)


def test_prices_stay_exact(tokens: TokenRepository) -> None:
    price = Decimal("0.000000000000000123456789012345678901")
    tokens.store_prices("jupiter", {"a": price})
    assert tokens.find(["a"])["a"].price_usd == price


def test_no_mints_is_no_work(tokens: TokenRepository) -> None:
    tokens.store_metadata("helius", {})
    tokens.store_markets("dexscreener", {})
    tokens.store_prices("jupiter", {})
    assert tokens.find([]) == {}
    assert tokens.due([], Ages()) == Due([], [], [])
