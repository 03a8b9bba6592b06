"""What the analyses' views ask for, without HTTP: submit, join, or run here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from psycopg import Connection
from redis.exceptions import RedisError

from api.doors import Doors
from api.inprocess import InProcessRuns
from walletjobs.core.freshness import status_of
from walletjobs.db.runs import RunRepository
from walletjobs.db.wallets import Wallet, WalletRepository
from walletjobs.errors import AnalysisInProgress, QueueUnavailable, UnknownJob
from walletjobs.jobs.admission import Accepted, Submission, submit_analysis
from walletjobs.jobs.queue import DASHBOARD, SYNC
from walletjobs.jobs.status import job_view

log = structlog.get_logger(__name__)


def submit_dashboard(doors: Doors, wanted: dict[str, Any]) -> dict[str, Any]:
    """A new analysis of the wallet; with ``attach`` the one that runs, if there is one.

    Raises: AnalysisInProgress, QueueUnavailable, DatabaseUnavailable.
    """
    submission = Submission(
        wallet=wanted["walletAddress"],
        force_refresh=wanted["forceRefresh"],
        enrich_metadata=wanted["enrichMetadata"],
        scope=wanted["scope"],
        follow_ups=wanted["followUps"],
        method=wanted["method"],
        timeout_minutes=wanted["timeoutMinutes"],
    )
    return _join_or_submit(doors, submission, wanted["attach"])


def submit_step(doors: Doors, job_type: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """A new job for one step of the wallet's analysis; with ``attach`` the one that runs, if there is one.

    Raises: AnalysisInProgress, UnknownJob, DependencyFailed, QueueUnavailable, DatabaseUnavailable.
    """
    submission = Submission(
        wallet=wanted["walletAddress"],
        type=job_type,
        depends_on=wanted["dependsOn"],
        timeout_minutes=wanted["timeoutMinutes"],
        needs_sync=job_type == SYNC,
    )
    return _join_or_submit(doors, submission, wanted["attach"])


def submit_each(doors: Doors, here: InProcessRuns, addresses: list[str]) -> dict[str, Any]:
    """A job for each wallet, or, with the job system off or its queue away, a run in this very process."""
    if doors.config.use_dashboard_job_system:
        try:
            return _queue_each(doors, addresses)
        except (QueueUnavailable, RedisError) as error:
            log.warning("queueing failed, analyzing in process", error=str(error))
    begun = [address for address in addresses if here.begin(address)]
    skipped = len(addresses) - len(begun)
    return _triggered(
        f"Analysis for {len(begun)} wallet(s) has been triggered successfully."
        f" {skipped} were skipped as they were already in progress.",
        begun,
        addresses,
    )


def statuses_of(
    connection: Connection[Any], addresses: list[str], freshness: timedelta
) -> list[dict[str, Any]]:
    """Where each wallet stands, in the order asked."""
    wallets = WalletRepository(connection).find_all(addresses)
    running = RunRepository(connection).live_of_all(addresses)
    return [_status(address, wallets.get(address), running.get(address), freshness) for address in addresses]


def _status(address: str, wallet: Wallet | None, job_id: str | None, freshness: timedelta) -> dict[str, Any]:
    return {
        "walletAddress": address,
        "status": "IN_PROGRESS" if job_id else freshness_of(wallet, freshness),
        "lastAnalyzedAt": wallet.analyzed_at if wallet else None,
        "lastSyncedAt": wallet.synced_at if wallet else None,
        "runningJobId": job_id,
    }


def freshness_of(wallet: Wallet | None, freshness: timedelta) -> str:
    """MISSING, STALE or CURRENT, by the database's clock alone."""
    return status_of(wallet, wallet.read_at if wallet else datetime.now(UTC), freshness)


def _join_or_submit(doors: Doors, submission: Submission, attach: bool) -> dict[str, Any]:
    with doors.database() as connection:
        try:
            return _submit(doors, connection, submission)
        except AnalysisInProgress as running:
            if not attach:
                raise
            return _joined(doors, connection, running)


def _submit(doors: Doors, connection: Connection[Any], submission: Submission) -> dict[str, Any]:
    if submission.type == DASHBOARD:
        wallet = WalletRepository(connection).find(submission.wallet)
        freshness = timedelta(hours=doors.config.freshness_hours)
        needs_sync = submission.force_refresh or freshness_of(wallet, freshness) != "CURRENT"
        submission = replace(submission, needs_sync=needs_sync)
    needed = (submission.type, submission.needs_sync, submission.scope)
    estimate = doors.estimates.words(connection, *needed)  # before the job is there: it may fail
    accepted = submit_analysis(doors.redis, connection, submission)
    return _accepted(accepted, estimate, "queued", joined=False)


def _joined(doors: Doors, connection: Connection[Any], running: AnalysisInProgress) -> dict[str, Any]:
    try:
        view = job_view(doors.redis, connection, running.job_id)
    except UnknownJob:
        raise running from None  # it was taken back between the two looks
    estimate = doors.estimates.words(connection, view.type, view.type in (DASHBOARD, SYNC))
    accepted = Accepted(view.job_id, view.request_id, view.queue_name)
    return _accepted(accepted, estimate, view.status, joined=True)


def _accepted(accepted: Accepted, estimate: str, status: str, *, joined: bool) -> dict[str, Any]:
    return {
        "jobId": accepted.job_id,
        "requestId": accepted.request_id,
        "status": status,
        "queueName": accepted.queue,
        "estimatedProcessingTime": estimate,
        "monitoringUrl": f"/jobs/{accepted.job_id}",
        "streamUrl": f"/jobs/{accepted.job_id}/stream",
        "joined": joined,
    }


def _queue_each(doors: Doors, addresses: list[str]) -> dict[str, Any]:
    queued: dict[str, str] = {}
    with doors.database() as connection:
        for address in addresses:
            try:
                queued[address] = _submit(doors, connection, Submission(address))["jobId"]
            except AnalysisInProgress as running:
                log.info("skipped", wallet=address, job_id=running.job_id)
    plural = "" if len(queued) == 1 else "s"
    message = f"Analysis job{plural} queued successfully. Job ID{plural}: {', '.join(queued.values())}"
    if not queued:
        message = f"No job was queued. {len(addresses)} were skipped as they were already in progress."
    return _triggered(message, list(queued), addresses)


def _triggered(message: str, begun: list[str], addresses: list[str]) -> dict[str, Any]:
    skipped = [address for address in addresses if address not in begun]
    return {"message": message, "triggeredAnalyses": begun, "skippedAnalyses": skipped}
