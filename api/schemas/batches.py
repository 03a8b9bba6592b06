"""Batches of analyses."""

from typing import Any

from marshmallow import Schema, fields, post_dump, validate

from api.schemas.fields import Address, Addresses, Flag, Moment, maybe_whole, scope_field, text, whole
from walletjobs.core.lots import METHODS
from walletjobs.jobs.batches import MOST, BatchView, standing

STATUSES = ["queued", "processing", "cancelling", "completed", "cancelled"]


class BatchWishSchema(Schema):
    """What to analyze."""

    walletAddresses = Addresses(
        f"Addresses of the wallets, up to {MOST}; one that is named twice is analyzed once.",
        required=True,
        validate=validate.Length(1, MOST),
    )
    forceRefresh = Flag(
        load_default=False, metadata={"description": "Sync again even where a wallet's data is current."}
    )
    enrichMetadata = Flag(
        load_default=True,
        metadata={"description": "Fetch names, images, prices and balances of their tokens."},
    )
    scope = scope_field()
    method = fields.String(
        load_default="fifo",
        validate=validate.OneOf(METHODS),
        metadata={"description": "Which lots a sale uses up first."},
    )


class MemberSchema(Schema):
    """One wallet of a batch."""

    walletAddress = Address("The wallet.", required=True, attribute="wallet")
    jobId = text("The job that analyzes it.", attribute="job_id")
    joined = fields.Boolean(
        required=True, metadata={"description": "Whether the job was there before the batch."}
    )


class BatchAcceptedSchema(Schema):
    """A batch that was accepted."""

    batchId = text("The batch's identifier.")
    status = text("The batch's status.", validate=validate.OneOf(STATUSES))
    total = whole("How many wallets it has.")
    jobs = fields.List(fields.Nested(MemberSchema), required=True)
    monitoringUrl = text("Where to ask for the batch.")
    eventsUrl = text("Its event log; as Server-Sent Events where asked.")


class BatchCountsSchema(Schema):
    """How many of its jobs stand where."""

    queued = whole("Waiting for their turn.")
    processing = whole("At work, or waiting for their next attempt.")
    completed = whole("Completed.")
    failed = whole("Failed.")
    cancelled = whole("Cancelled.")


class FailureSchema(Schema):
    """A wallet whose analysis failed."""

    walletAddress = text("The wallet.", attribute="wallet")
    jobId = text("Its job.", attribute="job_id")
    code = text("Stable, for machines.")
    detail = text("For people.")


class BatchSchema(Schema):
    """A batch, now."""

    batchId = text("The batch's identifier.")
    status = text(
        "completed where every job is over, failed ones among them.", validate=validate.OneOf(STATUSES)
    )
    progress = whole("Percent, 0 to 100: the mean of its jobs.", validate=validate.Range(0, 100))
    total = whole("How many wallets it has.")
    counts = fields.Nested(BatchCountsSchema, required=True)
    etaSeconds = maybe_whole("Seconds until it is expected to end.")
    failures = fields.List(fields.Nested(FailureSchema), required=True)
    createdAt = Moment("When it was accepted.", attribute="batch.created_at")
    cancelledAt = Moment("When its end was asked for.", attribute="batch.cancelled_at", allow_none=True)
    endedAt = Moment("When its last job was over.", attribute="batch.ended_at", allow_none=True)
    jobsUrl = text("Its jobs, a page at a time.")

    @post_dump(pass_original=True)
    def complete(self, data: dict[str, Any], view: BatchView, **_: Any) -> dict[str, Any]:
        """Adds what a view does not hold as it is."""
        return {**data, **standing(view.batch), "jobsUrl": f"/api/v1/jobs?batch={view.batch.id}"}


class BatchCancelledSchema(Schema):
    """A batch whose end was asked for."""

    batchId = text("The batch's identifier.")
    status = text("cancelled; cancelling where some of its jobs still run.")
