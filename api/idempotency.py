"""The same Idempotency-Key answers the same response for a day."""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import Response, current_app, request
from redis import Redis

from api.doors import doors
from api.limits import client
from api.problems import Problem

KEEP = 24 * 3600  # seconds
IN_FLIGHT = 60  # seconds a request may take before its key is free again
LONGEST_KEY = 255  # characters
KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "The same key within 24 hours answers the same response; with another body it is refused.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}


def idempotent(view: Callable[..., Response]) -> Callable[..., Response]:
    """A view that runs once for each key; what it refuses is not kept, so that it may be asked again.

    Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
    Raises: Problem with 422 if the key came with another body, 409 while the first request still runs.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return view(*args, **kwargs)
        if not 0 < len(key) <= LONGEST_KEY:
            raise Problem(
                400, "invalid_idempotency_key", f"Idempotency-Key has 1 to {LONGEST_KEY} characters."
            )
        redis, name, body = doors().redis, _name(key), hashlib.sha256(request.get_data()).hexdigest()
        if not redis.set(name, json.dumps({"body": body}), nx=True, ex=IN_FLIGHT):
            return _again(json.loads(cast(bytes, redis.get(name)) or "{}"), body)
        return _first(redis, name, {"body": body}, lambda: view(*args, **kwargs))

    return once


def _first(redis: Redis, name: str, record: dict[str, Any], act: Callable[[], Response]) -> Response:
    kept = False
    try:
        response = act()
        if response.status_code < 300:
            answer = {"text": response.get_data(as_text=True), "status": response.status_code}
            place = {"location": response.headers.get("Location")}
            kept = bool(redis.set(name, json.dumps({**record, **answer, **place}), ex=KEEP))
        return response
    finally:
        if not kept:
            redis.delete(name)


def _again(record: dict[str, Any], body: str) -> Response:
    if record.get("body", body) != body:
        raise Problem(422, "idempotency_key_reused", "This Idempotency-Key came with another body before.")
    if "text" not in record:
        raise Problem(409, "request_in_flight", "The first request with this Idempotency-Key still runs.")
    response = current_app.response_class(record["text"], record["status"], mimetype="application/json")
    response.headers["Location"] = record["location"]
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _name(key: str) -> str:
    return (
        "walletjobs:idempotency:"
        + hashlib.sha256(f"{client()}\n{request.endpoint}\n{key}".encode()).hexdigest()
    )
