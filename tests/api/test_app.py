"""What every answer has in common: problems, headers, logs; the documents; rq-dashboard behind its guard."""

import base64
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from psycopg import Connection
from redis import Redis
from webworld import ANALYSIS, WALLET, MakeApp

from walletjobs.jobs.queue import queue_of

KEY = "kéy-of-the-admin"
OPS = [
    "/ops/rq/",
    "/ops/rq/0/view/workers",
    "/ops/rq/0/data/queues.json",
    "/ops/rq/static/css/main.css",
    "/ops/rq/nope",
]


def basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"admin:{password}".encode()).decode()}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/v1/nowhere", 404, "not_found"),
        ("GET", "/static/nothing.js", 404, "not_found"),
        ("PUT", ANALYSIS, 405, "method_not_allowed"),
        ("GET", ANALYSIS, 405, "method_not_allowed"),
        ("GET", "/ws", 400, "bad_request"),
    ],
)
def test_what_the_server_refuses_by_itself_is_a_problem_too(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    problem = answer.get_json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"].endswith(code)
    assert problem["title"]
    assert problem["detail"]
    assert problem["requestId"] == answer.headers["X-Request-Id"]
    if status == 405:
        assert "POST" in answer.headers["Allow"]


def test_who_looks_for_a_page_that_is_not_there_gets_one(client: FlaskClient) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    answer = client.get("/nowhere", headers=browser)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is nothing at this address" in answer.text
    assert client.get("/nowhere", headers={"Accept": "*/*"}).mimetype == "application/problem+json"


def test_an_unforeseen_error_tells_the_client_nothing_and_the_log_everything(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app(log_format="json")

    @app.get("/broken")
    def broken() -> str:
        secret = "a-local-secret"
        raise ValueError(f"unforeseen {len(secret)}")

    answer = app.test_client().get("/broken")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal_error")
    assert "unforeseen" not in answer.get_data(as_text=True)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    failed = next(line for line in lines if line["event"] == "request failed")
    assert failed["request_id"] == answer.get_json()["requestId"]
    assert "unforeseen 14" in json.dumps(failed)
    assert "a-local-secret" not in json.dumps(lines)


def test_a_request_keeps_its_id_if_that_is_harmless(client: FlaskClient) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    for odd in ("a b", "x" * 65, "a;b", ""):
        given = client.get("/healthz", headers={"X-Request-Id": odd}).headers["X-Request-Id"]
        assert given != odd
        assert len(given) == 32


@pytest.mark.parametrize(
    "path", ["/", f"/wallets/{WALLET}", "/docs/", "/api/v1/wallets", "/nowhere", "/healthz"]
)
def test_no_answer_lets_inline_scripts_run_or_other_sites_read(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Origin": "https://evil.example"})
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_requests_are_logged_as_json_without_secrets(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    client = make_app(log_format="json", admin_api_key=KEY).test_client()
    client.get("/jobs/queues?token=secret", headers=basic("hidden-password"))
    written = capsys.readouterr().err
    (line,) = [json.loads(text) for text in written.splitlines()]
    assert (line["method"], line["path"], line["status"], line["level"]) == (
        "GET",
        "/jobs/queues",
        200,
        "info",
    )
    assert line["request_id"]
    assert not any(secret in written for secret in ("hidden-password", KEY, "token=secret"))


@pytest.mark.parametrize("path", OPS)
def test_without_a_key_operations_are_closed(make_app: MakeApp, path: str) -> None:
    client = make_app(admin_api_key="").test_client()
    for headers in ({}, basic(""), basic("anything")):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "operations_closed")


@pytest.mark.parametrize("path", OPS)
def test_operations_want_the_key(make_app: MakeApp, path: str) -> None:
    client = make_app(admin_api_key=KEY).test_client()
    for headers in (
        {},
        basic(""),
        basic(KEY[:-1]),
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic !!"},
    ):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert client.get(path, headers=basic(KEY)).status_code == (404 if path.endswith("nope") else 200)


def test_operations_show_queues_but_change_nothing_by_default(
    make_app: MakeApp, redis_client: "Redis[bytes]", connection: Connection[Any]
) -> None:
    client = make_app(admin_api_key=KEY).test_client()
    job_id = client.post(ANALYSIS, json={"walletAddress": WALLET}).get_json()["jobId"]
    queues = client.get("/ops/rq/0/data/queues.json", headers=basic(KEY)).get_json()["queues"]
    assert [queue["name"] for queue in queues] == ["analysis-operations"]
    assert client.get(f"/ops/rq/0/view/job/{job_id}", headers=basic(KEY)).status_code == 200
    changing = [
        ("POST", f"/ops/rq/job/{job_id}/delete"),
        ("POST", f"/ops/rq/job/{job_id}/requeue"),
        ("POST", "/ops/rq/queue/analysis-operations/queued/empty"),
        ("GET", "/ops/rq/requeue/analysis-operations"),
        ("POST", "/ops/rq/requeue/analysis-operations"),
    ]
    for method, path in changing:
        answer = client.open(path, method=method, headers=basic(KEY))
        assert (answer.status_code, answer.get_json()["code"]) == (403, "read_only")
    assert queue_of(redis_client, "analysis-operations").get_job_ids() == [job_id]
    assert client.get("/ops/rq/7/view", headers=basic(KEY)).status_code == 404


def test_opened_operations_still_refuse_forged_requests(
    make_app: MakeApp, redis_client: "Redis[bytes]"
) -> None:
    client = make_app(admin_api_key=KEY, ops_allow_actions=True).test_client()
    job_id = client.post(ANALYSIS, json={"walletAddress": WALLET}).get_json()["jobId"]
    path = f"/ops/rq/job/{job_id}/delete"
    for origin in ({}, {"Origin": "https://evil.example"}):
        assert client.post(path, headers={**basic(KEY), **origin}).status_code == 403
    assert client.post(path, headers={**basic(KEY), "Origin": "http://localhost"}).status_code == 200
    assert queue_of(redis_client, "analysis-operations").count == 0


def test_the_document_names_every_route_and_is_shown_without_foreign_files(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    routes = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith("/api/v1") and not rule.websocket
    }
    assert set(document["paths"]) == routes
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                assert operation["summary"]
                assert "default" in operation["responses"]
    page = client.get("/docs/").get_data(as_text=True)
    assert "https://" not in page
    for file in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert client.get(f"/docs/{file}").status_code == 200
