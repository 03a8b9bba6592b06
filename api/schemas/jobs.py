"""Jobs and queues."""

import re
from datetime import UTC
from typing import Any

from marshmallow import Schema, fields, post_dump, validate

from api.schemas.fields import Address, Moment, maybe_text, maybe_whole, text, whole
from api.schemas.figures import Figures
from api.schemas.wallets import CoverageSchema, WalletFiguresSchema
from walletjobs.errors import UnknownJob
from walletjobs.jobs.status import JobView

JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")  # what RQ takes
STATUSES = ["queued", "processing", "retrying", "completed", "failed", "cancelled"]


def check_job_id(text: str) -> None:
    """Nothing, where the text may be a job's id.

    Raises: UnknownJob.
    """
    if not JOB_ID.fullmatch(text):
        raise UnknownJob


class JobErrorSchema(Schema):
    """Why a job failed."""

    code = text("Stable, for machines.")
    detail = text("For people.")


class JobLinksSchema(Schema):
    """Where to go from a job."""

    self = text("The job.")
    progress = text("Its progress alone.")
    result = text("Its result, when it is over.")
    events = text("Its event log; as Server-Sent Events where asked.")
    stream = text("Websocket with its events.")


class JobProgressSchema(Schema):
    """How far a job is."""

    jobId = text("The job's identifier.", attribute="job_id")
    status = text("The job's status.", validate=validate.OneOf(STATUSES))
    progress = whole("Percent, 0 to 100.", validate=validate.Range(0, 100))
    step = maybe_text("The step it is at: lock, status, sync, analyses, pnl, behavior, enrichment, done.")
    message = maybe_text("What it does now, for people.")
    counts = fields.Dict(
        required=True,
        allow_none=True,
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "Totals so far, such as transactions and pages."},
    )
    etaSeconds = maybe_whole("Seconds until it is expected to end.", attribute="eta_seconds")


class PartialResultSchema(Figures):
    """Provisional figures of the newest transactions, while older history loads."""

    provisional = fields.Boolean(required=True, metadata={"description": "Always true."})
    wallet = fields.Nested(WalletFiguresSchema, required=True)
    coverage = fields.Nested(CoverageSchema, required=True)
    stored = whole("Transactions stored when they were computed.")
    expected = maybe_whole("Transactions there will be; null where nobody knows.")


class JobSchema(JobProgressSchema):
    """A job."""

    type = text("The kind of job.")
    queueName = text("The queue it was put in.", attribute="queue_name")
    walletAddress = text("The wallet it works on.", attribute="wallet_address")
    requestId = text("The request that made it.", attribute="request_id")
    attempts = whole("Attempts begun.")
    maxAttempts = whole("Attempts it has.", attribute="max_attempts")
    createdAt = Moment("When it was accepted.", attribute="created_at", allow_none=True)
    startedAt = Moment("When it first began.", attribute="started_at", allow_none=True)
    endedAt = Moment("When it was over.", attribute="ended_at", allow_none=True)
    error = fields.Nested(
        JobErrorSchema, required=True, allow_none=True, metadata={"description": "Why it failed."}
    )
    result = fields.Dict(
        required=True, allow_none=True, metadata={"description": "Receipt of a completed job."}
    )
    partialResult = fields.Nested(
        PartialResultSchema,
        required=True,
        allow_none=True,
        attribute="partial_result",
        metadata={"description": "What partial-result told last, of a job that is not over."},
    )
    enrichmentJobId = maybe_text(
        "The job that fetches token metadata beside it.", attribute="enrichment_job_id"
    )
    dependsOn = maybe_text("The job that must complete before it begins.", attribute="depends_on")
    queuePosition = maybe_whole("How many stand before it in its queue.", attribute="queue_position")
    cancelling = fields.Boolean(required=True, metadata={"description": "Whether its end was asked for."})
    links = fields.Nested(JobLinksSchema, required=True)

    @post_dump(pass_original=True)
    def complete(self, data: dict[str, Any], view: JobView, **_: Any) -> dict[str, Any]:
        """Adds what a view does not hold as it is."""
        return {**data, "error": error_of(view), "links": links_of(view.job_id)}


def error_of(view: JobView) -> dict[str, str] | None:
    """Why a job failed, if it did."""
    return {"code": view.error_code, "detail": view.error_detail or ""} if view.error_code else None


def links_of(job_id: str) -> dict[str, str]:
    """Where to go from a job."""
    place = f"/api/v1/jobs/{job_id}"
    return {"self": place, **{name: f"{place}/{name}" for name in ("progress", "result", "events", "stream")}}


class ResultSchema(Schema):
    """How a job ended."""

    jobId = text("The job's identifier.", attribute="job_id")
    status = text("How it ended.", validate=validate.OneOf(["completed", "failed", "cancelled"]))
    result = fields.Dict(
        required=True, allow_none=True, metadata={"description": "Its receipt, if it completed."}
    )
    error = fields.Nested(JobErrorSchema, required=True, allow_none=True)
    walletUrl = text("Where the wallet's results are.")

    @post_dump(pass_original=True)
    def complete(self, data: dict[str, Any], view: JobView, **_: Any) -> dict[str, Any]:
        """Adds what a view does not hold as it is."""
        return {**data, "error": error_of(view), "walletUrl": f"/api/v1/wallets/{view.wallet_address}"}


class CancelledSchema(Schema):
    """A job whose end was asked for."""

    jobId = text("The job's identifier.")
    status = text("cancelled where it waited; cancelling where it runs.")


class JobsQuerySchema(Schema):
    """Which jobs of the history."""

    wallet = Address("Only this wallet's.")
    status = fields.String(
        validate=validate.OneOf(STATUSES), metadata={"description": "Only with this status."}
    )
    type = fields.String(validate=validate.Length(1, 64), metadata={"description": "Only this kind."})
    batch = fields.String(validate=validate.Length(1, 64), metadata={"description": "Only this batch's."})
    since = fields.AwareDateTime(
        format="iso",
        default_timezone=UTC,
        data_key="from",
        metadata={"description": "Created then or later; ISO 8601."},
    )
    until = fields.AwareDateTime(
        format="iso",
        default_timezone=UTC,
        data_key="to",
        metadata={"description": "Created before then; ISO 8601."},
    )
    cursor = fields.String(metadata={"description": "nextCursor of the page before."})
    limit = fields.Integer(
        load_default=50, validate=validate.Range(1, 200), metadata={"description": "Jobs a page."}
    )


class JobPageSchema(Schema):
    """Jobs, newest first."""

    items = fields.List(fields.Nested(JobSchema), required=True)
    nextCursor = maybe_text("Asks for the next page; null on the last.")


class EventsQuerySchema(Schema):
    """Which events of a job."""

    after = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^[0-9]{1,15}(-[0-9]{1,15})?$"),
        metadata={"description": "Only events after this id."},
    )


class EventSchema(Schema):
    """One event of a job."""

    event = text("Its name, such as job-progress.")
    id = text("Its place in the job's stream: grows, never repeats.")
    at = text("When it happened. ISO 8601, UTC.")
    data = fields.Dict(required=True, metadata={"description": "What it says; begins with the jobId."})


class EventLogSchema(Schema):
    """A job's events, oldest first."""

    events = fields.List(fields.Nested(EventSchema), required=True)


class QueueSchema(Schema):
    """A queue, now."""

    name = text("The queue.")
    depth = whole("Jobs that wait.")
    scheduled = whole("Jobs that wait for their next attempt.")
    started = whole("Jobs that run.")
    failed = whole("Jobs kept as failed.")
    latencySeconds = fields.Float(
        required=True,
        allow_none=True,
        attribute="latency_seconds",
        metadata={"description": "How long its oldest job waits; null where none does."},
    )
    workers = whole("Worker processes that take from it.")
    held = whole("Jobs that wait in Postgres for their turn in it.")
    arrivalsPerMinute = fields.Float(
        required=True, attribute="arrivals_per_minute", metadata={"description": "Jobs accepted, lately."}
    )
    servedPerMinute = fields.Float(
        required=True, attribute="served_per_minute", metadata={"description": "Jobs ended, lately."}
    )
    serviceSeconds = fields.Float(
        required=True,
        allow_none=True,
        attribute="service_seconds",
        metadata={"description": "Mean from a job's start to its end; null where none ended lately."},
    )
    processesWanted = whole(
        "Worker processes that keep up with what arrives and are soon through with what waits.",
        attribute="processes_wanted",
    )


class QueuesSchema(Schema):
    """All queues."""

    queues = fields.List(fields.Nested(QueueSchema), required=True)
