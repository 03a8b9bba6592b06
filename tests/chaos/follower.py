"""A subscriber of every promised job, over one websocket that comes back whenever it breaks."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from simple_websocket import Client, ConnectionClosed, ConnectionError

ENDS = ("job-completed", "job-failed", "job-cancelled")
OVER = ("completed", "failed", "cancelled")
SILENCE = 15.0  # seconds without a word, to a ping neither, until the connection counts as dead


@dataclass(slots=True)
class Heard:
    """What was heard of one job."""

    events: list[dict[str, Any]] = field(default_factory=list)
    snapshots: list[dict[str, Any]] = field(default_factory=list)

    @property
    def last_id(self) -> str:
        """Of the last event."""
        return self.events[-1]["id"] if self.events else ""

    @property
    def ends(self) -> list[dict[str, Any]]:
        """The terminal events."""
        return [each for each in self.events if each["event"] in ENDS and not each["data"].get("willRetry")]

    @property
    def over(self) -> bool:
        """Whether the last word is that the job has ended."""
        if self.snapshots and self.snapshots[-1]["status"] in OVER:
            return True
        told = [event for event in self.events if event["event"] in (*ENDS, "job-progress")]
        return bool(told) and told[-1] in self.ends  # its enrichment may go on telling


class Follower:
    """Follows what ``jobs`` names, until it is stopped; ``heard`` is by job id."""

    def __init__(self, url: str, jobs: Callable[[], list[str]]) -> None:
        self.heard: dict[str, Heard] = {}
        self.connections = 0
        self._url = url.replace("http", "ws", 1) + "/api/v1/ws"
        self._jobs = jobs
        self._following: set[str] = set()  # on this connection
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Follows from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Follows no more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            with suppress(OSError, ConnectionClosed, ConnectionError, TimeoutError):
                self._converse(Client(self._url))
            self._following.clear()
            self._stop.wait(0.3)

    def _converse(self, ws: Client) -> None:
        self.connections += 1
        heard_at = time.monotonic()
        try:
            while not self._stop.is_set() and time.monotonic() - heard_at < SILENCE:
                self._subscribe(ws)
                text = ws.receive(timeout=0.5)
                if text is None:
                    ws.send(json.dumps({"event": "ping"}))
                    continue
                heard_at = time.monotonic()
                self._take_in(json.loads(text))
        finally:
            with suppress(OSError, ConnectionClosed):
                ws.close()

    def _subscribe(self, ws: Client) -> None:
        for job_id in self._jobs():
            if job_id in self._following:
                continue
            self._following.add(job_id)
            last = self.heard.setdefault(job_id, Heard()).last_id
            ws.send(
                json.dumps({"event": "subscribe", "jobId": job_id} | ({"lastEventId": last} if last else {}))
            )

    def _take_in(self, message: dict[str, Any]) -> None:
        data = message["data"]
        heard = self.heard.get(data.get("jobId", ""))
        if message["event"] == "pong" or heard is None:
            return
        if message["event"] == "error":  # the service cannot say now: asked again, but not at once
            threading.Timer(1.0, self._following.discard, [data["jobId"]]).start()
        elif message["event"] == "subscribed":
            heard.snapshots.append(data)
        else:
            heard.events.append(message)
