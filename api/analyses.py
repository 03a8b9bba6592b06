"""Starting analyses of wallets, and asking where wallets stand."""

from datetime import timedelta
from typing import Any

from flask import current_app

from api.arguments import Blueprint
from api.doors import doors
from api.idempotency import KEY_PARAMETER, idempotent
from api.limits import analyses_a_minute, limiter
from api.schemas.analyses import (
    AcceptedSchema,
    DashboardAnalysisSchema,
    StatusesSchema,
    TriggeredSchema,
    WalletsSchema,
)
from api.submissions import join_or_submit, statuses_of, submit_each

blueprint = Blueprint("analyses", __name__, description="Starting analyses of wallets")

#: RFC 9745: deprecated since 2026-01-01; RFC 8288: what to use instead.
DEPRECATED = {
    "Deprecation": "@1767225600",
    "Link": '</api/v1/analyses/wallets/dashboard-analysis>; rel="successor-version"',
}


@blueprint.route("/wallets/dashboard-analysis", methods=["POST"])
@idempotent
@blueprint.arguments(DashboardAnalysisSchema)
@blueprint.response(202, AcceptedSchema)
@blueprint.refuses(400, 409, 413, 415, 422, 429, 503)
@blueprint.doc(parameters=[KEY_PARAMETER])
@limiter.shared_limit(analyses_a_minute, scope="dashboard-analysis")
def dashboard_analysis(wanted: dict[str, Any]) -> Any:
    """Queue the analysis of a wallet.

    Answers at once with a job to follow. Of simultaneous requests for one wallet one makes a job; the others get
    503 with code `analysis_in_progress` and the running job's id, or with `attach` that job as if it were theirs.
    """
    accepted = join_or_submit(doors(), wanted)
    return accepted, {"Location": f"/api/v1/jobs/{accepted['jobId']}"}


@blueprint.route("/wallets/trigger-analysis", methods=["POST"])
@blueprint.arguments(WalletsSchema)
@blueprint.response(200, TriggeredSchema)
@blueprint.refuses(400, 413, 415, 429, 503)
@blueprint.doc(deprecated=True)
@limiter.shared_limit(analyses_a_minute, scope="trigger-analysis")
def trigger_analysis(wanted: dict[str, Any]) -> Any:
    """Analyze several wallets; use dashboard-analysis instead.

    With USE_DASHBOARD_JOB_SYSTEM each wallet becomes a job; else it is analyzed in the background of the web process.
    """
    triggered = submit_each(doors(), current_app.extensions["in_process"], wanted["walletAddresses"])
    return triggered, DEPRECATED


@blueprint.route("/wallets/status", methods=["POST"])
@blueprint.arguments(WalletsSchema)
@blueprint.response(200, StatusesSchema)
@blueprint.refuses(400, 413, 415, 503)
def wallet_statuses(wanted: dict[str, Any]) -> Any:
    """Where wallets stand: MISSING, STALE, CURRENT or IN_PROGRESS."""
    freshness = timedelta(hours=doors().config.freshness_hours)
    with doors().database() as connection:
        return {"statuses": statuses_of(connection, wanted["walletAddresses"], freshness)}
