"""Lets held jobs into their queues: those that waited for another job's end, and members of batches in their turns.

What is held is known to Postgres alone, so a Redis that forgets loses nothing, and whoever comes first lets a job in.
"""

from typing import Any

from psycopg import Connection
from redis import Redis
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from walletjobs.core.run import Ending, Run
from walletjobs.db.batches import BatchRepository
from walletjobs.db.runs import RunRepository
from walletjobs.errors import DependencyFailed
from walletjobs.jobs import status
from walletjobs.jobs.queue import ANALYSIS_QUEUE, BACKGROUND_QUEUE, queue_of

#: Members of batches in their queue for each process that takes from it: none idles, and few stand before a turn.
WAITING = 4


def free_dependents(redis: Redis, connection: Connection[Any]) -> None:
    """Queues the jobs whose dependency has completed, and ends those whose dependency has not."""
    runs = RunRepository(connection)
    for run, ended in runs.freed():
        if ended == "completed":
            _let_in(redis, runs, run)
        else:
            detail = f"The job {run.depends_on} {_words(ended)}."
            if runs.finish(run, Ending("failed", None, DependencyFailed.code, detail)):
                status.announce_end(redis, runs, runs.find(run.id) or run)


def give_turns(redis: Redis, connection: Connection[Any]) -> None:
    """Lets members of batches in, as many as the workers have soon done; owners take turns."""
    queue = queue_of(redis, BACKGROUND_QUEUE).key
    workers = redis.scard(WORKERS_BY_QUEUE_KEY % BACKGROUND_QUEUE)
    room = WAITING * max(workers, 1) - redis.llen(queue)
    if room > 0:
        runs = RunRepository(connection)
        for job_id in BatchRepository(connection).next_in_turn(room):
            run = runs.find(job_id)
            if run is not None:
                _let_in(redis, runs, run)


def hurry(redis: Redis, connection: Connection[Any], job_id: str) -> None:
    """Moves what waits in the background to the users' queue, and out of its batch's hands: a user asks for it."""
    runs = RunRepository(connection)
    was_held = runs.hurry(job_id, BACKGROUND_QUEUE, ANALYSIS_QUEUE)
    if was_held is None:
        return
    taken_out = was_held or redis.lrem(queue_of(redis, BACKGROUND_QUEUE).key, 1, job_id)
    run = runs.find(job_id)
    if taken_out and run is not None:
        status.put_into_queue(redis, run, "A user asks for it: its turn has come.")


def _let_in(redis: Redis, runs: RunRepository, run: Run) -> None:
    """The row first: should this process die in between, the recovery queues the job."""
    if runs.release(run):
        status.put_into_queue(redis, run, "Its turn has come.")


def _words(ended: str | None) -> str:
    return {"failed": "has failed", "cancelled": "was cancelled"}.get(ended or "", "is no longer known")
