"""Websockets of a real gunicorn with two processes: snapshot, replay, many jobs, refusals, outages."""

import contextlib
import json
import signal
import socket as sockets
import time
from pathlib import Path
from typing import Any

import pytest
from jobservice import until
from psycopg import Connection
from redis import Redis
from simple_websocket import ConnectionClosed, ConnectionError
from webworld import ANALYSIS, OTHER, WALLET, MakeWeb, Socket, Web

from walletjobs.config import Config
from walletjobs.core.book import Book
from walletjobs.core.coverage import History, coverage_of
from walletjobs.core.pnl import wallet_of
from walletjobs.core.run import Ending
from walletjobs.core.tokens import tokens_of
from walletjobs.db.runs import RunRepository
from walletjobs.dev.valkey import Valkey
from walletjobs.jobs import events, status
from walletjobs.jobs.events import Speaker
from walletjobs.jobs.progress import JobReport, Start
from walletjobs.jobs.queue import fetch_job
from walletjobs.services.present import coverage_json, wallet_json

STEPS = [
    ("lock", 5),
    ("status", 10),
    ("sync", 15),
    ("sync", 40),
    ("analyses", 50),
    ("pnl", 65),
    ("behavior", 80),
]
COMPLETED = Ending("completed", {"processingTimeMs": 7})


class Worker:
    """Tells of jobs as a worker would."""

    def __init__(self, redis: "Redis[bytes]", connection: Connection[Any]) -> None:
        self._redis = redis
        self._connection = connection

    def progress(self, job_id: str, step: str, percent: int) -> str:
        data = {"jobId": job_id, "progress": percent, "status": "processing", "step": step}
        return self._emit(job_id, events.PROGRESS, data)

    def notice(self, job_id: str, message: str) -> str:
        return self._emit(job_id, events.NOTICE, {"jobId": job_id, "code": "told", "message": message})

    def enrichment(self, job_id: str, enriched: int) -> str:
        data = {"jobId": job_id, "enriched": enriched, "total": 9, "tokens": []}
        return self._emit(job_id, events.ENRICHMENT, data)

    def partial(self, job_id: str) -> None:
        """Early figures, as a start of the job tells them."""
        run, job = RunRepository(self._connection).begin(job_id), fetch_job(self._redis, job_id)
        assert run is not None
        assert job is not None
        start = Start(Config("", ""), self._redis, self._connection, job, run)
        events.take_turn(self._redis, start.speaker, 60)
        book = Book(WALLET)
        coverage = coverage_of(book, History(complete=False, gaps=1, unreadable=0))
        wallet = wallet_json(wallet_of(book, tokens_of(book)))
        figures = {"wallet": wallet, "coverage": coverage_json(coverage), "stored": 1000, "expected": None}
        JobReport(start).partial(figures)

    def end(self, job_id: str, ending: Ending = COMPLETED) -> None:
        runs = RunRepository(self._connection)
        run = runs.begin(job_id)
        assert run is not None
        assert runs.finish(run, ending)
        ended = runs.find(job_id)
        assert ended is not None
        status.announce_end(self._redis, runs, ended)

    def _emit(self, job_id: str, event: str, data: dict[str, Any]) -> str:
        return events.emit(self._redis, Speaker(job_id), event, data) or ""


@pytest.fixture
def worker(redis_client: "Redis[bytes]", connection: Connection[Any]) -> Worker:
    return Worker(redis_client, connection)


def post(web: Web, wallet: str = WALLET) -> str:
    return str(web.ask(ANALYSIS, {"walletAddress": wallet}).body["jobId"])


def closing_code(socket: Socket) -> int:
    """Why the server closed, once it has."""
    with contextlib.suppress(ConnectionClosed):
        while socket.receive(timeout=30) is not None:
            pass
    assert not socket.connected
    return int(socket.close_reason)


def test_a_subscriber_gets_the_snapshot_then_every_step_in_order_then_the_end(
    web: Web, worker: Worker
) -> None:
    job_id = post(web)
    socket = web.socket()
    socket.say(event="subscribe", jobId=job_id, type="dashboard-analysis")
    snapshot = socket.hear()
    assert snapshot["event"] == "subscribed"
    assert snapshot["at"].endswith("Z")
    assert snapshot["data"] == web.ask(f"/jobs/{job_id}").body
    for step, percent in STEPS:
        worker.progress(job_id, step, percent)
        time.sleep(0.11)  # a worker tells ten times a second at most
    worker.end(job_id)
    frames = socket.hear_until("job-completed")
    assert [(frame["data"]["step"], frame["data"]["progress"]) for frame in frames[:-1]] == STEPS
    assert {frame["data"]["jobId"] for frame in frames} == {job_id}
    assert set(frames[0]) == {"event", "id", "at", "data"}
    assert frames[-1]["data"]["resultUrl"] == f"/api/v1/wallets/{WALLET}"
    ids = [events_position(frame["id"]) for frame in frames]
    assert ids == sorted(set(ids))


def test_who_comes_late_finds_the_last_provisional_figures_in_the_snapshot(web: Web, worker: Worker) -> None:
    job_id = post(web)
    assert web.ask(f"/jobs/{job_id}").body["partialResult"] is None
    worker.partial(job_id)
    (told,) = web.ask(f"/jobs/{job_id}/events").body["events"]
    socket = web.socket()
    socket.say(event="subscribe", jobId=job_id)
    snapshot = socket.hear()["data"]
    assert {"jobId": job_id, **snapshot["partialResult"]} == told["data"]
    assert snapshot == web.ask(f"/jobs/{job_id}").body
    worker.end(job_id)
    socket.hear_until("job-completed")
    assert web.ask(f"/jobs/{job_id}").body["partialResult"] is None


def events_position(event_id: str) -> tuple[int, int]:
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds), int(number)


def test_a_burst_reaches_a_subscriber_with_every_step_and_the_last_progress(web: Web, worker: Worker) -> None:
    job_id = post(web)
    socket = web.socket(f"/jobs/{job_id}/stream")
    assert socket.hear()["event"] == "subscribed"
    for percent in range(15, 41):
        worker.progress(job_id, "sync", percent)
    for step, percent in STEPS[4:]:
        worker.progress(job_id, step, percent)
    worker.end(job_id)
    seen = [
        (frame["data"]["step"], frame["data"]["progress"])
        for frame in socket.hear_until("job-completed")[:-1]
    ]
    assert [entry for entry in seen if entry in STEPS] == STEPS[2 if seen[0] == STEPS[2] else 3 :]
    assert ("sync", 40) in seen


def test_who_subscribes_after_the_end_gets_the_end(web: Web, worker: Worker) -> None:
    job_id = post(web)
    worker.progress(job_id, "sync", 20)
    worker.end(job_id)
    late = worker.enrichment(job_id, 3)  # enrichment may outlive its analysis
    socket = web.socket()
    socket.say(event="subscribe", jobId=job_id)
    frames = [socket.hear(), socket.hear(), socket.hear()]
    assert [frame["event"] for frame in frames] == ["subscribed", "job-completed", "enrichment"]
    assert (frames[0]["data"]["status"], frames[0]["data"]["progress"]) == ("completed", 100)
    assert frames[2]["id"] == late


def test_who_subscribes_after_the_stream_is_gone_still_gets_the_end(
    web: Web, worker: Worker, redis_client: "Redis[bytes]"
) -> None:
    job_id = post(web)
    worker.end(job_id, Ending("failed", None, "timed_out", "It took too long."))
    redis_client.flushdb()
    socket = web.socket()
    socket.say(event="subscribe", jobId=job_id)
    data = socket.hear()["data"]
    assert (data["status"], data["error"]) == ("failed", {"code": "timed_out", "detail": "It took too long."})


def test_what_was_missed_is_replayed_once_and_in_order(web: Web, worker: Worker) -> None:
    job_id = post(web)
    ids = [worker.notice(job_id, str(number)) for number in range(10)]
    socket = web.socket()
    socket.say(event="subscribe", jobId=job_id, lastEventId=ids[3])
    assert socket.hear()["id"] == ids[3]
    ids += [worker.notice(job_id, "live")]
    assert [socket.hear()["id"] for _ in range(7)] == ids[4:]
    everything = web.socket(f"/api/v1/jobs/{job_id}/stream?lastEventId=0-0")
    assert [everything.hear()["id"] for _ in range(12)] == ["0-0", *ids]


def test_reconnecting_again_and_again_loses_and_doubles_nothing(web: Web, worker: Worker) -> None:
    job_id = post(web)
    told = [worker.notice(job_id, "0")]
    heard: list[str] = []
    for _ in range(8):
        socket = web.socket()
        socket.say(event="subscribe", jobId=job_id, lastEventId=heard[-1] if heard else "0-0")
        assert socket.hear()["event"] == "subscribed"
        told += [worker.notice(job_id, str(number)) for number in range(25)]
        heard += [socket.hear()["id"] for _ in range(12)]
        socket.close()
        told += [worker.notice(job_id, "while away")]
    socket = web.socket()
    socket.say(event="subscribe", jobId=job_id, lastEventId=heard[-1])
    socket.hear()
    heard += [socket.hear()["id"] for _ in range(len(told) - len(heard))]
    assert heard == told


def test_subscribing_twice_brings_each_event_once(web: Web, worker: Worker) -> None:
    job_id = post(web)
    socket = web.socket()
    for _ in range(2):
        socket.say(event="subscribe", jobId=job_id)
        assert socket.hear()["event"] == "subscribed"
    told = [worker.notice(job_id, "one"), worker.notice(job_id, "two")]
    socket.say(event="subscribe", jobId=job_id, lastEventId="0-0")
    frames = [socket.hear() for _ in range(3)]
    assert [frame["id"] for frame in frames if frame["event"] == "job-notice"] == told


def test_one_socket_follows_many_jobs_and_leaves_one(web: Web, worker: Worker) -> None:
    first, second = post(web), post(web, OTHER)
    socket = web.socket()
    for job_id in (first, second):
        socket.say(event="subscribe", jobId=job_id)
        assert socket.hear()["data"]["jobId"] == job_id
    worker.notice(first, "one")
    worker.notice(second, "two")
    assert {socket.hear()["data"]["jobId"] for _ in range(2)} == {first, second}
    socket.say(event="unsubscribe", jobId=first)
    socket.say(event="ping")
    assert socket.hear()["event"] == "pong"
    worker.notice(first, "unheard")
    worker.notice(second, "heard")
    assert socket.hear()["data"]["message"] == "heard"


def test_every_subscriber_of_every_process_gets_every_event_once(web: Web, worker: Worker) -> None:
    job_id = post(web)
    tabs = [web.socket() for _ in range(12)]  # spread over both processes
    for tab in tabs:
        tab.say(event="subscribe", jobId=job_id)
        assert tab.hear()["event"] == "subscribed"
    told = [worker.notice(job_id, str(number)) for number in range(20)]
    worker.end(job_id)
    for tab in tabs:
        assert [frame["id"] for frame in tab.hear_until("job-completed")][:-1] == told


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"event": "subscribe", "jobId": "dashboard-0123456789abcdef"}, "job_not_found"),
        ({"event": "subscribe", "jobId": "a\0b"}, "job_not_found"),
        ({"event": "subscribe"}, "invalid_data"),
        ({"event": "subscribe", "jobId": 7}, "invalid_data"),
        ({"event": "subscribe", "jobId": "x", "lastEventId": "yesterday"}, "invalid_data"),
        ({"event": "subscribe", "jobId": "x", "lastEventId": 7}, "invalid_data"),
        ({"event": ["subscribe"]}, "invalid_data"),
        ({"event": "dance"}, "invalid_data"),
        ([], "invalid_data"),
        ("text", "invalid_data"),
    ],
)
def test_a_refused_message_is_answered_and_the_socket_goes_on(web: Web, message: Any, code: str) -> None:
    job_id = post(web)
    socket = web.socket()
    for text in (json.dumps(message), "{", b"\xff\xfe", "[" * 5000):
        socket.send(text)
    errors = [socket.hear() for _ in range(4)]
    assert {frame["event"] for frame in errors} == {"error"}
    assert [frame["data"]["code"] for frame in errors] == [
        code,
        "invalid_data",
        "invalid_data",
        "invalid_data",
    ]
    assert errors[0]["data"]["detail"]
    socket.say(event="subscribe", jobId=job_id)
    assert socket.hear()["event"] == "subscribed"


def test_an_unknown_job_is_told_on_its_own_stream_too(web: Web) -> None:
    frame = web.socket("/api/v1/jobs/dashboard-0123456789abcdef/stream").hear()
    assert (frame["event"], frame["data"]["code"]) == ("error", "job_not_found")


def test_other_sites_pages_may_not_listen(make_web: MakeWeb) -> None:
    web = make_web(ALLOWED_ORIGINS="https://friend.example")
    here = f"http://127.0.0.1:{web.port}"
    for origin in (here, "https://friend.example"):
        assert web.shake(Origin=origin).body["code"] == "bad_handshake"  # welcome, but it has no key
    for origin in ("https://evil.example", "null", "", f"{here}.evil.example", "http://127.0.0.1"):
        for path in ("/ws", "/api/v1/ws", "/jobs/x/stream"):
            answer = web.shake(path, Origin=origin)
            assert (answer.status, answer.body["code"]) == (403, "origin_refused")
    with pytest.raises(ConnectionError, match="403"):
        web.socket(Origin="https://evil.example")


def test_a_broken_handshake_is_a_clear_problem(web: Web) -> None:
    answer = web.shake()
    assert (answer.status, answer.body["code"]) == (400, "bad_handshake")
    assert web.ask("/ws").status == 400


def test_too_many_sockets_are_told_to_come_later(make_web: MakeWeb) -> None:
    web = make_web(processes=1, MAX_SOCKETS="2")
    first, second = web.socket(), web.socket()
    for socket in (first, second):  # a handshake alone takes no place yet
        _ping(socket)
    assert closing_code(web.socket()) == 1013
    first.close()
    until(lambda: _serves(web))
    _ping(second)


def _ping(socket: Socket) -> None:
    socket.say(event="ping")
    assert socket.hear()["event"] == "pong"


def _serves(web: Web) -> bool:
    socket = web.socket()
    with contextlib.suppress(ConnectionClosed):
        socket.say(event="ping")
        return socket.receive(timeout=10) is not None
    return False


def test_a_slow_client_is_closed_and_others_get_everything(web: Web, worker: Worker) -> None:
    job_id = post(web)
    quick = web.socket()
    quick.say(event="subscribe", jobId=job_id)
    quick.hear()
    slow = sockets.create_connection(("127.0.0.1", web.port))
    request = (
        f"GET /jobs/{job_id}/stream HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\nUpgrade: websocket\r\nConnection: Upgrade"
        "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    slow.sendall(request.encode())
    assert b"101" in slow.recv(1024)
    text = "x" * 100_000
    for _ in range(120):  # twelve megabytes, which slow does not read
        assert worker.notice(job_id, text) == quick.hear()["id"]
    rest = bytearray()
    slow.settimeout(60)
    with contextlib.suppress(ConnectionResetError):
        while chunk := slow.recv(65536):
            rest += chunk
    assert len(rest) < 120 * 100_000
    assert b"\x03\xf5too slow" in rest  # a close frame with 1013
    slow.close()


def test_after_redis_was_away_nothing_is_missed(
    web: Web, worker: Worker, redis_client: "Redis[bytes]"
) -> None:
    job_id = post(web)
    socket = web.socket()
    socket.say(event="subscribe", jobId=job_id)
    socket.hear()
    told = []
    for round_number in range(3):
        redis_client.client_kill_filter(_type="pubsub")  # as a restart does: the reader's connection is gone
        told += [worker.notice(job_id, f"{round_number} {number}") for number in range(10)]
    assert [socket.hear()["id"] for _ in range(30)] == told


def test_sockets_survive_a_redis_that_forgot_everything(
    web: Web, worker: Worker, redis_client: "Redis[bytes]"
) -> None:
    job_id = post(web)
    socket = web.socket()
    socket.say(event="subscribe", jobId=job_id)
    socket.hear()
    worker.notice(job_id, "before")
    socket.hear()
    redis_client.flushdb()
    redis_client.client_kill_filter(_type="pubsub")
    after = worker.notice(job_id, "after")
    assert {socket.hear()["id"] for _ in range(2)} == {None, after}, "the job as it is now, and what came"


def test_an_end_that_redis_forgot_while_nobody_listened_is_told_all_the_same(
    web: Web, worker: Worker, redis_client: "Redis[bytes]", connection: Connection[Any]
) -> None:
    job_id, other = post(web), post(web, OTHER)
    socket = web.socket()
    for each in (job_id, other):
        socket.say(event="subscribe", jobId=each)
        socket.hear()
    runs = RunRepository(connection)
    run = runs.begin(job_id)
    assert run is not None
    runs.finish(run, COMPLETED)  # its event comes to nobody
    redis_client.flushdb()
    redis_client.client_kill_filter(_type="pubsub")
    told = {frame["data"]["jobId"]: frame["data"]["status"] for frame in (socket.hear(), socket.hear())}
    assert told == {job_id: "completed", other: "queued"}


def test_sockets_outlive_a_redis_that_restarts_empty(
    make_web: MakeWeb, connection: Connection[Any], tmp_path: Path
) -> None:
    valkey = Valkey(tmp_path / "valkey", durable=False)
    valkey.start()
    try:
        web = make_web(REDIS_URL=valkey.url)
        job_id, socket = post(web), web.socket()
        socket.say(event="subscribe", jobId=job_id)
        socket.hear()
        valkey.stop()
        away = web.ask(ANALYSIS, {"walletAddress": OTHER})
        assert (away.status, away.body["code"]) == (503, "queue_unavailable")
        assert int(away.headers["Retry-After"]) > 0
        socket.say(event="subscribe", jobId="dashboard-0123456789abcdef")
        assert socket.hear()["data"]["code"] == "queue_unavailable"
        valkey.start()
        with Redis.from_url(valkey.url) as redis:
            worker = Worker(redis, connection)
            told = worker.notice(
                job_id, "back"
            )  # before or after the reader is back: it is heard all the same
            assert {socket.hear()["id"] for _ in range(2)} == {None, told}, "the job as it is now, too"
            worker.end(job_id)
            assert socket.hear()["event"] == "job-completed"
        assert web.ask(ANALYSIS, {"walletAddress": OTHER}).status == 202
    finally:
        valkey.stop()


def test_a_server_that_goes_says_goodbye(make_web: MakeWeb) -> None:
    web = make_web()
    job_id = post(web)
    tabs = [web.socket(f"/jobs/{job_id}/stream") for _ in range(4)]
    for tab in tabs:
        tab.hear()
    web.process.send_signal(signal.SIGTERM)
    assert [closing_code(tab) for tab in tabs] == [1001] * 4
    assert web.process.wait(30) == 0  # it ended by itself


def test_a_client_that_vanishes_leaves_its_place(make_web: MakeWeb) -> None:
    web = make_web(processes=1, MAX_SOCKETS="1")
    gone = web.socket()
    gone.sock.shutdown(sockets.SHUT_RDWR)
    until(lambda: _serves(web))
