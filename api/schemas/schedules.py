"""Schedules."""

from marshmallow import Schema, fields, validate

from api.schemas.fields import Addresses, Flag, Moment, maybe_text, maybe_whole, text
from walletjobs.jobs.batches import MOST

YEAR = 366 * 24 * 60  # minutes


class NewScheduleSchema(Schema):
    """What to analyze, and when."""

    walletAddresses = Addresses(
        f"Addresses of the wallets, up to {MOST}.",
        required=True,
        validate=validate.Length(1, MOST),
        attribute="wallets",
    )
    cron = fields.String(
        load_default=None,
        validate=validate.Length(1, 100),
        metadata={"description": "When, in UTC: five fields, or @hourly, @daily, …", "example": "0 6 * * *"},
    )
    everyMinutes = fields.Integer(
        strict=True,
        load_default=None,
        validate=validate.Range(1, YEAR),
        attribute="every_minutes",
        metadata={"description": "Instead of cron: at once, then again after so many minutes."},
    )
    forceRefresh = Flag(
        load_default=True,
        attribute="force_refresh",
        metadata={"description": "Sync each time, even where a wallet's data still counts as current."},
    )
    enrichMetadata = Flag(
        load_default=True,
        attribute="enrich_metadata",
        metadata={"description": "Fetch names, images, prices and balances of their tokens."},
    )


class ScheduleSchema(Schema):
    """A schedule."""

    scheduleId = text("The schedule's identifier.", attribute="id")
    walletAddresses = fields.List(
        fields.String(), required=True, attribute="wallets", metadata={"description": "Its wallets."}
    )
    cron = maybe_text("When, in UTC.")
    everyMinutes = maybe_whole("Or every so many minutes.", attribute="every_minutes")
    forceRefresh = fields.Boolean(
        required=True, attribute="force_refresh", metadata={"description": "Whether it syncs each time."}
    )
    enrichMetadata = fields.Boolean(
        required=True, attribute="enrich_metadata", metadata={"description": "Whether tokens are enriched."}
    )
    createdAt = Moment("When it was made.", attribute="created_at")
    nextRunAt = Moment("When it is due.", attribute="next_run_at")
    lastRunAt = Moment("When it last ran.", attribute="last_run_at", allow_none=True)
    lastBatchId = maybe_text("The batch of its last run.", attribute="last_batch")


class SchedulesSchema(Schema):
    """All schedules, by their next run."""

    schedules = fields.List(fields.Nested(ScheduleSchema), required=True)
