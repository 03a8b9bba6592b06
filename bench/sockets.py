"""Many websocket clients in one process, as cheap as they can be: what is measured is the server."""

import json
import selectors
import socket
import time
from collections.abc import Callable

from wsproto import WSConnection
from wsproto.connection import ConnectionType
from wsproto.events import AcceptConnection, Ping, Request, TextMessage


class Listener:
    """One client that follows one job and notes how old each event is when it comes."""

    def __init__(self, port: int, job_id: str) -> None:
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._job_id = job_id
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(self._ws.send(Request(host=f"127.0.0.1:{port}", target="/api/v1/ws")))
        self._came_at, self._data = 0.0, b""
        self.follows = False
        self.ages: list[float] = []  # seconds

    def take(self) -> None:
        """Takes what has come, and notes when."""
        self._came_at = time.time()
        self._data = self.socket.recv(65536)

    def read(self) -> None:
        """Understands what was taken; later, for other clients' events would grow old meanwhile."""
        came_at = self._came_at
        self._ws.receive_data(self._data)
        for event in self._ws.events():
            if isinstance(event, AcceptConnection):
                subscription = {"event": "subscribe", "jobId": self._job_id}
                self.socket.sendall(self._ws.send(TextMessage(json.dumps(subscription))))
            elif isinstance(event, Ping):
                self.socket.sendall(self._ws.send(event.response()))
            elif isinstance(event, TextMessage):
                self._note(json.loads(event.data), came_at)

    def _note(self, message: dict[str, dict[str, float]], came_at: float) -> None:
        if message["event"] == "subscribed":
            self.follows = True
        elif "sentAt" in message["data"]:
            self.ages.append(came_at - message["data"]["sentAt"])


def listen(listeners: list[Listener], over: Callable[[], bool]) -> None:
    """Reads them all until it is over."""
    with selectors.DefaultSelector() as selector:
        for listener in listeners:
            selector.register(listener.socket, selectors.EVENT_READ, listener)
        while not over():
            ready = [key.data for key, _ in selector.select(0.05)]
            for listener in ready:
                listener.take()
            for listener in ready:
                listener.read()
