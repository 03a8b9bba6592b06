"""Websockets: ``/ws`` for any number of jobs, ``/jobs/{id}/stream`` for one."""

import json
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from flask import Flask, current_app, request
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server

from api.errors import closing_on_failure
from api.problems import Problem
from api.stream.session import Session
from walletjobs.config import Config

PING = 25  # seconds; routers cut connections that are silent for 55
LARGEST_MESSAGE = 16 * 1024  # characters
SEND_BUFFER = 128 * 1024  # bytes that the kernel may hold for a client that does not read
SEND_TIMEOUT = 10  # seconds a client may leave a frame unread
PARTING = 2  # seconds a client may take to answer a close
TRY_AGAIN_LATER = 1013


class SendAll:
    """A socket that sends whole frames, one at a time, and gives up on a client that does not read.

    simple-websocket calls ``send``, which may send a part; and it pings from a thread of its own.
    """

    def __init__(self, plain: socket.socket) -> None:
        self._plain = plain
        self._sending = threading.Lock()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_TIMEOUT, 0))
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)

    def send(self, data: bytes) -> int:
        """All of ``data``.

        Raises: OSError; the connection is then shut, for half a frame may be out and nothing may follow it.
        """
        with self._sending:
            try:
                self._plain.sendall(data)
            except OSError:
                with suppress(OSError):
                    self._plain.shutdown(socket.SHUT_RDWR)
                raise
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


def register(app: Flask, config: Config, prefix: str) -> None:
    """Adds the routes, with and without the prefix, and refuses other sites' pages before the handshake."""
    app.config["SOCK_SERVER_OPTIONS"] = {
        "ping_interval": PING,
        "max_message_size": LARGEST_MESSAGE,
        "thread_class": partial(threading.Thread, daemon=True),
    }
    sock = Sock()
    for start in ("", prefix):
        sock.route(f"{start}/ws", endpoint=f"many{start}")(_many)
        sock.route(f"{start}/jobs/<job_id>/stream", endpoint=f"one{start}")(_one)
    sock.init_app(app)

    @app.before_request
    def check_origin() -> None:
        if request.headers.get("Upgrade", "").lower() == "websocket" and not _welcome(config):
            raise Problem(403, "origin_refused", "Pages of this origin may not open a websocket here.")


def _welcome(config: Config) -> bool:
    origin = request.headers.get("Origin")
    if origin is None:  # not a browser
        return True
    return origin in config.allowed_origins or origin.partition("://")[2] == request.host


def _many(ws: Server) -> None:
    _serve(ws, lambda session: None)


def _one(ws: Server, job_id: str) -> None:
    last_seen = request.args.get("lastEventId")
    message = {"event": "subscribe", "jobId": job_id, **({"lastEventId": last_seen} if last_seen else {})}
    _serve(ws, lambda session: session.obey(json.dumps(message)))


def _serve(ws: Server, begin: Callable[[Session], None]) -> None:
    ws.sock = SendAll(ws.sock)
    hub, doors = current_app.extensions["hub"], current_app.extensions["doors"]
    with closing_on_failure(ws):
        feed = hub.join(ws.event.set)
        if feed is None:
            ws.close(TRY_AGAIN_LATER, "too many sockets")
        else:
            try:
                session = Session(ws, feed, doors)
                begin(session)
                session.run(hub)
            finally:
                hub.leave(feed)
    _part(ws)


def _part(ws: Server) -> None:
    """Lets the client answer the close, then ends the connection and with it simple-websocket's thread.

    That thread sleeps up to ``PING`` seconds on a socket that somebody else has closed, and the process with it.
    """
    with suppress(ConnectionClosed, OSError):
        ws.close()
    ws.thread.join(PARTING)
    with suppress(OSError):
        ws.sock.shutdown(socket.SHUT_RDWR)
    ws.thread.join(PARTING)
