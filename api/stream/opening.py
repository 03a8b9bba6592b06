"""How a subscription begins: the job or batch as it is now, then what the subscriber missed."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from api.doors import Doors
from api.schemas.batches import BatchSchema
from api.schemas.jobs import JobSchema, check_job_id
from api.stream.feed import Feed, Frame, position
from api.stream.frames import frame_of, note
from walletjobs.errors import InvalidData
from walletjobs.jobs.batches import batch_view
from walletjobs.jobs.connection import translated
from walletjobs.jobs.events import Event, memory_of, replay
from walletjobs.jobs.status import job_view


@dataclass(frozen=True, slots=True)
class Followed:
    """A job or a batch as it is now."""

    id: str
    live: bool
    last_event_id: str
    snapshot: dict[str, Any]


def begin(doors: Doors, feed: Feed, followed_id: str, after: str | None) -> list[Frame]:
    """What to send first; from then on ``feed`` takes in what follows.

    With ``after``, the id of the last event seen, everything later is replayed; without it what is over
    shows its end. A second subscription brings the snapshot alone.
    Raises: UnknownJob, UnknownBatch, InvalidData, DatabaseUnavailable, QueueUnavailable; nothing is then followed.
    """
    check_job_id(followed_id)
    if after is not None:
        _check(after)
    fresh = feed.follow(followed_id)  # before reading: what happens meanwhile waits in the feed
    try:
        with translated():
            feed.memory = feed.memory or memory_of(doors.redis)
        with translated(), doors.database() as connection:
            view = _followed(doors, connection, followed_id)
            missed = _missed(doors, view, after) if fresh else []
    except BaseException:
        if fresh:
            feed.forget(followed_id)
        raise
    if not fresh:
        return [_snapshot(view, None)]
    start = min(after, view.last_event_id, key=position) if after else view.last_event_id
    if missed and after is None:
        start = _just_before(missed[0].id)
    feed.replayed(followed_id, position(missed[-1].id if missed else start))
    return [_snapshot(view, start), *(frame_of(followed_id, event) for event in missed)]


def _followed(doors: Doors, connection: Connection[Any], followed_id: str) -> Followed:
    if followed_id.startswith("batch-"):
        found = batch_view(doors.redis, connection, followed_id)
        live = found.batch.told_at is None
        return Followed(followed_id, live, found.last_event_id, BatchSchema().dump(found))
    job = job_view(doors.redis, connection, followed_id)
    return Followed(followed_id, job.live, job.last_event_id, JobSchema().dump(job))


def _missed(doors: Doors, view: Followed, after: str | None) -> list[Event]:
    if after is not None:
        return replay(doors.redis, view.id, after)
    if view.live:
        return []
    events = replay(doors.redis, view.id)
    ends = [index for index, event in enumerate(events) if event.ends]
    return events[ends[-1] :] if ends else []


def _check(after: str) -> None:
    try:
        position(after)
    except ValueError:
        raise InvalidData("lastEventId is an id that came with an event.") from None


def _just_before(event_id: str) -> str:
    milliseconds, sequence = position(event_id)
    return f"{milliseconds}-{sequence - 1}" if sequence else f"{milliseconds - 1}-{2**64 - 1}"


def _snapshot(view: Followed, event_id: str | None) -> Frame:
    text = note("subscribed", event_id, **view.snapshot)
    return Frame(view.id, event_id or "0-0", "subscribed", text)
