"""Batches over HTTP and over a socket: asked for, followed, cancelled."""

from typing import Any

import base58
import pytest
from flask.testing import FlaskClient
from psycopg import Connection
from redis import Redis
from webworld import ANALYSIS, OTHER, WALLET, Web

from walletjobs.jobs.clock import Clock

BATCH = "/api/v1/analyses/batch"
SHORT = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgk"  # decodes to 31 bytes


def many(count: int) -> list[str]:
    return [base58.b58encode(number.to_bytes(32)).decode() for number in range(count)]


@pytest.fixture
def clock(redis_client: "Redis[bytes]", connection: Connection[Any]) -> Clock:
    """Ticks where a test says so."""
    return Clock(redis_client, lambda: connection)


def test_a_posted_batch_becomes_jobs_of_the_background(client: FlaskClient) -> None:
    answer = client.post(BATCH, json={"walletAddresses": [WALLET, OTHER, WALLET]})
    assert answer.status_code == 202
    accepted = answer.get_json()
    assert answer.headers["Location"] == f"{BATCH}/{accepted['batchId']}"
    assert (accepted["status"], accepted["total"]) == ("queued", 2)
    assert accepted["monitoringUrl"] == f"/analyses/batch/{accepted['batchId']}"
    assert [(job["walletAddress"], job["joined"]) for job in accepted["jobs"]] == [
        (WALLET, False),
        (OTHER, False),
    ]
    job = client.get(f"/api/v1/jobs/{accepted['jobs'][0]['jobId']}").get_json()
    assert (job["status"], job["queueName"], job["requestId"]) == (
        "queued",
        "analysis-background",
        accepted["batchId"],
    )
    listed = client.get(f"/api/v1/jobs?batch={accepted['batchId']}").get_json()["items"]
    assert {each["walletAddress"] for each in listed} == {WALLET, OTHER}


def test_a_batch_tells_where_it_stands(client: FlaskClient) -> None:
    batch_id = client.post(BATCH, json={"walletAddresses": [WALLET, OTHER]}).get_json()["batchId"]
    for place in (BATCH, BATCH.removeprefix("/api/v1")):
        batch = client.get(f"{place}/{batch_id}").get_json()
        assert batch.pop("createdAt").endswith("Z")
        assert batch == {
            "batchId": batch_id,
            "status": "queued",
            "progress": 0,
            "total": 2,
            "counts": {"queued": 2, "processing": 0, "completed": 0, "failed": 0, "cancelled": 0},
            "etaSeconds": None,
            "failures": [],
            "cancelledAt": None,
            "endedAt": None,
            "jobsUrl": f"/api/v1/jobs?batch={batch_id}",
        }


def test_a_running_analysis_is_joined_and_said_to_be(client: FlaskClient) -> None:
    running = client.post(ANALYSIS, json={"walletAddress": WALLET}).get_json()["jobId"]
    jobs = client.post(BATCH, json={"walletAddresses": [WALLET, OTHER]}).get_json()["jobs"]
    assert jobs[0] == {"walletAddress": WALLET, "jobId": running, "joined": True}


@pytest.mark.parametrize("addresses", [[], many(1001), [WALLET] * 1001, "none", None])
def test_too_many_too_few_and_no_list_are_refused(client: FlaskClient, addresses: object) -> None:
    assert client.post(BATCH, json={"walletAddresses": addresses}).status_code == 400


def test_every_invalid_address_is_named(client: FlaskClient, connection: Connection[Any]) -> None:
    answer = client.post(BATCH, json={"walletAddresses": [WALLET, SHORT, "nonsense"]})
    assert answer.status_code == 400
    assert SHORT in answer.get_json()["detail"]
    assert "nonsense" in answer.get_json()["detail"]
    assert connection.execute("SELECT count(*) FROM batch").fetchone() == (0,)


def test_the_same_idempotency_key_makes_one_batch(client: FlaskClient) -> None:
    wanted = {"json": {"walletAddresses": [WALLET]}, "headers": {"Idempotency-Key": "one"}}
    first, second = (client.post(BATCH, **wanted).get_json() for _ in range(2))
    assert first == second


def test_a_cancelled_batch_is_over(client: FlaskClient, clock: Clock, connection: Connection[Any]) -> None:
    accepted = client.post(BATCH, json={"walletAddresses": [WALLET, OTHER]}).get_json()
    place = f"{BATCH}/{accepted['batchId']}"
    answer = client.delete(place)
    assert (answer.status_code, answer.get_json()) == (
        202,
        {"batchId": accepted["batchId"], "status": "cancelled"},
    )
    clock.tick(connection)
    assert client.get(place).get_json()["status"] == "cancelled"
    assert client.get(f"/api/v1/jobs/{accepted['jobs'][0]['jobId']}").get_json()["status"] == "cancelled"
    again = client.delete(place)
    assert (again.status_code, again.get_json()["code"]) == (409, "job_is_over")
    told = client.get(f"{place}/events").get_json()["events"]
    assert [event["event"] for event in told] == ["batch-progress", "batch-completed"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_batch_is_not_found(client: FlaskClient, method: str) -> None:
    answer = client.open(f"{BATCH}/batch-0", method=method)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "batch_not_found")


def test_a_batch_is_followed_over_a_socket_beside_its_jobs(
    web: Web, clock: Clock, connection: Connection[Any]
) -> None:
    accepted = web.ask(BATCH, {"walletAddresses": [WALLET, OTHER]}).body
    socket = web.socket()
    socket.say(event="subscribe", batchId=accepted["batchId"])
    snapshot = socket.hear()
    assert (snapshot["event"], snapshot["data"]["counts"]["queued"]) == ("subscribed", 2)
    socket.say(event="subscribe", jobId=accepted["jobs"][0]["jobId"])
    assert socket.hear()["data"]["jobId"] == accepted["jobs"][0]["jobId"]
    clock.tick(connection)
    assert {socket.hear()["event"] for _ in range(2)} == {"batch-progress", "job-progress"}
    web.ask(f"{BATCH}/{accepted['batchId']}", method="DELETE")
    clock.tick(connection)
    (end,) = [frame for frame in socket.hear_until("batch-completed") if frame["event"] == "batch-completed"]
    assert end["data"]["counts"]["cancelled"] == 2
    late = web.socket()
    late.say(event="subscribe", batchId=accepted["batchId"])
    assert [late.hear()["event"] for _ in range(2)] == ["subscribed", "batch-completed"]
    late.say(event="subscribe", batchId=accepted["batchId"], lastEventId=snapshot["id"])
    assert late.hear()["event"] == "subscribed"
    late.say(event="subscribe", batchId="batch-0")
    refused = late.hear()["data"]
    assert (refused["batchId"], refused["code"]) == ("batch-0", "batch_not_found")
