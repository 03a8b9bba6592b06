from datetime import timedelta
from typing import Any

import psycopg

from walletjobs.core.image import Image
from walletjobs.core.token import Metadata
from walletjobs.db.images import ImageRepository
from walletjobs.db.tokens import TokenRepository

Connection = psycopg.Connection[Any]
DAY = timedelta(days=1)


def known(connection: Connection, *mints: str) -> ImageRepository:
    said = {mint: Metadata(mint, image_url=f"https://img.example.com/{mint}") for mint in mints}
    TokenRepository(connection).store_metadata("test", said)
    return ImageRepository(connection)


def url(mint: str) -> str:
    return f"https://img.example.com/{mint}"


def test_beyond_the_limit_those_asked_for_longest_ago_go(connection: Connection) -> None:
    images = known(connection, "a", "b", "c", "d")
    for mint in "abc":
        images.store(mint, url(mint), Image("image/png", b"x" * 400), DAY, most=1000)
    images.store("d", url("d"), "It is no text.", DAY, most=1000)
    found = {mint: images.find(mint) for mint in "abcd"}
    assert [mint for mint, kept in found.items() if kept and kept.image] == ["b", "c"]
    assert found["d"] is not None
    assert found["d"].refusal == "It is no text."


def test_image_is_due_after_its_time_or_at_a_new_address(connection: Connection) -> None:
    images = known(connection, "a", "b")
    images.store("a", url("a"), Image("image/png", b"x"), timedelta(0))
    images.store("b", url("old"), Image("image/png", b"x"), DAY)
    for mint in "ab":
        found = images.find(mint)
        assert found is not None
        assert (found.url, found.image, found.refusal) == (url(mint), None, None)


def test_token_without_an_image_address_has_none(connection: Connection) -> None:
    TokenRepository(connection).store_metadata("test", {"a": Metadata("a", "A")})
    assert ImageRepository(connection).find("a") is None
    assert ImageRepository(connection).find("b") is None
