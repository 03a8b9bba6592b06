"""The replay server: the providers' protocols over HTTP on loopback, from recorded or generated data."""

import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from walletjobs.dev.replay import enhanced_routes, market_routes, rpc_routes
from walletjobs.dev.replay.book import Book
from walletjobs.dev.replay.call import Answer, Call, Refused, Request
from walletjobs.dev.replay.gate import Sent, pass_through
from walletjobs.dev.replay.options import Options
from walletjobs.dev.replay.stats import Stats
from walletjobs.errors import InvalidArgument

CONTROL = "/__replay__/"
URLS = ("HELIUS_RPC_URL", "HELIUS_REST_URL", "DEXSCREENER_URL", "JUPITER_URL", "BINANCE_URL", "COINBASE_URL")
MOST_BODY = 10_000_000  # bytes
_CHANGES = msgspec.json.Decoder(dict[str, Any])


class ReplayServer:
    """A running replay server; a context manager that stops it."""

    def __init__(self, book: Book, options: Options, port: int = 0) -> None:
        self.book = book
        self.options = options
        self.stats = Stats()
        self._http = _Http(("127.0.0.1", port), _handler(self))
        self._thread = Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @classmethod
    def of_files(cls, paths: Iterable[Path], options: Options | None = None, port: int = 0) -> Self:
        """A server of these data files."""
        return cls(Book.read(paths), options or Options(), port)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def requests(self) -> dict[str, int]:
        """Requests so far by route."""
        return dict(self.stats.requests)

    def change(self, **values: object) -> None:
        """Change options from now on."""
        self.options = self.options.changed(values)

    def environment(self) -> dict[str, str]:
        """The variables that make our own clients ask this server."""
        return {"HELIUS_API_KEY": self.options.api_key or "replay", **dict.fromkeys(URLS, self.url)}

    def close(self) -> None:
        """Stop: nothing listens any more, and every open connection is cut."""
        self._http.shutdown()
        self._http.server_close()
        self._http.cut_all()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, request: Request) -> Call:
        """The call behind a request.

        Raises: Refused if no route knows it.
        """
        found = enhanced_routes.route(request, self.book, self.options)
        found = found or rpc_routes.route(request, self.book, self.options)
        found = found or market_routes.route(request, self.book, self.options)
        if found is None:
            raise Refused("Not Found", status=404, code=-32601)
        return found

    def control(self, request: Request) -> Answer:
        """Read or reset the statistics, read or change the options."""
        what = request.path.removeprefix(CONTROL)
        if what == "stats":
            if request.method == "DELETE":
                self.stats.clear()
            return Answer(msgspec.json.encode(self.stats.as_dict()))
        if what == "options":
            if request.method == "POST":
                self.change(**_CHANGES.decode(request.body))
            return Answer(msgspec.json.encode(self.options.as_dict()))
        raise Refused("Not Found", status=404)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        """Cut the connections that are kept alive."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _handler(server: ReplayServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            sent = _respond(server, self._request())
            if sent.hang:
                time.sleep(sent.hang)
            if sent.cut_at is None:
                self.wfile.write(_head(sent.answer) + sent.answer.body)
                return
            if sent.cut_at > 0:
                self.wfile.write(_head(sent.answer) + sent.answer.body[: sent.cut_at])
            self.close_connection = True

        do_POST = do_DELETE = do_GET

        def _request(self) -> Request:
            parts = urlsplit(self.path)
            size = min(int(self.headers.get("Content-Length") or 0), MOST_BODY)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            return Request(self.command, unquote(parts.path), query, self.rfile.read(size))

        def handle(self) -> None:
            try:
                super().handle()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # a client that gave up is no concern of ours

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: the statistics say it better."""

    return Handler


def _respond(server: ReplayServer, request: Request) -> Sent:
    try:
        if request.path.startswith(CONTROL):
            return Sent(server.control(request))
        call = server.call(request)
    except (Refused, InvalidArgument, msgspec.MsgspecError) as error:
        return Sent(_refused(error))
    attempt = server.stats.begin(call.route, call.key)
    status = 0
    try:
        sent = pass_through(call, request, server.options, server.stats, attempt)
        status = 0 if sent.cut_at is not None else sent.answer.status
        return sent
    except Refused as error:
        status = error.status
        return Sent(_refused(error))
    finally:
        server.stats.end(call.route, status)


def _refused(error: Exception) -> Answer:
    return Answer(msgspec.json.encode({"error": str(error)}), getattr(error, "status", 400))


def _head(answer: Answer) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(answer.body)}",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")
