"""Tokens over HTTP; their images come from a stranger's host on loopback."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient
from strangers import PNG, Speak, Stranger, dripping, plain
from webworld import OTHER, MakeApp

from api.images import TokenImages
from walletjobs.core.token import Metadata
from walletjobs.db.tokens import TokenRepository

Connection = psycopg.Connection[Any]
MINT = OTHER
IMAGE = f"/api/v1/tokens/{MINT}/image"


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """The host that the token's maker names."""
    host = Stranger()
    yield host
    host.close()


@pytest.fixture
def client(make_app: MakeApp, stranger: Stranger, connection: Connection) -> FlaskClient:
    """Asks a server that knows one token, with an image on the stranger's host."""
    said = Metadata(MINT, "CAT", "Cat", "https://img.example.com/a.png", 6)
    TokenRepository(connection).store_metadata("helius", {MINT: said})
    app = make_app()
    app.extensions["images"] = TokenImages(app.extensions["doors"], stranger.client(seconds=10))
    return app.test_client()


def asked_again(connection: Connection) -> None:
    """What is cached is due."""
    connection.execute("UPDATE token_image SET due_at = now() - %s", [timedelta(seconds=1)])


def test_token_is_described_with_the_age_of_each_part(client: FlaskClient) -> None:
    said = client.get(f"/api/v1/tokens/{MINT}").get_json()
    assert (said["symbol"], said["name"], said["decimals"]) == ("CAT", "Cat", 6)
    assert (said["imageUrl"], said["imageSourceUrl"]) == (IMAGE, "https://img.example.com/a.png")
    assert (said["metadataSource"], said["priceUsd"], said["priceAt"], said["marketAt"]) == (
        "helius",
        None,
        None,
        None,
    )
    assert said["metadataAt"].endswith("Z")


def test_unknown_token_is_404_and_a_word_that_is_no_address_400(client: FlaskClient) -> None:
    unknown = "So11111111111111111111111111111111111111112"
    for path in (f"/api/v1/tokens/{unknown}", f"/api/v1/tokens/{unknown}/image"):
        answer = client.get(path)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "token_not_found")
    assert client.get("/api/v1/tokens/none").status_code == 400


def test_image_is_fetched_once_and_served_as_what_it_is(client: FlaskClient, stranger: Stranger) -> None:
    stranger.pages["img.example.com/a.png"] = plain(PNG, Content_Type="text/html")
    first, second = client.get(IMAGE), client.get(IMAGE)
    assert (first.status_code, first.data, first.mimetype) == (200, PNG, "image/png")
    assert first.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert second.data == PNG
    assert len(stranger.heard) == 1
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get(IMAGE, headers=tag).status_code == 304


def test_page_may_load_images_from_this_server_alone(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "img-src 'self' data:;" in policy


@pytest.mark.parametrize(
    ("speak", "reason"),
    [
        (plain(b"<svg onload='alert(1)'/>"), "no PNG"),
        (plain(b"", "302 Found", Location="https://169.254.169.254/"), "IP address"),
        (plain(b"", "404 Not Found"), "404"),
    ],
)
def test_refused_image_says_why_and_is_not_asked_for_again(
    speak: Speak, reason: str, client: FlaskClient, stranger: Stranger, connection: Connection
) -> None:
    stranger.pages["img.example.com/a.png"] = speak
    for _ in range(2):
        answer = client.get(IMAGE)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "image_refused")
        assert reason in answer.get_json()["detail"]
    assert len(stranger.heard) == 1
    stranger.pages["img.example.com/a.png"] = plain(PNG)
    asked_again(connection)
    assert client.get(IMAGE).data == PNG


def test_host_that_fails_is_503_once_and_then_left_alone_for_a_while(
    client: FlaskClient, stranger: Stranger, connection: Connection
) -> None:
    stranger.pages["img.example.com/a.png"] = plain(b"", "500 Internal Server Error")
    first = client.get(IMAGE)
    assert (first.status_code, first.get_json()["code"]) == (503, "provider_unavailable")
    assert int(first.headers["Retry-After"]) > 0
    assert client.get(IMAGE).status_code == 404
    assert len(stranger.heard) == 1
    stranger.pages["img.example.com/a.png"] = plain(PNG)
    asked_again(connection)
    assert client.get(IMAGE).data == PNG


def test_slow_host_holds_no_request_and_is_asked_once_for_all(
    client: FlaskClient, stranger: Stranger
) -> None:
    stranger.pages["img.example.com/a.png"] = dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"\x89")
    with ThreadPoolExecutor(8) as readers:
        answers = list(readers.map(lambda _: client.application.test_client().get(IMAGE), range(8)))
    assert {answer.status_code for answer in answers} == {503}
    assert len(stranger.heard) == 1


def test_image_of_a_new_address_takes_the_place_of_the_old_one(
    client: FlaskClient, stranger: Stranger, connection: Connection
) -> None:
    stranger.pages["img.example.com/a.png"] = plain(PNG)
    stranger.pages["cdn.example.org/b.png"] = plain(PNG + b"new")
    client.get(IMAGE)
    said = Metadata(MINT, "CAT", "Cat", "https://cdn.example.org/b.png", 6)
    TokenRepository(connection).store_metadata("helius", {MINT: said})
    assert client.get(IMAGE).data == PNG + b"new"
