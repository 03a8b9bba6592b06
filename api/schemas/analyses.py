"""Starting analyses, and where wallets stand."""

from marshmallow import Schema, fields, validate

from api.schemas.fields import Address, Addresses, Flag, Moment, maybe_text, scope_field, text
from walletjobs.core.lots import METHODS

MAX_WALLETS = 100  # in one request


class DashboardAnalysisSchema(Schema):
    """What to analyze."""

    walletAddress = Address("The wallet to analyze.", required=True)
    forceRefresh = Flag(
        load_default=False, metadata={"description": "Sync again even if the wallet's data is current."}
    )
    enrichMetadata = Flag(
        load_default=True, metadata={"description": "Fetch names, images, prices and balances of its tokens."}
    )
    attach = Flag(
        load_default=False,
        metadata={
            "description": "Join the running analysis of this wallet, if there is one, instead of a 503."
        },
    )
    scope = scope_field()
    followUps = Flag(
        load_default=False,
        metadata={"description": "After a quick scope the next wider one by itself, up to all."},
    )
    method = fields.String(
        load_default="fifo",
        validate=validate.OneOf(METHODS),
        metadata={"description": "Which lots a sale uses up first."},
    )
    timeoutMinutes = fields.Integer(
        strict=True,
        load_default=None,
        validate=validate.Range(1, 60),
        metadata={"description": "Minutes the job may take; by default 15 with a sync, 8 without."},
    )


class StepSchema(Schema):
    """Of which wallet a step of the analysis is wanted, and after what."""

    walletAddress = Address("The wallet.", required=True)
    dependsOn = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^[A-Za-z0-9_-]{1,128}\Z"),
        metadata={
            "description": "The job that must complete before this one begins; where it does not, this one fails"
            " with dependency_failed."
        },
    )
    attach = Flag(
        load_default=False,
        metadata={"description": "Join the running job of this kind, if there is one, instead of a 503."},
    )
    timeoutMinutes = fields.Integer(
        strict=True,
        load_default=None,
        validate=validate.Range(1, 60),
        metadata={
            "description": "Minutes the job may take; by default 10 for sync and balances, 20 for enrichment, else 8."
        },
    )


class AcceptedSchema(Schema):
    """A job that was accepted, or joined."""

    jobId = text("The job's identifier.")
    requestId = text("The identifier of the request that made the job.")
    status = text("The job's status: queued for a new one.")
    queueName = text("The queue it stands in.")
    estimatedProcessingTime = text("For people, such as “13 minute(s)”.")
    monitoringUrl = text("Where to ask for the job.")
    streamUrl = text("Websocket with the job's events.")
    joined = fields.Boolean(
        required=True, metadata={"description": "Whether the job ran before this request."}
    )


class WalletsSchema(Schema):
    """Some wallets."""

    walletAddresses = Addresses(
        "Addresses of the wallets.", required=True, validate=validate.Length(1, MAX_WALLETS)
    )


class TriggeredSchema(Schema):
    """What the deprecated endpoint did."""

    message = text("For people; with the job system on it names the job ids.")
    triggeredAnalyses = fields.List(
        fields.String(), required=True, metadata={"description": "Wallets begun."}
    )
    skippedAnalyses = fields.List(
        fields.String(), required=True, metadata={"description": "Wallets whose analysis was in progress."}
    )


class WalletStatusSchema(Schema):
    """Where one wallet stands."""

    walletAddress = text("The wallet.")
    status = text(
        "MISSING: never analyzed; STALE: older than the freshness period; CURRENT; IN_PROGRESS.",
        validate=validate.OneOf(["MISSING", "STALE", "CURRENT", "IN_PROGRESS"]),
    )
    lastAnalyzedAt = Moment("End of the last whole analysis.", allow_none=True)
    lastSyncedAt = Moment("End of the last whole sync.", allow_none=True)
    runningJobId = maybe_text("The job that works on it now.")


class StatusesSchema(Schema):
    """Where the wallets stand, in the order asked."""

    statuses = fields.List(fields.Nested(WalletStatusSchema), required=True)
