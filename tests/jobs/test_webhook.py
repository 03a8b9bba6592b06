"""Deliveries of fresh transactions, from the HTTP request to the refresh that they come to."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import fakeredis
import psycopg
import pytest
from flask.testing import FlaskClient
from jobservice import OTHER, WALLET, Service, trades

from api.app import create_app
from walletjobs.config import Config

Connection = psycopg.Connection[Any]
WEBHOOK = "/api/v1/integrations/helius/webhook"
SECRET = "a secret of some letters"
HISTORY = trades(60)


@pytest.fixture
def make_client(database_url: str, redis_url: str) -> Iterator[Callable[[str], FlaskClient]]:
    """Asks servers with a secret of their own, or none."""
    with ExitStack() as cleanup:

        def make(secret: str) -> FlaskClient:
            app = create_app(Config(database_url, redis_url, helius_webhook_secret=secret))
            cleanup.callback(app.extensions["doors"].close)
            return app.test_client()

        yield make


@pytest.fixture
def client(make_client: Callable[[str], FlaskClient]) -> FlaskClient:
    """Asks a server that takes deliveries."""
    return make_client(SECRET)


@pytest.fixture
def make_known(make_service: Callable[..., Service]) -> Callable[..., Service]:
    """A wallet that was analyzed when ``then`` of its 60 transactions had happened."""

    def make(then: int = 40, wallet: str = WALLET) -> Service:
        service = make_service(fakeredis.FakeRedis(), trades(60, wallet), head_slot=1000 + then - 1)
        service.submit(wallet)
        service.work()
        service.provider.change(head_slot=0)
        return service

    return make


def deliver(client: FlaskClient, rows: Any, secret: str = SECRET) -> Any:
    body = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
    return client.post(
        WEBHOOK, data=body, headers={"Authorization": secret, "Content-Type": "application/json"}
    )


def refreshed(service: Service) -> int:
    """How many jobs a look at the clock adds, a minute from now."""
    before = service.one("SELECT count(*) FROM analysis_run WHERE type = 'dashboard-wallet-analysis'")
    service.connection.execute("UPDATE wallet_news SET due_at = now()")
    service.tick()
    return service.one("SELECT count(*) FROM analysis_run WHERE type = 'dashboard-wallet-analysis'") - before


def test_delivery_becomes_a_small_refresh_in_the_background(
    client: FlaskClient, make_known: Callable[..., Service]
) -> None:
    service = make_known(then=40)
    answer = deliver(client, HISTORY[40:42])
    assert (answer.status_code, answer.get_json()) == (
        200,
        {"transactions": 2, "unreadable": 0, "refreshes": 1},
    )
    service.tick()
    assert service.one("SELECT count(*) FROM wallet_news") == 1, "it waits until the burst is over"
    service.provider.stats.clear()
    assert refreshed(service) == 1
    assert (
        service.one("SELECT queue FROM analysis_run ORDER BY created_at DESC LIMIT 1")
        == "analysis-background"
    )
    service.work("analysis-background")
    assert service.stored() == 60, "all that happened, not only what was delivered"
    asked = service.provider.requests
    assert sum(asked.get(name, 0) for name in ("addresses", "getTransactionsForAddress")) <= 3


def test_burst_of_a_hundred_deliveries_is_one_refresh(
    client: FlaskClient, make_known: Callable[..., Service]
) -> None:
    service, rows = make_known(then=10), [row for row in HISTORY[10:] for _ in range(2)]
    random.Random(7).shuffle(rows)
    told = [deliver(client, [row]).get_json()["refreshes"] for row in rows]
    assert (len(told), sum(told)) == (100, 1)
    assert refreshed(service) == 1
    service.work()
    assert refreshed(service) == 0
    assert service.stored() == 60


def test_delivery_during_a_refresh_is_one_more_after_it(
    client: FlaskClient, make_known: Callable[..., Service]
) -> None:
    service = make_known()
    deliver(client, HISTORY[40:41])
    assert refreshed(service) == 1
    assert deliver(client, HISTORY[41:42]).get_json()["refreshes"] == 1
    deliver(client, HISTORY[42:43])
    assert refreshed(service) == 0, "the first one has not ended"
    service.work("analysis-background")
    assert refreshed(service) == 1
    service.work("analysis-background")
    assert refreshed(service) == 0


def test_what_is_stored_already_refreshes_nothing(
    client: FlaskClient, make_known: Callable[..., Service]
) -> None:
    make_known(then=40)
    assert deliver(client, HISTORY[:40]).get_json()["refreshes"] == 0


def test_wallets_that_nobody_analyzed_are_left_alone(client: FlaskClient, connection: Connection) -> None:
    assert deliver(client, HISTORY + trades(3, OTHER)).get_json() == {
        "transactions": 63,
        "unreadable": 0,
        "refreshes": 0,
    }
    for table in ("wallet", "wallet_news", "analysis_run"):
        assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,)


def test_users_click_takes_a_waiting_refresh_to_the_front(
    client: FlaskClient, make_known: Callable[..., Service]
) -> None:
    service = make_known()
    deliver(client, HISTORY[40:41])
    refreshed(service)
    with pytest.raises(Exception, match="already queued"):
        service.submit()
    assert (
        service.one("SELECT queue FROM analysis_run ORDER BY created_at DESC LIMIT 1")
        == "analysis-operations"
    )


@pytest.mark.parametrize(
    "secret", ["", "another secret of some letters", SECRET[:-1], f"Bearer {SECRET}", "\u00e4"]
)
def test_delivery_without_the_secret_is_refused(secret: str, client: FlaskClient) -> None:
    answer = deliver(client, HISTORY[:1], secret)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "unauthorized")


def test_without_a_secret_of_its_own_the_server_takes_none(make_client: Callable[[str], FlaskClient]) -> None:
    answer = deliver(make_client(""), HISTORY[:1], "")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "webhook_closed")


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[", b"\xff", b"[" * 10_000])
def test_delivery_that_is_no_array_is_refused(body: bytes, client: FlaskClient) -> None:
    assert deliver(client, body).status_code == 400


def test_delivery_beyond_the_limit_is_refused(client: FlaskClient) -> None:
    assert deliver(client, b"[" + b" " * 5 * 1024 * 1024 + b"]").status_code == 413
    assert deliver(client, b"[" + b" " * 1024 * 1024 + b"]").status_code == 200


def test_broken_transaction_does_not_hide_the_others(
    client: FlaskClient, make_known: Callable[..., Service]
) -> None:
    make_known()
    odd = [
        None,
        7,
        {},
        [],
        {**HISTORY[40], "signature": "\u0000"},
        {**HISTORY[40], "signature": "1" * 1_000_000},
        {**HISTORY[40], "feePayer": None},
    ]
    strange = {**HISTORY[40], "feePayer": "\u0000"}
    answer = deliver(client, [*odd, strange, HISTORY[41]])
    assert answer.get_json() == {"transactions": 2, "unreadable": len(odd), "refreshes": 1}
