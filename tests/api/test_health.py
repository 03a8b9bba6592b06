"""Liveness, readiness, queues, and what happens when Redis or Postgres is away."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from psycopg import Connection
from redis import Redis
from rq import Worker
from stalling import Stalling
from webworld import ANALYSIS, OTHER, WALLET, MakeApp, MakeWeb, runs

from walletjobs.dev.processes import free_port
from walletjobs.jobs.queue import QUEUES, queue_of


@pytest.fixture
def worker(redis_client: "Redis[bytes]") -> Any:
    """A worker that is registered, as far as anyone can see from outside."""
    registered = Worker([queue_of(redis_client, "analysis-operations")], connection=redis_client)
    registered.register_birth()
    yield registered
    registered.register_death()


def test_a_process_that_answers_is_alive_without_any_server(make_app: MakeApp) -> None:
    client = make_app(database_url=_nowhere("postgresql"), redis_url=_nowhere("redis")).test_client()
    assert client.get("/healthz").get_json()["status"] == "ok"


def test_ready_means_servers_schema_and_a_worker(client: FlaskClient, worker: Worker) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "ok")
    assert set(answer.get_json()["checks"]) == {"redis", "postgres", "migrations", "workers"}


def test_without_a_worker_it_is_not_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    checks = answer.get_json()["checks"]
    assert {name for name, check in checks.items() if not check["ok"]} == {"workers"}


def test_without_migrations_it_is_not_ready(
    client: FlaskClient, worker: Worker, connection: Connection[Any]
) -> None:
    connection.execute("ALTER TABLE schema_migration RENAME TO put_aside")
    try:
        checks = client.get("/readyz").get_json()["checks"]
    finally:
        connection.execute("ALTER TABLE put_aside RENAME TO schema_migration")
    assert {name for name, check in checks.items() if not check["ok"]} == {"migrations"}
    assert "0001_first.sql" in checks["migrations"]["detail"]


def test_without_servers_it_is_not_ready_and_tells_no_secret(make_app: MakeApp) -> None:
    client = make_app(database_url=_nowhere("postgresql"), redis_url=_nowhere("redis")).test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert not any(check["ok"] for check in answer.get_json()["checks"].values())
    assert "hidden" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ANALYSIS),
        ("GET", "/jobs/dashboard-0123456789abcdef"),
        ("GET", "/jobs/queues"),
        ("DELETE", "/jobs/a"),
    ],
)
def test_without_redis_a_request_is_told_to_come_again(
    make_app: MakeApp, connection: Connection[Any], method: str, path: str
) -> None:
    client = make_app(redis_url=_nowhere("redis")).test_client()
    connection.execute(
        "INSERT INTO analysis_run (id, request_id, type, wallet, queue, arguments)"
        " VALUES ('a', 'r', 't', 'w', 'q', '{}')"
    )
    answer = client.open(path, method=method, json={"walletAddress": WALLET} if method == "POST" else None)
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.get_json()["code"] == "queue_unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    assert "hidden" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", ANALYSIS), ("GET", "/jobs/dashboard-0123456789abcdef"), ("GET", "/jobs")]
)
def test_without_postgres_a_request_is_told_to_come_again_and_leaves_nothing_queued(
    make_app: MakeApp, redis_client: "Redis[bytes]", method: str, path: str
) -> None:
    client = make_app(database_url=_nowhere("postgresql")).test_client()
    answer = client.open(path, method=method, json={"walletAddress": WALLET} if method == "POST" else None)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "database_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert queue_of(redis_client, "analysis-operations").count == 0
    assert not redis_client.keys("walletjobs:active:*")


def test_a_redis_that_never_answers_hangs_no_request(make_app: MakeApp, connection: Connection[Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # takes connections, says nothing
        client = make_app(redis_url=f"redis://127.0.0.1:{deaf.getsockname()[1]}/0").test_client()
        for answer in (client.get("/jobs/queues"), client.post(ANALYSIS, json={"walletAddress": WALLET})):
            assert (answer.status_code, answer.get_json()["code"]) == (503, "queue_unavailable")
    assert runs(connection) == 0


def test_servers_that_hang_in_the_midst_of_everything_hang_nobody(
    make_web: MakeWeb, database_url: str, redis_url: str
) -> None:
    """Both go on accepting; each request is told to come again, and is served once they answer."""
    with Stalling(redis_url) as to_redis, Stalling(database_url) as to_postgres:
        web = make_web(REDIS_URL=to_redis.url, DATABASE_URL=to_postgres.url)
        job_id = web.ask(ANALYSIS, {"walletAddress": WALLET}).body["jobId"]
        for way, code in ((to_redis, "queue_unavailable"), (to_postgres, "database_unavailable")):
            follower = web.socket()
            way.stall()
            for path, body in ((ANALYSIS, {"walletAddress": OTHER}), (f"/api/v1/jobs/{job_id}", None)):
                refused = web.ask(path, body)
                assert (refused.status, refused.body["code"]) == (503, code)
                assert int(refused.headers["Retry-After"]) > 0
            assert web.ask("/readyz").status == 503
            assert web.ask("/healthz").status == 200
            follower.say(event="subscribe", jobId=job_id)
            assert follower.hear()["data"]["code"] == code
            way.flow()
            assert _in_time(lambda: web.ask(f"/api/v1/jobs/{job_id}").status == 200)
            follower.say(event="subscribe", jobId=job_id)
            assert follower.hear()["event"] == "subscribed"


def _in_time(happens: Callable[[], bool]) -> bool:
    return any(happens() or time.sleep(0.2) for _ in range(150))


def test_queues_show_who_waits(client: FlaskClient, worker: Worker) -> None:
    client.post(ANALYSIS, json={"walletAddress": WALLET})
    queues = {queue["name"]: queue for queue in client.get("/api/v1/jobs/queues").get_json()["queues"]}
    assert tuple(queues) == QUEUES
    first = queues["analysis-operations"]
    assert (first["depth"], first["started"], first["failed"], first["workers"]) == (1, 0, 0, 1)
    assert first["latencySeconds"] >= 0
    assert queues["maintenance"]["latencySeconds"] is None
    assert client.get("/api/v1/jobs/queues/analysis-operations").get_json()["depth"] == 1
    unknown = client.get("/api/v1/jobs/queues/other")
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "queue_not_found")


def _nowhere(scheme: str) -> str:
    return f"{scheme}://user:hidden@127.0.0.1:{free_port()}/0"


def test_metrics_say_how_each_queue_stands(client: FlaskClient, connection: Connection[Any]) -> None:
    client.post(ANALYSIS, json={"walletAddress": WALLET})
    client.post("/api/v1/analyses/batch", json={"walletAddresses": [OTHER]})
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    lines = answer.get_data(as_text=True).splitlines()
    for line in (
        'walletjobs_queue_depth{queue="analysis-operations"} 1.0',
        'walletjobs_queue_depth{queue="analysis-background"} 0.0',
        'walletjobs_queue_held{queue="analysis-background"} 1.0',
        'walletjobs_queue_processes_wanted{queue="analysis-operations"} 1.0',
        'walletjobs_queue_latency_seconds{queue="maintenance"} 0.0',
    ):
        assert line in lines
    (queue,) = [each for each in client.get("/api/v1/jobs/queues").get_json()["queues"] if each["held"]]
    assert (queue["name"], queue["processesWanted"]) == ("analysis-background", 1)
