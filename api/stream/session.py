"""One websocket: obeys its client, and sends what the followed jobs do."""

import json
import time
from typing import Any

from simple_websocket import Server

from api.doors import Doors
from api.stream.feed import Feed
from api.stream.frames import note
from api.stream.hub import Hub
from api.stream.opening import begin
from walletjobs.errors import InvalidData, WalletjobsError

#: Seconds between two batches of mere progress to one client, on average: a little less than lies between two of a
#: job's own, or what was late once would never catch up.
GAP = 0.08
LOOK = 5.0  # seconds: a connection that died without a word is noticed by then
MOST_JOBS = 1000  # on one socket
BACKLOG = 200  # messages of the client that may wait

GOING_AWAY, POLICY_VIOLATION, TRY_AGAIN_LATER = 1001, 1008, 1013


class Session:
    """A subscriber that talks back. Only its own thread sends frames."""

    def __init__(self, ws: Server, feed: Feed, doors: Doors) -> None:
        self._ws = ws
        self._feed = feed
        self._doors = doors
        self._not_before = 0.0
        self._commands = {"subscribe": self._subscribe, "unsubscribe": self._unsubscribe, "ping": self._ping}

    def run(self, hub: Hub) -> None:
        """Serves the client until it leaves, is too slow, or the server goes.

        Raises: ConnectionClosed when the client is gone.
        """
        while not hub.stopping:
            # Set by simple-websocket's thread for a message, and by the hub's for an event.
            self._ws.event.wait(self._patience())
            self._ws.event.clear()
            if len(self._ws.input_buffer) > BACKLOG:
                self._ws.close(POLICY_VIOLATION, "too many messages")
                return
            while (message := self._ws.receive(timeout=0)) is not None:
                self.obey(message)
            if self._feed.overflowed:
                self._ws.close(TRY_AGAIN_LATER, "too slow")
                return
            if self._feed.outdated:
                self._show_again()
            self._flush()
        self._ws.close(GOING_AWAY, "the server restarts")

    def obey(self, text: str | bytes) -> None:
        """Does what one message asks, or answers with an ``error`` event."""
        message: dict[str, Any] = {}
        try:
            message = _read(text)
            self._commands[message["event"]](message)
        except WalletjobsError as error:
            self._refuse(error, message)

    def _subscribe(self, message: dict[str, Any]) -> None:
        followed, after = _followed(message), message.get("lastEventId")
        if not isinstance(followed, str) or not isinstance(after, str | None):
            raise InvalidData(
                "subscribe takes jobId or batchId and, where events were missed, lastEventId: texts."
            )
        if len(self._feed.marks()) >= MOST_JOBS:
            raise InvalidData(f"One socket follows at most {MOST_JOBS} jobs.")
        for frame in begin(self._doors, self._feed, followed, after):
            self._ws.send(frame.text)

    def _show_again(self) -> None:
        """Each job as it is now."""
        self._feed.outdated = False
        for followed in self._feed.marks():
            try:
                for frame in begin(self._doors, self._feed, followed, None):
                    self._ws.send(frame.text)
            except WalletjobsError as error:
                self._feed.forget(followed)
                self._refuse(error, {"batchId" if followed.startswith("batch-") else "jobId": followed})

    def _unsubscribe(self, message: dict[str, Any]) -> None:
        self._feed.forget(str(_followed(message)))

    def _ping(self, message: dict[str, Any]) -> None:
        self._ws.send(note("pong"))

    def _flush(self) -> None:
        if self._feed.urgent or time.monotonic() >= self._not_before:
            frames = self._feed.take()
            for frame in frames:
                self._ws.send(frame.text)
            if frames:  # by the schedule: after a send that was late, all that follow would be late too
                self._not_before = max(self._not_before, time.monotonic() - GAP) + GAP

    def _patience(self) -> float:
        return max(self._not_before - time.monotonic(), 0) if self._feed.waiting else LOOK

    def _refuse(self, error: WalletjobsError, message: dict[str, Any]) -> None:
        about = {name: message[name] for name in ("jobId", "batchId") if isinstance(message.get(name), str)}
        self._ws.send(note("error", **about, code=error.code, detail=error.detail))


def _followed(message: dict[str, Any]) -> Any:
    return message["batchId"] if "batchId" in message else message.get("jobId")


def _read(text: str | bytes) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidData("A message is a JSON object.") from None
    events = ("subscribe", "unsubscribe", "ping")
    if not isinstance(message, dict) or message.get("event") not in events:
        raise InvalidData(f"A message is a JSON object whose event is one of {', '.join(events)}.")
    return message
