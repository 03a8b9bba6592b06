"""The deprecated endpoint, with the job system on and off, and when queueing fails."""

from collections.abc import Callable
from typing import Any

import base58
from flask.testing import FlaskClient
from jobservice import trades, until
from psycopg import Connection
from redis import Redis
from webworld import ANALYSIS, OTHER, WALLET, MakeApp, nothing_created, runs

from walletjobs.config import ProviderConfig
from walletjobs.jobs import keys
from walletjobs.jobs.queue import queue_of

TRIGGER = "/api/v1/analyses/wallets/trigger-analysis"
Providers = Callable[..., ProviderConfig]


def analyzed(client: FlaskClient, wallet: str) -> bool:
    answer = client.post("/analyses/wallets/status", json={"walletAddresses": [wallet]})
    return bool(answer.get_json()["statuses"][0]["status"] == "CURRENT")


def test_with_the_job_system_each_wallet_becomes_a_job(
    make_app: MakeApp, connection: Connection[Any], redis_client: "Redis[bytes]"
) -> None:
    client = make_app(use_dashboard_job_system=True).test_client()
    running = client.post(ANALYSIS, json={"walletAddress": OTHER}).get_json()["jobId"]
    answer = client.post(TRIGGER, json={"walletAddresses": [WALLET, OTHER, WALLET]})
    body = answer.get_json()
    assert (answer.status_code, body["triggeredAnalyses"], body["skippedAnalyses"]) == (
        200,
        [WALLET],
        [OTHER],
    )
    ((queued,),) = connection.execute("SELECT id FROM analysis_run WHERE id <> %s", [running]).fetchall()
    assert body["message"] == f"Analysis job queued successfully. Job ID: {queued}"
    assert queue_of(redis_client, "analysis-operations").get_job_ids() == [running, queued]
    again = client.post(TRIGGER, json={"walletAddresses": [WALLET, OTHER]}).get_json()
    assert again["message"] == "No job was queued. 2 were skipped as they were already in progress."


def test_it_says_that_it_is_deprecated(client: FlaskClient) -> None:
    answer = client.post("/analyses/wallets/trigger-analysis", json={"walletAddresses": [WALLET]})
    assert answer.headers["Deprecation"].startswith("@")
    assert answer.headers["Link"] == f'<{ANALYSIS}>; rel="successor-version"'
    document = client.get("/openapi.json").get_json()
    assert document["paths"][TRIGGER]["post"]["deprecated"] is True


def test_without_the_job_system_the_wallet_is_analyzed_in_this_process(
    make_app: MakeApp, providers: Providers, connection: Connection[Any], redis_client: "Redis[bytes]"
) -> None:
    client = make_app(use_dashboard_job_system=False, providers=providers(trades(40))).test_client()
    answer = client.post(TRIGGER, json={"walletAddresses": [WALLET]})
    assert answer.status_code == 200
    assert answer.get_json() == {
        "message": "Analysis for 1 wallet(s) has been triggered successfully."
        " 0 were skipped as they were already in progress.",
        "triggeredAnalyses": [WALLET],
        "skippedAnalyses": [],
    }
    until(lambda: analyzed(client, WALLET))
    assert client.get(f"/api/v1/wallets/{WALLET}").get_json()["transactions"] == 40
    assert runs(connection) == queue_of(redis_client, "analysis-operations").count == 0
    until(lambda: not redis_client.exists(keys.wallet_lock(WALLET)))  # the lock is given back


def test_in_process_a_running_wallet_is_skipped(make_app: MakeApp, providers: Providers) -> None:
    slow = providers(trades(40), latency={"all": 500})
    app, elsewhere = (
        make_app(use_dashboard_job_system=False, providers=slow).test_client() for _ in range(2)
    )
    assert app.post(TRIGGER, json={"walletAddresses": [WALLET]}).get_json()["triggeredAnalyses"] == [WALLET]
    again = app.post(TRIGGER, json={"walletAddresses": [WALLET]}).get_json()
    assert (again["triggeredAnalyses"], again["skippedAnalyses"]) == ([], [WALLET])
    assert "1 were skipped" in again["message"]
    # Another web process sees the wallet's lock.
    until(lambda: elsewhere.post(TRIGGER, json={"walletAddresses": [WALLET]}).get_json()["skippedAnalyses"])
    until(lambda: analyzed(app, WALLET))


def test_in_process_a_wallet_that_a_job_works_on_is_skipped(
    make_app: MakeApp, redis_client: "Redis[bytes]", connection: Connection[Any]
) -> None:
    redis_client.set(keys.wallet_lock(WALLET), "dashboard-0123456789abcdef:1", ex=60)
    client = make_app(use_dashboard_job_system=False).test_client()
    assert client.post(TRIGGER, json={"walletAddresses": [WALLET]}).get_json()["skippedAnalyses"] == [WALLET]


def test_an_in_process_failure_is_logged_and_the_wallet_may_be_tried_again(
    make_app: MakeApp, providers: Providers, capsys: Any
) -> None:
    refused = providers(trades(4), refuse=["all"])
    client = make_app(use_dashboard_job_system=False, providers=refused).test_client()
    said = ""

    def logged() -> bool:
        nonlocal said
        said += capsys.readouterr().err
        return "analysis failed in process" in said

    for _ in range(2):
        assert client.post(TRIGGER, json={"walletAddresses": [WALLET]}).get_json()["triggeredAnalyses"] == [
            WALLET
        ]
        until(logged)
        said = ""
    assert not analyzed(client, WALLET)


def test_where_queueing_fails_the_wallet_is_analyzed_in_process(
    make_app: MakeApp, providers: Providers, redis_client: "Redis[bytes]"
) -> None:
    redis_client.set("rq:queue:analysis-operations", "no list")  # so that RQ cannot push
    client = make_app(use_dashboard_job_system=True, providers=providers(trades(8))).test_client()
    answer = client.post(TRIGGER, json={"walletAddresses": [WALLET]}).get_json()
    assert answer["triggeredAnalyses"] == [WALLET]
    assert "triggered successfully" in answer["message"]
    until(lambda: client.get(f"/api/v1/wallets/{WALLET}").get_json().get("lastAnalyzedAt"))


def test_an_empty_or_endless_list_is_refused(
    client: FlaskClient, connection: Connection[Any], redis_client: "Redis[bytes]"
) -> None:
    many = [base58.b58encode(number.to_bytes(32)).decode() for number in range(101)]
    for addresses in ([], many, WALLET, None):
        answer = client.post(TRIGGER, json={"walletAddresses": addresses})
        assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_request")
    assert nothing_created(connection, redis_client)
