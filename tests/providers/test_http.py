"""What HTTP may do to us, over real sockets."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from walletjobs.errors import (
    Cancelled,
    ProviderRefused,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
    WalletjobsError,
)
from walletjobs.providers.http import ATTEMPTS, Call, Pace, Provider, session
from walletjobs.providers.limiter import Limiter, OnWait

KEY = "0123456789-secret-key"
Ask = Callable[..., bytes]


@pytest.fixture
def limiter(redis_client: "redis.Redis[bytes]") -> Limiter:
    """A budget that is never short."""
    return Limiter(redis_client, "test", 100_000)


def provider(limiter: Limiter, on_wait: OnWait | None = None) -> Provider:
    return Provider("Helius", session(), Pace(limiter, on_wait, backoff=0.002))


def non_empty(body: bytes) -> bytes:
    if not body:
        raise ProviderUnavailable("nothing")
    return body


def call_of(server: HTTPServer, path: str = "/") -> Call:
    return Call("GET", server.url_for(path), {"api-key": KEY})


def answers(server: HTTPServer, *responses: Response) -> list[float]:
    """The server gives these one after another, the last one for ever; returns the times of the requests."""
    times: list[float] = []

    def answer(_: Request) -> Response:
        times.append(time.monotonic())
        return responses[min(len(times), len(responses)) - 1]

    server.expect_request("/").respond_with_handler(answer)
    return times


def test_answer_is_read(httpserver: HTTPServer, limiter: Limiter) -> None:
    answers(httpserver, Response("hello"))
    assert provider(limiter).ask(call_of(httpserver), bytes.upper) == b"HELLO"


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 599])
def test_failing_server_is_asked_again(status: int, httpserver: HTTPServer, limiter: Limiter) -> None:
    times = answers(httpserver, Response("oops", status), Response("oops", status), Response("fine"))
    assert provider(limiter).ask(call_of(httpserver), bytes) == b"fine"
    assert len(times) == 3


def test_one_slow_down_is_no_sign_that_the_credits_are_gone(httpserver: HTTPServer, limiter: Limiter) -> None:
    answers(httpserver, Response("too many requests", 429))
    hasty = Provider("Helius", session(), Pace(limiter, backoff=0.002, attempts=1))
    with pytest.raises(RateLimited):
        hasty.ask(call_of(httpserver), bytes)


def test_server_that_goes_on_failing_is_unavailable(httpserver: HTTPServer, limiter: Limiter) -> None:
    times = answers(httpserver, Response("oops", 503, {"Retry-After": "7"}))
    with pytest.raises(ProviderUnavailable, match="Helius failed: HTTP 503") as failed:
        provider(limiter).ask(call_of(httpserver), bytes)
    assert len(times) == ATTEMPTS
    assert failed.value.retry_after == 7


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "refused the request: HTTP 400. no such parameter"),
        (401, "does not accept our API key"),
        (403, "API key or plan"),
        (404, "HTTP 404"),
        (405, "HTTP 405"),
        (301, "HTTP 301"),
    ],
)
def test_refusal_is_permanent_and_not_repeated(
    status: int, words: str, httpserver: HTTPServer, limiter: Limiter
) -> None:
    times = answers(httpserver, Response(f"no such \u202eparameter {KEY}", status, {"Location": "/"}))
    with pytest.raises(ProviderRefused, match=words):
        provider(limiter).ask(call_of(httpserver), bytes)
    assert len(times) == 1


def test_nonsense_is_asked_for_again(httpserver: HTTPServer, limiter: Limiter) -> None:
    answers(httpserver, Response(""), Response("{"), Response("{}"))

    def read(body: bytes) -> bytes:
        if body != b"{}":
            raise ProviderUnavailable("nonsense")
        return body

    assert provider(limiter).ask(call_of(httpserver), read) == b"{}"


def test_slow_down_pauses_everyone_as_long_as_asked(
    httpserver: HTTPServer, limiter: Limiter, redis_client: "redis.Redis[bytes]"
) -> None:
    times = answers(httpserver, Response("", 429, {"Retry-After": "1"}), Response("fine"))
    before = Limiter(redis_client, "test", 100_000).acquire().slot
    waits: list[float] = []
    assert provider(limiter, waits.append).ask(call_of(httpserver), bytes) == b"fine"
    assert Limiter(redis_client, "test", 100_000).acquire().slot >= before + 1_000_000
    assert len(times) == 2
    assert max(waits) > 0.9


def test_retry_after_may_be_a_date_or_nonsense(httpserver: HTTPServer, limiter: Limiter) -> None:
    answers(
        httpserver,
        Response("", 429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        Response("", 429, {"Retry-After": "soon"}),
        Response("fine"),
    )
    assert provider(limiter).ask(call_of(httpserver), bytes) == b"fine"


def test_long_retry_after_sends_the_job_away_instead_of_sleeping(
    httpserver: HTTPServer, limiter: Limiter, redis_client: "redis.Redis[bytes]"
) -> None:
    times = answers(httpserver, Response("", 429, {"Retry-After": "3600"}))
    with pytest.raises(RateLimited) as limited:
        provider(limiter).ask(call_of(httpserver), bytes)
    assert limited.value.retry_after == 3600
    assert len(times) == 1
    assert redis_client.ttl("walletjobs:limit:test") <= 30 + 62, (
        "the others wait 30 s and then see for themselves"
    )


def test_slow_down_without_an_end_means_that_the_credits_are_gone(
    httpserver: HTTPServer, limiter: Limiter, caplog: pytest.LogCaptureFixture
) -> None:
    times = answers(httpserver, Response("too many requests", 429))
    with pytest.raises(QuotaExhausted, match="credits for this month are probably used up"):
        provider(limiter).ask(call_of(httpserver), bytes)
    assert len(times) == ATTEMPTS
    assert "credits" in caplog.text


@pytest.mark.parametrize("words", ["max usage reached", "Monthly QUOTA exceeded", "out of credits"])
def test_credits_said_to_be_gone_are_believed_at_once(
    words: str, httpserver: HTTPServer, limiter: Limiter
) -> None:
    times = answers(httpserver, Response(words, 429))
    with pytest.raises(QuotaExhausted):
        provider(limiter).ask(call_of(httpserver), bytes)
    assert len(times) == 1


def test_nobody_home_is_unavailable(limiter: Limiter) -> None:
    with pytest.raises(ProviderUnavailable, match="did not answer"):
        provider(limiter).ask(Call("GET", "http://127.0.0.1:1/", {"api-key": KEY}), bytes)


@pytest.fixture
def cutter() -> Iterator[tuple[str, list[bytes]]]:
    """A server that cuts each connection after the first of its ``parts``; returns its address and the parts."""
    parts: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(parts.pop(0) if parts else b"")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/", parts
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: gzip\r\n\r\nnope",
        b"not even http\r\n\r\n",
    ],
)
def test_broken_answer_is_asked_for_again(
    part: bytes, cutter: tuple[str, list[bytes]], limiter: Limiter
) -> None:
    url, parts = cutter
    parts += [part, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"]
    assert provider(limiter).ask(Call("GET", url), non_empty) == b"fine"


def test_answer_that_stays_broken_is_unavailable(cutter: tuple[str, list[bytes]], limiter: Limiter) -> None:
    with pytest.raises(ProviderUnavailable, match="did not answer"):
        provider(limiter).ask(Call("GET", cutter[0]), bytes)


def test_cancelled_job_leaves_while_it_waits(httpserver: HTTPServer, limiter: Limiter) -> None:
    answers(httpserver, Response("", 429, {"Retry-After": "25"}))

    def cancel(_: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        provider(limiter, cancel).ask(call_of(httpserver), bytes)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500, None])
def test_key_appears_in_no_error_no_cause_and_no_log(
    status: int | None, httpserver: HTTPServer, limiter: Limiter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers(httpserver, Response(f"what is {KEY}?", status or 200))
    call = call_of(httpserver) if status else Call("GET", "http://127.0.0.1:1/x", {"api-key": KEY})
    seen: list[Any] = [repr(call)]
    try:
        provider(limiter).ask(call, bytes)
    except WalletjobsError as error:
        cause: BaseException | None = error
        while cause is not None:
            seen += [str(cause), repr(cause)]
            cause = cause.__cause__ or cause.__context__
    assert KEY not in "".join(seen)
    ours = [record for record in caplog.records if record.name != "werkzeug"]  # the server of this test
    assert KEY not in "".join(record.getMessage() for record in ours)


def test_connections_are_kept_and_shared_by_threads(httpserver: HTTPServer, limiter: Limiter) -> None:
    answers(httpserver, Response("fine"))
    shared = provider(limiter)
    results: list[bytes] = []

    def ask() -> None:
        results.extend(shared.ask(call_of(httpserver), bytes) for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [b"fine"] * 40
