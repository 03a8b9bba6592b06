"""A job's events as Server-Sent Events: for those whom a websocket does not reach."""

import json
import threading
from collections.abc import Iterator

from flask import Response, current_app

from api.doors import doors
from api.problems import Problem
from api.stream.feed import Feed, Frame
from api.stream.hub import Hub
from api.stream.opening import begin

BEAT = 15.0  # seconds; routers cut what is silent for 55
LINGER = 4  # beats without news after a job's end until the stream ends; its enrichment may outlive it
ENDS = ("job-completed", "job-cancelled", "job-failed", "batch-completed")


def event_stream(job_id: str, after: str | None) -> Response:
    """What a subscription would bring, as a stream that a browser resumes by itself.

    A client that comes back for a job with nothing left to tell gets 204, which tells it to stay away.
    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """
    hub: Hub = current_app.extensions["hub"]
    news = threading.Event()
    feed = hub.join(news.set)
    if feed is None:
        raise Problem(
            503, "too_many_subscribers", "Too many clients follow jobs here; ask for the job instead."
        )
    response = Response(mimetype="text/event-stream", headers={"Cache-Control": "no-store"})
    response.call_on_close(lambda: hub.leave(feed))
    try:
        first = begin(doors(), feed, job_id, after)
    except BaseException:
        hub.leave(feed)
        raise
    response.response = _lines(hub, feed, news, first)
    return response


def _lines(hub: Hub, feed: Feed, news: threading.Event, first: list[Frame]) -> Iterator[str]:
    yield "retry: 2000\n\n"
    yield from map(_entry, first)
    over, quiet = _ends(first), 0
    while not hub.stopping and not feed.overflowed and not feed.outdated and not (over and quiet >= LINGER):
        heard = news.wait(BEAT)
        news.clear()
        frames = feed.take()
        quiet = 0 if frames else quiet + (not heard)
        over = over or _ends(frames)
        yield "".join(map(_entry, frames)) or ": still here\n\n"


def _entry(frame: Frame) -> str:
    identity = f"id: {frame.id}\n" if frame.id else ""
    return f"event: {frame.event}\n{identity}data: {frame.text}\n\n"


def _ends(frames: list[Frame]) -> bool:
    return any(
        frame.event in ENDS and not json.loads(frame.text)["data"].get("willRetry") for frame in frames
    )
