"""Turns every error that leaves a view into a problem; the one place that knows their status."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask_limiter import RateLimitExceeded
from redis.exceptions import RedisError
from simple_websocket import ConnectionClosed, ConnectionError, Server
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from wsproto.utilities import RemoteProtocolError

from api.limits import seconds_to_wait
from api.problems import MEDIA_TYPE, Problem, answer
from walletjobs import errors

log = structlog.get_logger(__name__)

STATUS: dict[type[errors.WalletjobsError], int] = {
    errors.InvalidAddress: 400,
    errors.InvalidData: 400,
    errors.InvalidJob: 400,
    errors.UnknownWallet: 404,
    errors.UnknownToken: 404,
    errors.ImageRefused: 404,
    errors.UnknownJob: 404,
    errors.UnknownBatch: 404,
    errors.UnknownSchedule: 404,
    errors.JobIsOver: 409,
    errors.DependencyFailed: 422,
    errors.AnalysisInProgress: 503,
    errors.RateLimited: 429,
}
#: Stable codes and plain words of what the server refuses by itself.
PLAIN = {
    400: ("bad_request", "The request cannot be understood."),
    401: ("unauthorized", "This needs a key."),
    403: ("forbidden", "This is not open to you."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not answer that method."),
    406: ("not_acceptable", "This cannot be given in a form you accept."),
    408: ("request_timeout", "The request took too long to arrive."),
    413: ("body_too_large", "The body is larger than this server takes."),
    415: ("unsupported_media_type", "The body must be JSON: Content-Type: application/json."),
    429: ("too_many_requests", "That is too many requests; wait as long as Retry-After says."),
    500: ("internal_error", "The server failed; the request id finds it in the log."),
}
FORMS = (MEDIA_TYPE, "application/json", "text/html")  # who does not care gets the first
IN_PROGRESS_WAIT = 10  # seconds until it is worth asking again
POURED = 4 * 1024 * 1024  # bytes of a body too large that are read for the sake of the connection
OUTAGE_WAIT = 5  # seconds


def register(app: Flask) -> None:
    """Makes problem+json the answer to every error of ``app``."""
    handlers: list[tuple[type[Exception], Callable[..., Response | HTTPException]]] = [
        (Problem, answer),
        (RateLimitExceeded, _too_many),
        (HTTPException, _of_http),
        (errors.WalletjobsError, _of_ours),
        (RedisError, _of_redis),
        (ConnectionError, _bad_handshake),
        (RemoteProtocolError, _bad_handshake),
        (Exception, _of_anything),
    ]
    for error, handler in handlers:
        app.register_error_handler(error, handler)


def _too_many(error: RateLimitExceeded) -> Response:
    return answer(_plain(429), {"Retry-After": str(seconds_to_wait())})


def _of_http(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error  # a redirect, or 304
    if error.code == 404 and request.accept_mimetypes.best_match(FORMS) == "text/html":
        return make_response(render_template("not_found.html"), 404)
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    response = answer(_plain(error.code), headers)
    if error.code == 413:
        response.call_on_close(partial(_pour_away, request.environ["wsgi.input"]))
    return response


def _pour_away(body: IO[bytes]) -> None:
    """Reads what is left of a body: over more than a little of it gunicorn closes the connection it said it keeps."""
    left = POURED
    while left > 0 and (part := body.read(min(left, 64 * 1024))):
        left -= len(part)


def _of_ours(error: errors.WalletjobsError) -> Response:
    status = STATUS.get(type(error), 503 if error.transient else 500)
    if status == 500:
        log.error("unexpected refusal", code=error.code, exc_info=error)
    problem = Problem(status, error.code, error.detail)
    if isinstance(error, errors.AnalysisInProgress):
        problem.members = {"jobId": error.job_id, "monitoringUrl": f"/jobs/{error.job_id}"}
        return answer(problem, {"Retry-After": str(IN_PROGRESS_WAIT)})
    if not isinstance(error, errors.Transient):
        return answer(problem)
    log.warning("unavailable", code=error.code, detail=error.detail)
    problem.detail = (type(error).__doc__ or "").partition("\n")[0]  # the driver's own words stay in the log
    return answer(problem, {"Retry-After": str(math.ceil(error.retry_after or OUTAGE_WAIT))})


def _of_redis(error: RedisError) -> Response:
    return _of_ours(errors.QueueUnavailable(str(error)))


def _bad_handshake(_error: Exception) -> Response:
    return answer(Problem(400, "bad_handshake", "This is no websocket handshake."))


def _of_anything(error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    return answer(_plain(500))


def _plain(status: int) -> Problem:
    fallback = ("bad_request", "The request was refused.") if status < 500 else PLAIN[500]
    return Problem(status, *PLAIN.get(status, fallback))


@contextmanager
def closing_on_failure(ws: Server) -> Iterator[None]:
    """Inside it, a failure closes the websocket with 1011: flask-sock would write an HTTP 500 into it."""
    try:
        yield
    except (ConnectionClosed, OSError):
        return  # the client is gone
    except Exception as error:
        log.error("websocket failed", exc_info=error)
        with suppress(ConnectionClosed, OSError):
            ws.close(1011, "the server failed")
