"""Batches: many analyses asked for at once, followed and cancelled as one."""

from typing import Any

from flask import request

from api.arguments import Blueprint
from api.doors import doors
from api.idempotency import KEY_PARAMETER, idempotent
from api.limits import analyses_a_minute, client, limiter
from api.schemas.batches import BatchAcceptedSchema, BatchCancelledSchema, BatchSchema, BatchWishSchema
from api.schemas.jobs import EventLogSchema, EventsQuerySchema
from api.stream.sse import event_stream
from walletjobs.jobs import events
from walletjobs.jobs.batches import Wish, batch_view, cancel_batch, new_batch_id, submit_batch
from walletjobs.jobs.connection import translated

blueprint = Blueprint("batches", __name__, description="Many analyses at once")


@blueprint.route("", methods=["POST"])
@idempotent
@blueprint.arguments(BatchWishSchema)
@blueprint.response(202, BatchAcceptedSchema)
@blueprint.refuses(400, 409, 413, 415, 422, 429, 503)
@blueprint.doc(parameters=[KEY_PARAMETER])
@limiter.shared_limit(analyses_a_minute, scope="batch")
def submit(wanted: dict[str, Any]) -> Any:
    """Queue the analyses of up to 1,000 wallets.

    They run in the background: no single analysis waits behind them, and batches of different clients take turns. A
    wallet that is being analyzed joins that job.
    """
    wish = Wish(
        client(),
        wanted["walletAddresses"],
        wanted["forceRefresh"],
        wanted["enrichMetadata"],
        wanted["scope"],
        wanted["method"],
    )
    batch_id = new_batch_id()
    with doors().database() as connection:
        members = submit_batch(connection, wish, batch_id) or []
    place = f"/analyses/batch/{batch_id}"
    accepted = {"batchId": batch_id, "status": "queued", "total": len(members), "jobs": members}
    urls = {"monitoringUrl": place, "eventsUrl": f"{place}/events"}
    return {**accepted, **urls}, {"Location": f"/api/v1{place}"}


@blueprint.route("/<batch_id>", methods=["GET"])
@blueprint.response(200, BatchSchema)
@blueprint.refuses(404, 503)
def batch(batch_id: str) -> Any:
    """A batch as it is now, with its failures."""
    with doors().database() as connection:
        return batch_view(doors().redis, connection, batch_id)


@blueprint.route("/<batch_id>", methods=["DELETE"])
@blueprint.response(202, BatchCancelledSchema)
@blueprint.refuses(404, 409, 503)
def cancel(batch_id: str) -> Any:
    """Cancel a batch: what waits and what runs of it, but nothing that somebody else asked for too."""
    with doors().database() as connection:
        return {"batchId": batch_id, "status": cancel_batch(doors().redis, connection, batch_id)}


@blueprint.route("/<batch_id>/events", methods=["GET"])
@blueprint.arguments(EventsQuerySchema, location="query")
@blueprint.response(200, EventLogSchema)
@blueprint.refuses(400, 404, 503)
def event_log(query: dict[str, Any], batch_id: str) -> Any:
    """A batch's events; with `Accept: text/event-stream` as Server-Sent Events that go on as they come."""
    if request.accept_mimetypes.best_match(["application/json", "text/event-stream"]) == "text/event-stream":
        return event_stream(batch_id, request.headers.get("Last-Event-ID") or query["after"])
    with doors().database() as connection:
        view = batch_view(doors().redis, connection, batch_id)
    with translated():
        told = events.replay(doors().redis, view.batch.id, query["after"] or events.BEGINNING)
    return {"events": [event.message() for event in told]}
