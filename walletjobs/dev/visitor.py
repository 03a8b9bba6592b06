"""A client of the API, as anybody could write one: asks for an analysis, follows it, reads the result."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import requests
from simple_websocket import Client, ConnectionClosed

from walletjobs.errors import ChildEnded, ProviderUnavailable

PATIENCE = 10.0  # seconds
OVER = ("completed", "failed", "cancelled")
ENDINGS = ("job-completed", "job-failed", "job-cancelled")


class Visitor:
    """Talks to the service at ``url``."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # loopback needs no proxy

    def is_up(self) -> bool:
        """Whether the service answers."""
        try:
            return self._session.get(f"{self.url}/healthz", timeout=PATIENCE).ok
        except requests.RequestException:
            return False

    def post_analysis(self, wallet: str) -> str:
        """The id of the job that analyzes ``wallet`` now, ours or the one that already runs."""
        answer = self._call(
            "POST", "/api/v1/analyses/wallets/dashboard-analysis", walletAddress=wallet, attach=True
        )
        return str(answer["jobId"])

    def follow(self, job_id: str, check: Callable[[], None]) -> Iterator[dict[str, Any]]:
        """The job's snapshot and then its events, to the last; ``check`` is called while nothing comes."""
        last = ""
        while True:
            try:
                for message in self._events(job_id, last):
                    if message is None:
                        check()
                        continue
                    last = message.get("id") or last
                    yield message
                    if _ends(message):
                        return
            except ConnectionClosed:
                if not self.is_up():
                    raise ChildEnded("The web process went away while the analysis ran.") from None

    def job(self, job_id: str) -> dict[str, Any]:
        """The job as it stands."""
        return self._call("GET", f"/api/v1/jobs/{job_id}")

    def wallet(self, wallet: str) -> dict[str, Any]:
        """The wallet's summary."""
        return self._call("GET", f"/api/v1/wallets/{wallet}")

    def _events(self, job_id: str, last: str) -> Iterator[dict[str, Any] | None]:
        socket = Client(f"{self.url.replace('http', 'ws', 1)}/ws")
        try:
            subscription = {"event": "subscribe", "jobId": job_id} | ({"lastEventId": last} if last else {})
            socket.send(json.dumps(subscription))
            while True:
                text = socket.receive(timeout=1)
                yield None if text is None else json.loads(text)
        finally:
            socket.close()

    def _call(self, method: str, path: str, **body: object) -> dict[str, Any]:
        try:
            response = self._session.request(method, self.url + path, json=body or None, timeout=PATIENCE)
            answer = response.json()
        except requests.RequestException as error:
            raise ProviderUnavailable(f"{path} did not answer: {error}") from error
        if not response.ok:
            raise ProviderUnavailable(f"{path} answered {response.status_code}: {answer.get('detail')}")
        return dict(answer)


def _ends(message: dict[str, Any]) -> bool:
    """Whether the job is over with it; an attempt may fail before another one."""
    data = message["data"]
    return (message["event"] in ENDINGS and not data.get("willRetry")) or data.get("status") in OVER
