"""Jobs: where each stands, its events, its end; the queues they wait in."""

from typing import Any

from flask import request

from api.arguments import Blueprint
from api.cursor import cursor_of, position_of
from api.doors import doors
from api.problems import Problem
from api.schemas.jobs import (
    CancelledSchema,
    EventLogSchema,
    EventsQuerySchema,
    JobPageSchema,
    JobProgressSchema,
    JobSchema,
    JobsQuerySchema,
    QueueSchema,
    QueuesSchema,
    ResultSchema,
    check_job_id,
)
from api.stream.sse import event_stream
from walletjobs import ops
from walletjobs.core.run import RunFilter
from walletjobs.jobs import events, status
from walletjobs.jobs.connection import translated
from walletjobs.jobs.queue import QUEUES

blueprint = Blueprint("jobs", __name__, description="Jobs and queues")


@blueprint.before_request
def _check() -> None:
    check_job_id((request.view_args or {}).get("job_id", "none"))


@blueprint.route("", methods=["GET"])
@blueprint.arguments(JobsQuerySchema, location="query")
@blueprint.response(200, JobPageSchema)
@blueprint.refuses(400, 503)
def history(query: dict[str, Any]) -> Any:
    """Jobs, newest first."""
    return _page(query)


@blueprint.route("/failed", methods=["GET"])
@blueprint.arguments(
    JobsQuerySchema(only=("wallet", "type", "since", "until", "cursor", "limit")), location="query"
)
@blueprint.response(200, JobPageSchema)
@blueprint.refuses(400, 503)
def failed(query: dict[str, Any]) -> Any:
    """Jobs that failed, newest first."""
    return _page({**query, "status": "failed"})


@blueprint.route("/queues", methods=["GET"])
@blueprint.response(200, QueuesSchema)
@blueprint.refuses(503)
def queues() -> Any:
    """Every queue: how many wait, for how long, who works, how many processes it calls for."""
    with doors().database() as connection:
        return {"queues": ops.queues(doors().redis, connection)}


@blueprint.route("/queues/<name>", methods=["GET"])
@blueprint.response(200, QueueSchema)
@blueprint.refuses(404, 503)
def queue(name: str) -> Any:
    """One queue."""
    if name not in QUEUES:
        raise Problem(404, "queue_not_found", f"There is no such queue; there are {', '.join(QUEUES)}.")
    with doors().database() as connection:
        return ops.queue(doors().redis, connection, name)


@blueprint.route("/<job_id>", methods=["GET"])
@blueprint.response(200, JobSchema)
@blueprint.refuses(404, 503)
def job(job_id: str) -> Any:
    """A job as it is now."""
    return _view(job_id)


@blueprint.route("/<job_id>/progress", methods=["GET"])
@blueprint.response(200, JobProgressSchema)
@blueprint.refuses(404, 503)
def progress(job_id: str) -> Any:
    """How far a job is."""
    return _view(job_id)


@blueprint.route("/<job_id>/result", methods=["GET"])
@blueprint.response(200, ResultSchema)
@blueprint.refuses(404, 409, 503)
def result(job_id: str) -> Any:
    """How a job ended; 409 until it is over."""
    view = _view(job_id)
    if view.live:
        raise Problem(409, "job_not_over", f"The job is not over: {view.status}, {view.progress} %.")
    return view


@blueprint.route("/<job_id>", methods=["DELETE"])
@blueprint.response(202, CancelledSchema)
@blueprint.refuses(404, 409, 503)
def cancel(job_id: str) -> Any:
    """Cancel a job, queued or running."""
    with doors().database() as connection:
        word = status.cancel(doors().redis, connection, job_id)
    return {"jobId": job_id, "status": word}


@blueprint.route("/<job_id>/retry", methods=["POST"])
@blueprint.response(202, JobSchema)
@blueprint.refuses(404, 409, 503)
def retry(job_id: str) -> Any:
    """Queue a failed or cancelled job again."""
    with doors().database() as connection:
        return status.retry(doors().redis, connection, job_id)


@blueprint.route("/<job_id>/events", methods=["GET"])
@blueprint.arguments(EventsQuerySchema, location="query")
@blueprint.response(200, EventLogSchema)
@blueprint.refuses(400, 404, 503)
def event_log(query: dict[str, Any], job_id: str) -> Any:
    """A job's events; with `Accept: text/event-stream` as Server-Sent Events that go on as they come."""
    if request.accept_mimetypes.best_match(["application/json", "text/event-stream"]) == "text/event-stream":
        return event_stream(job_id, request.headers.get("Last-Event-ID") or query["after"])
    view = _view(job_id)
    with translated():
        told = events.replay(doors().redis, view.job_id, query["after"] or events.BEGINNING)
    return {"events": [event.message() for event in told]}


def _view(job_id: str) -> status.JobView:
    with doors().database() as connection:
        return status.job_view(doors().redis, connection, job_id)


def _page(query: dict[str, Any]) -> dict[str, Any]:
    cursor, limit = query.pop("cursor", None), query.pop("limit")
    which = RunFilter(**query, before=position_of(cursor) if cursor else None, limit=limit + 1)
    with doors().database() as connection:
        views = status.history(connection, which)
    more = len(views) > limit
    return {"items": views[:limit], "nextCursor": cursor_of(views[limit - 1]) if more else None}
