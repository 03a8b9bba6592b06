"""Job ids: made from the wallet and the request, so that a job can check that it is what it claims to be."""

import hashlib
import secrets
import time

from walletjobs.errors import InvalidJob

DIGITS = 16  # 64 bits; the 8 digits of the original plan collide within weeks


def new_request_id(name: str) -> str:
    """A request's id: what it is for + milliseconds + random letters."""
    return f"{name}-{time.time_ns() // 1_000_000}-{secrets.token_hex(5)}"


def make_job_id(name: str, wallet: str, request_id: str) -> str:
    """The id of the job that one request makes for a wallet; ``name`` is what such jobs' ids begin with."""
    digest = hashlib.md5(f"{name}-{wallet}-{request_id}".encode(), usedforsecurity=False)
    return f"{name}-{digest.hexdigest()[:DIGITS]}"


def enrichment_job_id(analysis_id: str) -> str:
    """The id of the enrichment that belongs to an analysis: there is one, however often it is asked for."""
    return f"enrichment-{analysis_id.removeprefix('dashboard-')}"


def check_job_id(job_id: str, wallet: str, request_id: str) -> None:
    """Nothing, where the id fits its arguments.

    Raises: InvalidJob on a mismatch.
    """
    expected = make_job_id(job_id.partition("-")[0], wallet, request_id)
    if job_id != expected:
        raise InvalidJob(f"The job's id is {job_id}; its arguments make it {expected}.")
