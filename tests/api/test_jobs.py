"""Jobs over HTTP: one, its progress, its end, its events, the history, cancelling and trying again."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from psycopg import Connection
from redis import Redis
from webworld import ANALYSIS, OTHER, WALLET

from walletjobs.core.run import Ending, FailedAttempt
from walletjobs.db.runs import RunRepository
from walletjobs.jobs import events, status
from walletjobs.jobs.events import Speaker

ROUTES = ["", "/progress", "/result", "/events"]


def post(client: FlaskClient, wallet: str = WALLET) -> str:
    answer = client.post(ANALYSIS, json={"walletAddress": wallet})
    return str(answer.get_json()["jobId"])


def end(connection: Connection[Any], redis: "Redis[bytes]", job_id: str, ending: Ending) -> None:
    """The job's work is over, as a worker would record and tell it."""
    runs = RunRepository(connection)
    run = runs.begin(job_id)
    assert run is not None
    failed = FailedAttempt(ending.error_code or "", ending.error_detail or "", "secret traceback")
    assert runs.finish(run, ending, failed if ending.status == "failed" else None)
    ended = runs.find(job_id)
    assert ended is not None
    status.announce_end(redis, runs, ended)


def test_a_job_shows_where_it_stands(client: FlaskClient) -> None:
    first, second = post(client), post(client, OTHER)
    job = client.get(f"/api/v1/jobs/{second}").get_json()
    assert job["jobId"] == second
    assert job["type"] == "dashboard-wallet-analysis"
    assert (job["status"], job["queueName"], job["queuePosition"]) == ("queued", "analysis-operations", 1)
    assert (job["attempts"], job["maxAttempts"], job["error"], job["result"]) == (0, 3, None, None)
    assert job["createdAt"].endswith("Z")
    assert job["startedAt"] is job["endedAt"] is None
    assert job["links"]["events"] == f"/api/v1/jobs/{second}/events"
    assert client.get(job["links"]["progress"]).get_json()["status"] == "queued"
    assert client.get(f"/jobs/{first}").get_json()["queuePosition"] == 0


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "job_id", ["dashboard-0123456789abcdef", "nonsense", "a%00b", "x" * 300, "%F0%9F%92%A9"]
)
def test_an_unknown_job_is_a_clear_problem(client: FlaskClient, route: str, job_id: str) -> None:
    answer = client.get(f"/api/v1/jobs/{job_id}{route}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.get_json()["code"] == "job_not_found"


def test_cancelling_and_retrying_an_unknown_job_are_clear_problems(client: FlaskClient) -> None:
    for answer in (client.delete("/jobs/nonsense"), client.post("/jobs/nonsense/retry")):
        assert (answer.status_code, answer.get_json()["code"]) == (404, "job_not_found")


def test_the_result_waits_for_the_end(
    client: FlaskClient, connection: Connection[Any], redis_client: "Redis[bytes]"
) -> None:
    job_id = post(client)
    early = client.get(f"/jobs/{job_id}/result")
    assert (early.status_code, early.get_json()["code"]) == (409, "job_not_over")
    end(connection, redis_client, job_id, Ending("completed", {"transactions": 3}))
    result = client.get(f"/jobs/{job_id}/result").get_json()
    assert (result["status"], result["result"], result["error"]) == ("completed", {"transactions": 3}, None)
    assert result["walletUrl"] == f"/api/v1/wallets/{WALLET}"
    assert client.get(f"/jobs/{job_id}").get_json()["progress"] == 100


def test_a_failed_job_names_its_error_but_no_traceback(
    client: FlaskClient, connection: Connection[Any], redis_client: "Redis[bytes]"
) -> None:
    job_id = post(client)
    end(connection, redis_client, job_id, Ending("failed", None, "provider_refused", "The key is wrong."))
    answer = client.get(f"/jobs/{job_id}")
    assert answer.get_json()["error"] == {"code": "provider_refused", "detail": "The key is wrong."}
    assert "traceback" not in answer.get_data(as_text=True)
    assert [job["jobId"] for job in client.get("/jobs/failed").get_json()["items"]] == [job_id]


def test_a_queued_job_is_cancelled_and_its_wallet_is_free_again(client: FlaskClient) -> None:
    job_id = post(client)
    answer = client.delete(f"/jobs/{job_id}")
    assert (answer.status_code, answer.get_json()) == (202, {"jobId": job_id, "status": "cancelled"})
    assert client.get(f"/jobs/{job_id}").get_json()["status"] == "cancelled"
    again = client.delete(f"/jobs/{job_id}")
    assert (again.status_code, again.get_json()["code"]) == (409, "job_is_over")
    assert post(client) != job_id


def test_a_running_job_is_asked_to_end(client: FlaskClient, connection: Connection[Any]) -> None:
    job_id = post(client)
    assert RunRepository(connection).begin(job_id)
    assert client.delete(f"/jobs/{job_id}").get_json()["status"] == "cancelling"
    job = client.get(f"/jobs/{job_id}").get_json()
    assert (job["status"], job["cancelling"]) == ("processing", True)


def test_a_failed_job_is_tried_again_by_hand(
    client: FlaskClient, connection: Connection[Any], redis_client: "Redis[bytes]"
) -> None:
    job_id = post(client)
    end(connection, redis_client, job_id, Ending("failed", None, "timed_out", "Too long."))
    answer = client.post(f"/jobs/{job_id}/retry")
    assert (answer.status_code, answer.get_json()["status"]) == (202, "queued")
    running = client.post(f"/jobs/{job_id}/retry")
    assert (running.status_code, running.get_json()["code"]) == (503, "analysis_in_progress")


def test_the_history_is_paged_newest_first(client: FlaskClient) -> None:
    made = []
    for _ in range(5):
        made.append(post(client))
        client.delete(f"/jobs/{made[-1]}")
    seen: list[str] = []
    cursor = None
    while True:
        page = client.get(
            "/jobs", query_string={"limit": 2, "wallet": WALLET, **({"cursor": cursor} if cursor else {})}
        )
        body = page.get_json()
        seen += [job["jobId"] for job in body["items"]]
        cursor = body["nextCursor"]
        if cursor is None:
            break
    assert seen == made[::-1]
    assert client.get("/jobs", query_string={"wallet": OTHER}).get_json() == {"items": [], "nextCursor": None}
    assert client.get("/jobs?status=completed").get_json()["items"] == []
    assert len(client.get("/jobs?status=cancelled&type=dashboard-wallet-analysis").get_json()["items"]) == 5
    assert client.get("/jobs?to=2020-01-01T00:00:00Z").get_json()["items"] == []
    assert len(client.get("/jobs?from=2020-01-01T00:00:00Z").get_json()["items"]) == 5


@pytest.mark.parametrize(
    "query",
    ["cursor=nonsense", "limit=0", "limit=many", "status=odd", "wallet=short", "from=yesterday", "other=1"],
)
def test_a_bad_question_to_the_history_is_refused(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/jobs?{query}")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_the_event_log_reads_on_from_an_id(client: FlaskClient, redis_client: "Redis[bytes]") -> None:
    job_id = post(client)
    for percent in (5, 10, 15):
        told = {"jobId": job_id, "progress": percent, "status": "processing", "step": "sync"}
        events.emit(redis_client, Speaker(job_id), events.PROGRESS, told)
    log = client.get(f"/jobs/{job_id}/events").get_json()["events"]
    assert [event["data"]["progress"] for event in log] == [5, 10, 15]
    assert [event["event"] for event in log] == ["job-progress"] * 3
    later = client.get(f"/jobs/{job_id}/events", query_string={"after": log[0]["id"]}).get_json()["events"]
    assert later == log[1:]
    assert client.get(f"/jobs/{job_id}/events?after=x").status_code == 400


def test_server_sent_events_resume_where_the_client_was(
    client: FlaskClient, redis_client: "Redis[bytes]"
) -> None:
    job_id = post(client)
    ids = [
        events.emit(
            redis_client,
            Speaker(job_id),
            events.NOTICE,
            {"jobId": job_id, "code": "c", "message": str(number)},
        )
        for number in range(3)
    ]
    with client.get(
        f"/jobs/{job_id}/events", headers={"Accept": "text/event-stream", "Last-Event-ID": ids[0]}
    ) as answer:
        assert answer.mimetype == "text/event-stream"
        lines = iter(answer.response)
        text = "".join(
            str(next(lines), "utf-8") if isinstance(lines, bytes) else _text(next(lines)) for _ in range(4)
        )
    entries = [
        dict(line.split(": ", 1) for line in entry.splitlines()) for entry in text.strip().split("\n\n")
    ]
    assert entries[0] == {"retry": "2000"}
    assert [entry["event"] for entry in entries[1:]] == ["subscribed", "job-notice", "job-notice"]
    assert [entry["id"] for entry in entries[2:]] == ids[1:]
    assert json.loads(entries[3]["data"])["data"]["message"] == "2"


def _text(chunk: str | bytes) -> str:
    return chunk.decode() if isinstance(chunk, bytes) else chunk
