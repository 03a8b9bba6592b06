"""How a subscription begins: the job as it is now, then what the subscriber missed."""

from api.doors import Doors
from api.schemas.jobs import JobSchema, check_job_id
from api.stream.feed import Feed, Frame, position
from api.stream.frames import frame_of, note
from walletjobs.errors import InvalidData
from walletjobs.jobs.connection import translated
from walletjobs.jobs.events import Event, replay
from walletjobs.jobs.status import JobView, job_view


def begin(doors: Doors, feed: Feed, job_id: str, after: str | None) -> list[Frame]:
    """What to send first; from then on ``feed`` takes in what follows.

    With ``after``, the id of the last event seen, everything later is replayed; without it a job that is over
    shows its end. A second subscription to a job brings the snapshot alone.
    Raises: UnknownJob, InvalidData, DatabaseUnavailable, QueueUnavailable; the job is then not followed.
    """
    check_job_id(job_id)
    if after is not None:
        _check(after)
    fresh = feed.follow(job_id)  # before reading: what happens meanwhile waits in the feed
    try:
        with translated(), doors.database() as connection:
            view = job_view(doors.redis, connection, job_id)
            missed = _missed(doors, view, after) if fresh else []
    except BaseException:
        if fresh:
            feed.forget(job_id)
        raise
    if not fresh:
        return [_snapshot(view, None)]
    start = min(after, view.last_event_id, key=position) if after else view.last_event_id
    if missed and after is None:
        start = _just_before(missed[0].id)
    feed.replayed(job_id, position(missed[-1].id if missed else start))
    return [_snapshot(view, start), *(frame_of(job_id, event) for event in missed)]


def _missed(doors: Doors, view: JobView, after: str | None) -> list[Event]:
    if after is not None:
        return replay(doors.redis, view.job_id, after)
    if view.live:
        return []
    events = replay(doors.redis, view.job_id)
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


def _snapshot(view: JobView, event_id: str | None) -> Frame:
    text = note("subscribed", event_id, **JobSchema().dump(view))
    return Frame(view.job_id, event_id or "0-0", "subscribed", text)
