"""Events as their subscribers get them: ``{event, id, at, data}`` in JSON."""

import json
from datetime import UTC, datetime
from typing import Any

from api.stream.feed import Frame
from walletjobs.jobs.events import Event


def frame_of(job_id: str, event: Event) -> Frame:
    """An event of a job's stream."""
    text = json.dumps(event.message(), separators=(",", ":"))
    return Frame(job_id, event.id, event.event, text, str(event.data.get("step", "")))


def note(event: str, event_id: str | None = None, **data: Any) -> str:
    """Something the server itself says; without an id it stands in no stream, and is no lastEventId."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"event": event, "id": event_id, "at": at, "data": data}, separators=(",", ":"))
