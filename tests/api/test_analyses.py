"""Starting analyses over HTTP: every answer of dashboard-analysis, the deprecated endpoint, statuses."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from psycopg import Connection
from redis import Redis
from webworld import ANALYSIS, OTHER, WALLET, MakeApp, Web, nothing_created, runs

SHORT = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgk"  # decodes to 31 bytes
LONG = "1" * 33  # decodes to 33 bytes


def test_a_posted_wallet_becomes_a_queued_job(client: FlaskClient, connection: Connection[Any]) -> None:
    answer = client.post(ANALYSIS, json={"walletAddress": WALLET})
    assert answer.status_code == 202
    accepted = answer.get_json()
    job_id = accepted.pop("jobId")
    assert accepted.pop("requestId").startswith("dashboard-")
    assert accepted == {
        "status": "queued",
        "queueName": "analysis-operations",
        "estimatedProcessingTime": "13 minute(s)",
        "monitoringUrl": f"/jobs/{job_id}",
        "streamUrl": f"/jobs/{job_id}/stream",
        "joined": False,
    }
    assert answer.headers["Location"] == f"/api/v1/jobs/{job_id}"
    assert runs(connection) == 1
    job = client.get(answer.headers["Location"]).get_json()
    assert (job["status"], job["progress"], job["walletAddress"]) == ("queued", 0, WALLET)
    assert client.get(accepted["monitoringUrl"]).get_json() == job


def test_the_plans_route_answers_without_the_prefix(client: FlaskClient) -> None:
    answer = client.post(ANALYSIS.removeprefix("/api/v1"), json={"walletAddress": WALLET})
    assert answer.status_code == 202


def test_a_wallet_in_progress_is_refused_with_the_running_job(
    client: FlaskClient, connection: Connection[Any]
) -> None:
    running = client.post(ANALYSIS, json={"walletAddress": WALLET}).get_json()["jobId"]
    answer = client.post(ANALYSIS, json={"walletAddress": WALLET})
    assert answer.status_code == 503
    assert answer.mimetype == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    problem = answer.get_json()
    assert problem["code"] == "analysis_in_progress"
    assert (problem["jobId"], problem["monitoringUrl"]) == (running, f"/jobs/{running}")
    assert problem["requestId"] == answer.headers["X-Request-Id"]
    assert runs(connection) == 1


def test_attach_joins_the_running_job(client: FlaskClient, connection: Connection[Any]) -> None:
    running = client.post(ANALYSIS, json={"walletAddress": WALLET}).get_json()
    answer = client.post(ANALYSIS, json={"walletAddress": WALLET, "attach": True})
    assert answer.status_code == 202
    joined = answer.get_json()
    assert joined["joined"] is True
    assert (joined["jobId"], joined["requestId"]) == (running["jobId"], running["requestId"])
    assert runs(connection) == 1


def test_attach_with_nothing_to_join_makes_a_job(client: FlaskClient) -> None:
    answer = client.post(ANALYSIS, json={"walletAddress": WALLET, "attach": True})
    assert (answer.status_code, answer.get_json()["joined"]) == (202, False)


def test_another_wallet_is_not_in_the_way(client: FlaskClient, connection: Connection[Any]) -> None:
    for wallet in (WALLET, OTHER):
        assert client.post(ANALYSIS, json={"walletAddress": wallet}).status_code == 202
    assert runs(connection) == 2


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        ({"walletAddress": "0OIl" + WALLET[4:]}, "invalid_request", "base58"),
        ({"walletAddress": SHORT}, "invalid_request", "31"),
        ({"walletAddress": LONG}, "invalid_request", "33"),
        ({"walletAddress": ""}, "invalid_request", "walletAddress"),
        ({"walletAddress": None}, "invalid_request", "walletAddress"),
        ({"walletAddress": 7}, "invalid_request", "walletAddress"),
        ({"walletAddress": WALLET + "\n"}, "invalid_request", "walletAddress"),
        ({"walletAddress": "1" * 5000}, "invalid_request", "5000"),
        ({}, "invalid_request", "walletAddress"),
        ([], "invalid_request", "body"),
        ("text", "invalid_request", "body"),
        ({"walletAddress": WALLET, "unheardOf": 1}, "invalid_request", "unheardOf"),
        ({"walletAddress": WALLET, "forceRefresh": "yes"}, "invalid_request", "forceRefresh"),
        ({"walletAddress": WALLET, "attach": 1}, "invalid_request", "attach"),
        ({"walletAddress": WALLET, "method": "best"}, "invalid_request", "method"),
        ({"walletAddress": WALLET, "scope": "7y"}, "invalid_request", "scope"),
        ({"walletAddress": WALLET, "timeoutMinutes": 0}, "invalid_request", "timeoutMinutes"),
        ({"walletAddress": WALLET, "timeoutMinutes": True}, "invalid_request", "timeoutMinutes"),
        ({"walletAddress": WALLET, "timeoutMinutes": 1.5}, "invalid_request", "timeoutMinutes"),
    ],
)
def test_a_bad_body_is_refused_and_creates_nothing(
    client: FlaskClient,
    connection: Connection[Any],
    redis_client: "Redis[bytes]",
    body: Any,
    code: str,
    word: str,
) -> None:
    answer = client.post(ANALYSIS, json=body)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    problem = answer.get_json()
    assert (problem["status"], problem["code"]) == (400, code)
    assert word in problem["detail"]
    assert problem["errors"]
    assert nothing_created(connection, redis_client)


@pytest.mark.parametrize(
    ("data", "content_type", "status", "code"),
    [
        (b"", "application/json", 400, "empty_body"),
        (b"  ", "application/json", 400, "empty_body"),
        (b"{", "application/json", 400, "malformed_json"),
        (b"null", "application/json", 400, "invalid_request"),
        (b'{"walletAddress": NaN}', "application/json", 400, "malformed_json"),
        (b"[" * 100_000, "application/json", 400, "malformed_json"),
        (b'{"walletAddress": "\xff"}', "application/json", 400, "malformed_json"),
        (
            b"walletAddress=" + WALLET.encode(),
            "application/x-www-form-urlencoded",
            415,
            "unsupported_media_type",
        ),
        (b'{"walletAddress": "' + WALLET.encode() + b'"}', "text/plain", 415, "unsupported_media_type"),
        (b'{"walletAddress": "' + b"1" * 1_000_000 + b'"}', "application/json", 413, "body_too_large"),
        (b'{"walletAddress": ' + b"1" * 5_000 + b"}", "application/json", 400, "malformed_json"),
    ],
)
def test_what_is_no_json_body_is_refused_and_creates_nothing(
    client: FlaskClient,
    connection: Connection[Any],
    redis_client: "Redis[bytes]",
    data: bytes,
    content_type: str,
    status: int,
    code: str,
) -> None:
    answer = client.post(ANALYSIS, data=data, content_type=content_type)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json()["code"] == code
    assert nothing_created(connection, redis_client)


def test_a_body_of_a_megabyte_is_refused_by_the_real_server(
    web: Web, connection: Connection[Any], redis_client: "Redis[bytes]"
) -> None:
    answer = web.ask(ANALYSIS, {"walletAddress": "1" * 1_000_000})
    assert (answer.status, answer.body["code"]) == (413, "body_too_large")
    assert nothing_created(connection, redis_client)


def test_a_connection_outlives_bodies_that_are_too_large(web: Web) -> None:
    kept = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
    for _ in range(3):
        kept.request("POST", ANALYSIS, b" " * 1_000_000, {"Content-Type": "application/json"})
        answer = kept.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (413, "body_too_large")
    kept.close()


def test_the_sixth_post_in_a_minute_is_refused(make_app: MakeApp, connection: Connection[Any]) -> None:
    client = make_app(analyses_per_minute=5).test_client()
    answers = [client.post(ANALYSIS, json={"walletAddress": WALLET}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [202, 503, 503, 503, 503, 429]
    assert answers[5].get_json()["code"] == "too_many_requests"
    assert 0 < int(answers[5].headers["Retry-After"]) <= 60
    # Both addresses of the route share the budget, and another client has its own.
    again = client.post(ANALYSIS.removeprefix("/api/v1"), json={"walletAddress": OTHER})
    assert again.status_code == 429
    elsewhere = client.post(
        ANALYSIS, json={"walletAddress": OTHER}, environ_base={"REMOTE_ADDR": "203.0.113.9"}
    )
    assert elsewhere.status_code == 202
    assert runs(connection) == 2


def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(make_app: MakeApp) -> None:
    def sixth(**settings: Any) -> int:
        client = make_app(analyses_per_minute=5, **settings).test_client()
        answers = [
            client.post(
                ANALYSIS, json={"walletAddress": WALLET}, headers={"X-Forwarded-For": f"203.0.113.{number}"}
            )
            for number in range(6)
        ]
        return answers[5].status_code

    assert sixth(trusted_proxies=1) == 503
    assert sixth(trusted_proxies=0) == 429


def test_refused_bodies_spend_no_budget(make_app: MakeApp) -> None:
    client = make_app(analyses_per_minute=1).test_client()
    assert client.post(ANALYSIS, json={"walletAddress": "nonsense"}).status_code == 400
    assert client.post(ANALYSIS, json={"walletAddress": WALLET}).status_code == 202
    assert client.post(ANALYSIS, json={"walletAddress": WALLET}).status_code == 429


def test_fifty_simultaneous_posts_on_two_web_processes_make_one_job(
    web: Web, connection: Connection[Any]
) -> None:
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda _: web.ask(ANALYSIS, {"walletAddress": WALLET}), range(50)))
    assert sorted(answer.status for answer in answers) == [202] + [503] * 49
    accepted = next(answer.body["jobId"] for answer in answers if answer.status == 202)
    assert {answer.body["jobId"] for answer in answers} == {accepted}
    assert {answer.body.get("code") for answer in answers} == {None, "analysis_in_progress"}
    assert runs(connection) == 1


def test_fifty_simultaneous_posts_that_attach_all_get_the_one_job(
    web: Web, connection: Connection[Any]
) -> None:
    with ThreadPoolExecutor(50) as threads:
        answers = list(
            threads.map(lambda _: web.ask(ANALYSIS, {"walletAddress": WALLET, "attach": True}), range(50))
        )
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body["jobId"] for answer in answers}) == 1
    assert sorted(answer.body["joined"] for answer in answers) == [False] + [True] * 49
    assert runs(connection) == 1


def test_an_idempotency_key_answers_the_same_response_again(
    client: FlaskClient, connection: Connection[Any]
) -> None:
    key = {"Idempotency-Key": "a-key"}
    first = client.post(ANALYSIS, json={"walletAddress": WALLET}, headers=key)
    again = client.post(ANALYSIS, json={"walletAddress": WALLET}, headers=key)
    assert (again.status_code, again.get_json()) == (202, first.get_json())
    assert again.headers["Location"] == first.headers["Location"]
    assert runs(connection) == 1


def test_an_idempotency_key_with_another_body_is_refused(
    client: FlaskClient, connection: Connection[Any]
) -> None:
    key = {"Idempotency-Key": "a-key"}
    client.post(ANALYSIS, json={"walletAddress": WALLET}, headers=key)
    answer = client.post(ANALYSIS, json={"walletAddress": OTHER}, headers=key)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_key_reused")
    assert runs(connection) == 1


def test_an_idempotency_key_of_a_refusal_may_be_used_again(
    client: FlaskClient, connection: Connection[Any]
) -> None:
    running = client.post(ANALYSIS, json={"walletAddress": WALLET}).get_json()["jobId"]
    key = {"Idempotency-Key": "a-key"}
    assert client.post(ANALYSIS, json={"walletAddress": WALLET}, headers=key).status_code == 503
    client.delete(f"/jobs/{running}")
    assert client.post(ANALYSIS, json={"walletAddress": WALLET}, headers=key).status_code == 202


def test_one_key_posted_many_times_at_once_makes_one_job(web: Web, connection: Connection[Any]) -> None:
    def post(_: int) -> Any:
        return web.ask(ANALYSIS, {"walletAddress": WALLET}, {"Idempotency-Key": "one"})

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(post, range(20)))
    assert {answer.status for answer in answers} <= {202, 409}
    assert len({answer.body["jobId"] for answer in answers if answer.status == 202}) == 1
    assert runs(connection) == 1


def test_statuses_come_in_the_order_asked(client: FlaskClient, connection: Connection[Any]) -> None:
    connection.execute(
        "INSERT INTO wallet (address, synced_at, analyzed_at) VALUES (%s, now() - interval '3 days', now())",
        [OTHER],
    )
    job_id = client.post(ANALYSIS, json={"walletAddress": WALLET}).get_json()["jobId"]
    unknown = "So11111111111111111111111111111111111111112"
    answer = client.post("/analyses/wallets/status", json={"walletAddresses": [OTHER, WALLET, unknown]})
    statuses = answer.get_json()["statuses"]
    assert [(entry["walletAddress"], entry["status"]) for entry in statuses] == [
        (OTHER, "STALE"),
        (WALLET, "IN_PROGRESS"),
        (unknown, "MISSING"),
    ]
    assert [entry["runningJobId"] for entry in statuses] == [None, job_id, None]
    assert statuses[0]["lastAnalyzedAt"].endswith("Z")
    wallets = connection.execute("SELECT address FROM wallet").fetchall()
    assert wallets == [(OTHER,)]  # asking creates nothing


@pytest.mark.parametrize("route", ["status", "trigger-analysis"])
def test_invalid_addresses_in_a_list_are_all_named(
    client: FlaskClient, connection: Connection[Any], route: str
) -> None:
    answer = client.post(f"/analyses/wallets/{route}", json={"walletAddresses": [WALLET, "bad0", SHORT]})
    assert answer.status_code == 400
    assert f"bad0, {SHORT}" in answer.get_json()["detail"]
    assert WALLET not in answer.get_data(as_text=True)
    assert runs(connection) == 0


@pytest.mark.parametrize(
    ("step", "queue", "estimate"),
    [
        ("sync", "wallet-operations", "10 minute(s)"),
        ("pnl", "analysis-operations", "3 minute(s)"),
        ("behavior", "analysis-operations", "3 minute(s)"),
        ("balances", "wallet-operations", "1 minute(s)"),
        ("enrichment", "enrichment-operations", "3 minute(s)"),
    ],
)
def test_a_step_of_an_analysis_becomes_a_job_of_its_own(
    client: FlaskClient, step: str, queue: str, estimate: str
) -> None:
    answer = client.post(f"/api/v1/analyses/{step}", json={"walletAddress": WALLET})
    assert answer.status_code == 202
    accepted = answer.get_json()
    assert (accepted["queueName"], accepted["estimatedProcessingTime"]) == (queue, estimate)
    assert answer.headers["Location"] == f"/api/v1/jobs/{accepted['jobId']}"
    again = client.post(f"/api/v1/analyses/{step}", json={"walletAddress": WALLET})
    assert (again.status_code, again.get_json()["jobId"]) == (503, accepted["jobId"])
    joined = client.post(f"/api/v1/analyses/{step}", json={"walletAddress": WALLET, "attach": True})
    assert (joined.get_json()["jobId"], joined.get_json()["joined"]) == (accepted["jobId"], True)


def test_steps_are_chained_by_the_id_of_the_job_before(client: FlaskClient) -> None:
    sync = client.post("/api/v1/analyses/sync", json={"walletAddress": WALLET}).get_json()["jobId"]
    wanted = {"walletAddress": WALLET, "dependsOn": sync}
    answer = client.post("/api/v1/analyses/pnl", json=wanted)
    assert answer.status_code == 202
    assert client.get(answer.headers["Location"]).get_json()["dependsOn"] == sync
    client.delete(f"/api/v1/jobs/{sync}")
    refused = client.post("/api/v1/analyses/behavior", json=wanted)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "dependency_failed")
    unknown = client.post("/api/v1/analyses/behavior", json={**wanted, "dependsOn": "sync-0"})
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "job_not_found")


def test_a_quick_scope_is_its_own_job_and_is_covered_by_a_wider_one(client: FlaskClient) -> None:
    wanted = {"walletAddress": WALLET, "scope": "7d", "followUps": True}
    quick = client.post(ANALYSIS, json=wanted).get_json()["jobId"]
    assert client.post(ANALYSIS, json={"walletAddress": OTHER, "scope": "1y"}).status_code == 400
    whole = client.post(ANALYSIS, json={"walletAddress": WALLET}).get_json()["jobId"]
    assert whole != quick
    again = client.post(ANALYSIS, json={"walletAddress": WALLET, "scope": "30d", "attach": True})
    assert (again.status_code, again.get_json()["jobId"]) == (202, whole)
