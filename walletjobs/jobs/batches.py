"""Batches: up to a thousand analyses asked for at once, followed and cancelled as one.

Admission touches Postgres alone: the members are held there, and a few at a time are let into their queue, the owners'
in turns (``walletjobs.jobs.turns``).
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from redis import Redis

from walletjobs.core.batch import Batch, Failure, Member
from walletjobs.core.run import NewRun
from walletjobs.db.batches import BatchRepository
from walletjobs.db.connection import translated as database_translated
from walletjobs.errors import JobIsOver, UnknownBatch
from walletjobs.jobs import events, status
from walletjobs.jobs.admission import Submission, new_run
from walletjobs.jobs.connection import translated as redis_translated
from walletjobs.jobs.queue import BACKGROUND_QUEUE, BACKGROUND_TIMEOUT

MOST = 1000  # wallets


@dataclass(frozen=True, slots=True)
class Wish:
    """Analyses of some wallets, each asked for once."""

    owner: str  # a key or a client: owners take turns
    wallets: Sequence[str]
    force_refresh: bool = False
    enrich_metadata: bool = True
    scope: str = "all"
    method: str = "fifo"


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch as a client sees it, and the id of the last event that this view surely contains."""

    batch: Batch
    failures: Sequence[Failure]
    last_event_id: str


def new_batch_id() -> str:
    """An id that nobody guesses."""
    return f"batch-{secrets.token_hex(8)}"


def submit_batch(connection: Connection[Any], wish: Wish, batch_id: str) -> list[Member] | None:
    """Records the batch and all its jobs, or nothing; None where a batch of this id is recorded already.

    A wallet that is being analyzed joins that job.

    Raises: DatabaseUnavailable.
    """
    runs = [_member(wish, wallet, batch_id) for wallet in wish.wallets]
    with database_translated():
        return BatchRepository(connection).add(batch_id, wish.owner, runs)


def batch_view(redis: Redis, connection: Connection[Any], batch_id: str) -> BatchView:
    """The batch now.

    Raises: UnknownBatch, QueueUnavailable, DatabaseUnavailable.
    """
    with redis_translated():
        newest = events.last_id(
            redis, batch_id
        )  # first: what comes after it is replayed, at worst told twice
    with database_translated():
        batches = BatchRepository(connection)
        batch = batches.find(batch_id)
        if batch is None:
            raise UnknownBatch(f"There is no batch {batch_id[:64]}.")
        return BatchView(batch, batches.failures(batch_id), newest)


def cancel_batch(redis: Redis, connection: Connection[Any], batch_id: str) -> str:
    """Ends what the batch began and nobody else waits for: ``cancelled``, or ``cancelling`` where some still run.

    Should this process die on the way, the clock goes on with it.

    Raises: UnknownBatch; JobIsOver; QueueUnavailable; DatabaseUnavailable.
    """
    batches = BatchRepository(connection)
    with database_translated(), redis_translated():
        if batches.find(batch_id) is None:
            raise UnknownBatch(f"There is no batch {batch_id[:64]}.")
        if not batches.ask_to_end(batch_id):
            raise JobIsOver("The batch has already ended, or is ending.")
        _end_members(redis, connection, batch_id)
        batch = batches.find(batch_id)
    return batch.status if batch else "cancelled"


def tell_batches(redis: Redis, connection: Connection[Any], told: dict[str, Batch]) -> dict[str, Batch]:
    """Tells the followers of each batch how far it is, where that has changed since ``told``; returns what holds now.

    The end is told once, after it can be read.
    """
    batches, now = BatchRepository(connection), {}
    for batch in batches.untold():
        before = told.get(batch.id)
        if before is None or (before.tally, before.status) != (batch.tally, batch.status):
            _tell(redis, events.BATCH_PROGRESS, batch)
        if batch.cancelled_at is not None and batch.tally.live:
            _end_members(redis, connection, batch.id)
        if batch.tally.live:
            now[batch.id] = batch
        else:
            batches.mark_ended(batch.id)
            _tell(redis, events.BATCH_COMPLETED, batches.find(batch.id) or batch)
            batches.mark_told(batch.id)
    return now


def standing(batch: Batch) -> dict[str, Any]:
    """How far a batch is, as it is told."""
    tally = batch.tally
    return {
        "batchId": batch.id,
        "status": batch.status,
        "progress": tally.percent,
        "total": tally.total,
        "counts": {
            "queued": tally.queued,
            "processing": tally.processing,
            "completed": tally.completed,
            "failed": tally.failed,
            "cancelled": tally.cancelled,
        },
        "etaSeconds": batch.eta_seconds,
    }


def _member(wish: Wish, wallet: str, batch_id: str) -> NewRun:
    wanted = Submission(
        wallet,
        force_refresh=wish.force_refresh,
        enrich_metadata=wish.enrich_metadata,
        scope=wish.scope,
        method=wish.method,
        request_id=batch_id,
        timeout_minutes=BACKGROUND_TIMEOUT,
        queue=BACKGROUND_QUEUE,
    )
    return new_run(wanted)


def _end_members(redis: Redis, connection: Connection[Any], batch_id: str) -> None:
    for job_id in BatchRepository(connection).live_jobs(batch_id):
        with suppress(JobIsOver):  # it ended meanwhile
            status.cancel(redis, connection, job_id)


def _tell(redis: Redis, event: str, batch: Batch) -> None:
    data = standing(batch)
    ends = event == events.BATCH_COMPLETED
    if ends and batch.ended_at is not None:
        data["processingTimeMs"] = round((batch.ended_at - batch.created_at).total_seconds() * 1000)
    events.emit(redis, events.Speaker(batch.id), event, data, terminal=ends)
