"""Lets held jobs into their queues: those that waited for another job's end.

What is held is known to Postgres alone, so a Redis that forgets loses nothing, and whoever comes first lets a job in.
"""

from typing import Any

from psycopg import Connection
from redis import Redis

from walletjobs.core.run import Ending, Run
from walletjobs.db.runs import RunRepository
from walletjobs.errors import DependencyFailed
from walletjobs.jobs import status


def free_dependents(redis: Redis, connection: Connection[Any]) -> None:
    """Queues the jobs whose dependency has completed, and ends those whose dependency has not."""
    runs = RunRepository(connection)
    for run, ended in runs.freed():
        if ended == "completed":
            let_in(redis, runs, run)
        else:
            detail = f"The job {run.depends_on} {_words(ended)}."
            if runs.finish(run, Ending("failed", None, DependencyFailed.code, detail)):
                status.announce_end(redis, runs.find(run.id) or run)


def let_in(redis: Redis, runs: RunRepository, run: Run) -> None:
    """The row first: should this process die in between, the recovery queues the job."""
    if runs.release(run):
        status.put_into_queue(redis, run, "Its turn has come.")


def _words(ended: str | None) -> str:
    return {"failed": "has failed", "cancelled": "was cancelled"}.get(ended or "", "is no longer known")
