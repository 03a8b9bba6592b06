"""Starting analyses of wallets, and asking where wallets stand."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from flask import current_app

from api.arguments import Blueprint
from api.doors import doors
from api.idempotency import KEY_PARAMETER, idempotent
from api.limits import analyses_a_minute, limiter
from api.schemas.analyses import (
    AcceptedSchema,
    DashboardAnalysisSchema,
    StatusesSchema,
    StepSchema,
    TriggeredSchema,
    WalletsSchema,
)
from api.submissions import statuses_of, submit_dashboard, submit_each, submit_step
from walletjobs.jobs.queue import BALANCE, BEHAVIOR, ENRICHMENT, PNL, SYNC

blueprint = Blueprint("analyses", __name__, description="Starting analyses of wallets")

#: RFC 9745: deprecated since 2026-01-01; RFC 8288: what to use instead.
DEPRECATED = {
    "Deprecation": "@1767225600",
    "Link": '</api/v1/analyses/wallets/dashboard-analysis>; rel="successor-version"',
}


def _step_route(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mounts a view that queues one step of an analysis."""

    def mount(view: Callable[..., Any]) -> Callable[..., Any]:
        view = limiter.shared_limit(analyses_a_minute, scope="steps")(view)
        view = blueprint.doc(parameters=[KEY_PARAMETER])(view)
        view = blueprint.refuses(400, 404, 409, 413, 415, 422, 429, 503)(view)
        view = blueprint.response(202, AcceptedSchema)(view)
        view = idempotent(blueprint.arguments(StepSchema)(view))
        return cast(Callable[..., Any], blueprint.route(f"/{name}", methods=["POST"])(view))

    return mount


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
    return _located(submit_dashboard(doors(), wanted))


@_step_route("sync")
def sync(wanted: dict[str, Any]) -> Any:
    """Queue the sync of a wallet's history alone."""
    return _located(submit_step(doors(), SYNC, wanted))


@_step_route("pnl")
def pnl(wanted: dict[str, Any]) -> Any:
    """Queue the profit and loss of what is stored of a wallet."""
    return _located(submit_step(doors(), PNL, wanted))


@_step_route("behavior")
def behavior(wanted: dict[str, Any]) -> Any:
    """Queue the behavior of what is stored of a wallet."""
    return _located(submit_step(doors(), BEHAVIOR, wanted))


@_step_route("balances")
def balances(wanted: dict[str, Any]) -> Any:
    """Queue the question what a wallet holds now."""
    return _located(submit_step(doors(), BALANCE, wanted))


@_step_route("enrichment")
def enrichment(wanted: dict[str, Any]) -> Any:
    """Queue the names, images, prices and balances of a wallet's tokens."""
    return _located(submit_step(doors(), ENRICHMENT, wanted))


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


def _located(accepted: dict[str, Any]) -> Any:
    return accepted, {"Location": f"/api/v1/jobs/{accepted['jobId']}"}
