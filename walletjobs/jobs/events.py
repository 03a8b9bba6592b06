"""A job's events: written to its stream and published in one atomic step, read back by id.

Names and data are those of the websocket protocol (api.md).
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from redis import Redis
from redis.commands.core import Script
from rq.job import Job

from walletjobs.errors import Superseded
from walletjobs.jobs import keys

PROGRESS, NOTICE, PARTIAL, ENRICHMENT = "job-progress", "job-notice", "partial-result", "enrichment"
COMPLETED, FAILED, CANCELLED = "job-completed", "job-failed", "job-cancelled"
BATCH_PROGRESS, BATCH_COMPLETED = "batch-progress", "batch-completed"

MAX_EVENTS = 5_000  # a stream's length, about: ten a second for eight minutes
BEGINNING = "0-0"  # before the first event

_EMIT = """
-- KEYS = {turn, RQ's job hash, stream, ended}
-- ARGV = {turn or '', meta or '', event, data, terminal or '', job id, channel, seconds to keep, length}
-- Returns the event's id; '' where the job has its terminal event; nil where a newer start has begun.
if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
if ARGV[5] ~= '' and not redis.call('SET', KEYS[4], ARGV[3], 'NX', 'EX', ARGV[8]) then return '' end
if ARGV[2] ~= '' and redis.call('EXISTS', KEYS[2]) == 1 then redis.call('HSET', KEYS[2], 'meta', ARGV[2]) end
local time = redis.call('TIME')
local at = string.format('%d.%06d', time[1], time[2])
local id = redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[9], '*',
    'event', ARGV[3], 'at', at, 'data', ARGV[4])
redis.call('EXPIRE', KEYS[3], ARGV[8])
redis.call('PUBLISH', ARGV[7], string.format('{"jobId":"%s","id":"%s","event":"%s","at":"%s","data":',
    ARGV[6], id, ARGV[3], at) .. ARGV[4] .. '}')
return id
"""

_TAKE_TURN = """
-- KEYS = {turn}  ARGV = {number, seconds to keep}
-- Returns 1 where the number is the newest from now on, 0 where a newer one is there.
if tonumber(redis.call('GET', KEYS[1]) or '0') > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a job."""

    id: str  # of the stream: grows, never repeats
    event: str
    at: str  # unix seconds of Redis, with six places
    data: dict[str, Any]

    @property
    def ends(self) -> bool:
        """Whether the job or batch is over with this event; a job's enrichment may still bring some."""
        return self.event in (COMPLETED, CANCELLED, BATCH_COMPLETED) or (
            self.event == FAILED and not self.data["willRetry"]
        )

    def message(self) -> dict[str, Any]:
        """What a client gets: ``{event, id, at, data}``, the time in ISO 8601 UTC."""
        at = datetime.fromtimestamp(float(self.at), UTC).isoformat(timespec="milliseconds")
        return {"event": self.event, "id": self.id, "at": at.replace("+00:00", "Z"), "data": self.data}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who tells of a job: a start of it, which must be the newest (``turn``), or somebody else (None)."""

    job_id: str
    turn: int | None = None


def take_turn(redis: Redis, speaker: Speaker, seconds: int) -> None:
    """From now on only this start of the job may write its events.

    Raises: Superseded where a newer start has begun.
    """
    script = Script(redis, _TAKE_TURN)
    if not script(keys=[keys.turn(speaker.job_id)], args=[speaker.turn or 0, seconds]):
        raise Superseded


def emit(
    redis: Redis,
    speaker: Speaker,
    event: str,
    data: dict[str, Any],
    *,
    meta: bytes = b"",
    terminal: bool = False,
) -> str | None:
    """Writes an event, and the job's meta with it; returns its id, None for a second terminal event.

    Raises: Superseded where a newer start of the job has begun; nothing is written.
    """
    job_id = speaker.job_id
    reply = Script(redis, _EMIT)(
        keys=[keys.turn(job_id), Job.key_for(job_id), keys.events(job_id), keys.ended(job_id)],
        args=[
            "" if speaker.turn is None else speaker.turn,
            meta,
            event,
            json.dumps(data, separators=(",", ":")),
            "1" if terminal else "",
            *(job_id, keys.CHANNEL, keys.DAY, MAX_EVENTS),
        ],
    )
    if reply is None:
        raise Superseded
    return cast(bytes, reply).decode() or None


def memory_of(redis: Redis) -> str:
    """A mark that stays the same as long as this Redis forgets nothing, and its readers come within a day."""
    redis.set(keys.memory(), secrets.token_hex(8), nx=True)
    mark = cast(bytes | None, redis.getex(keys.memory(), ex=keys.DAY))
    return mark.decode() if mark else ""


def replay(redis: Redis, job_id: str, after: str = BEGINNING, limit: int = MAX_EVENTS) -> list[Event]:
    """The job's events after an id, oldest first; all that are kept where the id is not one."""
    first = f"({after}" if _is_id(after) else "-"
    entries = cast(Any, redis.xrange(keys.events(job_id), first, "+", limit))
    return [_event(entry_id, fields) for entry_id, fields in entries]


def last_id(redis: Redis, job_id: str) -> str:
    """The id of the job's newest event, to go on from; read it *before* the snapshot that goes with it."""
    newest = cast(Any, redis.xrevrange(keys.events(job_id), count=1))
    return newest[0][0].decode() if newest else BEGINNING


def follow(redis: Redis, job_id: str, after: str = BEGINNING, wait: float = 1.0) -> Iterator[Event | None]:
    """The job's events as they come, for ever; None each time that nothing came for ``wait`` seconds.

    The client's socket timeout must be longer than ``wait``.
    """
    while True:
        reply = cast(Any, redis.xread({keys.events(job_id): after}, block=int(wait * 1000)))
        if not reply:
            yield None
            continue
        for entry_id, fields in reply[0][1]:  # of the one stream that was asked for
            event = _event(entry_id, fields)
            after = event.id
            yield event


def published(message: bytes) -> tuple[str, Event]:
    """The job's id and the event, from a message of the channel ``keys.CHANNEL``."""
    told = json.loads(message)
    return told["jobId"], Event(told["id"], told["event"], told["at"], told["data"])


def _event(entry_id: bytes, fields: dict[bytes, bytes]) -> Event:
    return Event(
        entry_id.decode(), fields[b"event"].decode(), fields[b"at"].decode(), json.loads(fields[b"data"])
    )


def _is_id(text: str) -> bool:
    milliseconds, _, number = text.partition("-")
    return milliseconds.isascii() and milliseconds.isdigit() and number.isascii() and number.isdigit()
