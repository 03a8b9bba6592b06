"""Job ids: made from the wallet and the request, so that a job can check that it is what it claims to be."""

import hashlib
import secrets
import time

from walletjobs.errors import InvalidJob

DIGITS = 16  # 64 bits; the 8 digits of the original plan collide within weeks


def new_request_id() -> str:
    """A request's id: ``dashboard-`` + milliseconds + random letters."""
    return f"dashboard-{time.time_ns() // 1_000_000}-{secrets.token_hex(5)}"


def dashboard_job_id(wallet: str, request_id: str) -> str:
    """The id of the dashboard job of one request."""
    digest = hashlib.md5(f"dashboard-{wallet}-{request_id}".encode(), usedforsecurity=False)
    return f"dashboard-{digest.hexdigest()[:DIGITS]}"


def enrichment_job_id(analysis_id: str) -> str:
    """The id of the enrichment that belongs to an analysis: there is one, however often it is asked for."""
    return f"enrichment-{analysis_id.removeprefix('dashboard-')}"


def check_dashboard_job_id(job_id: str, wallet: str, request_id: str) -> None:
    """Nothing, where the id fits its arguments.

    Raises: InvalidJob on a mismatch.
    """
    expected = dashboard_job_id(wallet, request_id)
    if job_id != expected:
        raise InvalidJob(f"The job's id is {job_id}; its arguments make it {expected}.")
