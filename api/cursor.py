"""Where a page of jobs ends, as a text that a client hands back unread."""

import base64
from datetime import datetime

from api.problems import Problem
from walletjobs.jobs.status import JobView

Place = tuple[datetime, str]  # created_at, job id


def cursor_of(last: JobView) -> str:
    """The place after the last job of a page."""
    assert last.created_at is not None, "a job of the history has been created"
    return base64.urlsafe_b64encode(f"{last.created_at.isoformat()} {last.job_id}".encode()).decode()


def position_of(cursor: str) -> Place:
    """The place that a cursor names.

    Raises: Problem with 400 if we did not make it.
    """
    try:
        created, _, job_id = base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii").partition(" ")
        return datetime.fromisoformat(created), job_id
    except ValueError:
        raise Problem(400, "invalid_cursor", "cursor is nextCursor of the page before, unchanged.") from None
