"""A running gunicorn, a websocket to it, and what a test asks of the servers behind it."""

import contextlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from psycopg import Connection
from redis import Redis
from simple_websocket import Client, ConnectionClosed
from simple_websocket.ws import Base
from wsproto.utilities import LocalProtocolError

from walletjobs.dev.processes import Process

WALLET = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2"
OTHER = "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM"
ANALYSIS = "/api/v1/analyses/wallets/dashboard-analysis"

MakeApp = Callable[..., Flask]


@dataclass(frozen=True)
class Answer:
    """What a server said over HTTP."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Web:
    """A running gunicorn."""

    port: int
    process: Process
    sockets: "list[Socket]" = field(default_factory=list)

    def ask(
        self, path: str, body: Any = None, headers: dict[str, str] | None = None, method: str | None = None
    ) -> Answer:
        """One request; a body makes it a POST."""
        data = None if body is None else json.dumps(body).encode()
        all_headers = {**({"Content-Type": "application/json"} if data else {}), **(headers or {})}
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, data, all_headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, dict(response.headers), json.loads(response.read() or b"null"))
        except urllib.error.HTTPError as refusal:
            return Answer(refusal.code, dict(refusal.headers), json.loads(refusal.read() or b"null"))

    def shake(self, path: str = "/api/v1/ws", **headers: str) -> Answer:
        """What answers a websocket handshake without a key: a problem in any case, and it says why."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={"Connection": "Upgrade", "Upgrade": "websocket", **headers})
        response = connection.getresponse()
        answer = Answer(response.status, dict(response.headers), json.loads(response.read()))
        connection.close()
        return answer

    def socket(self, path: str = "/api/v1/ws", **headers: str) -> "Socket":
        """An open websocket."""
        self.sockets.append(Socket(f"ws://127.0.0.1:{self.port}{path}", headers=headers))
        return self.sockets[-1]

    def close_sockets(self) -> None:
        """Closes those that are still open."""
        while self.sockets:
            with contextlib.suppress(ConnectionClosed):
                self.sockets.pop().close()


class Socket(Client):
    """simple-websocket's client, which loses frames that arrive with the handshake: this one takes them in."""

    def handshake(self) -> None:
        super().handshake()
        self._handle_events()
        self.connected = True  # should the server have closed it already, the reader finds that out

    def _handle_events(self) -> bool:
        return True if not hasattr(self, "event") else bool(Base._handle_events(self))

    def send(self, data: Any) -> None:
        try:
            super().send(data)
        except LocalProtocolError:  # the server's close came with the handshake
            raise ConnectionClosed(self.close_reason, self.close_message) from None

    def say(self, **message: Any) -> None:
        """Sends a message."""
        self.send(json.dumps(message))

    def hear(self, timeout: float = 20) -> dict[str, Any]:
        """The next frame."""
        text = self.receive(timeout=timeout)
        assert text is not None, f"nothing came within {timeout} s"
        return json.loads(text)

    def hear_until(self, event: str) -> list[dict[str, Any]]:
        """Frames up to the first with this event."""
        frames = [self.hear()]
        while frames[-1]["event"] != event:
            frames.append(self.hear())
        return frames


MakeWeb = Callable[..., Web]


def answers(web: Web) -> bool:
    try:
        return web.ask("/healthz").status == 200
    except OSError:
        return False


def runs(connection: Connection[Any]) -> int:
    """How many jobs Postgres knows."""
    return connection.execute("SELECT count(*) FROM analysis_run").fetchall()[0][0]


def nothing_created(connection: Connection[Any], redis: "Redis[bytes]") -> bool:
    """Whether no job, wallet or claim was left behind."""
    wallets = connection.execute("SELECT count(*) FROM wallet").fetchall()[0][0]
    keys = [key for key in redis.keys("*") if not key.startswith(b"walletjobs:limits")]
    return runs(connection) == wallets == 0 and not keys
