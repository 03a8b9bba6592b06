"""A stranger's host on loopback: real TLS; only who answers for a name is made up."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from walletjobs.providers.images import ImageClient

TLS = Path(__file__).parent / "tls"  # a certificate of img.example.com and cdn.example.org, and who signed it
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 2000
PUBLIC = "93.184.216.34"

Speak = Callable[[ssl.SSLSocket], None]


def plain(body: bytes, status: str = "200 OK", **headers: str) -> Speak:
    """Answers at once."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines])

    return lambda link: link.sendall(head.encode() + b"\r\n\r\n" + body)


def dripping(*parts: bytes) -> Speak:
    """Answers the last part again and again, in good time for any wait between two bytes."""

    def speak(link: ssl.SSLSocket) -> None:
        for part in parts[:-1]:
            link.sendall(part)
        while True:
            link.sendall(parts[-1])
            time.sleep(0.02)

    return speak


@dataclass
class Stranger:
    """A host on loopback that serves what a test has it serve."""

    pages: dict[str, Speak] = field(default_factory=dict)  # by host and path
    heard: list[bytes] = field(default_factory=list)
    dialed: list[str] = field(default_factory=list)
    names: dict[str, list[Sequence[str]]] = field(default_factory=dict)  # answers of DNS, one a question
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(TLS / "server.pem")
        threading.Thread(target=self._listen, daemon=True).start()

    def client(self, seconds: float = 20) -> ImageClient:
        """A client to whom every public address leads here."""
        trust = ssl.create_default_context(cafile=str(TLS / "ca.pem"))
        return ImageClient(self._resolve, self._dial, trust, seconds)

    def close(self) -> None:
        self._listener.close()

    def _resolve(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        answers = self.names.get(host)
        if answers is None:
            return [PUBLIC]
        return answers.pop(0) if answers else ["127.0.0.1"]

    def _dial(self, address: str, seconds: float) -> socket.socket:
        self.dialed.append(address)
        return socket.create_connection(self._listener.getsockname(), seconds)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=[self._listener.accept()[0]], daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        with suppress(OSError), self._tls.wrap_socket(raw, server_side=True) as link:
            request = b""
            while b"\r\n\r\n" not in request:
                request += link.recv(4096)
            self.heard.append(request)
            lines = request.decode().split("\r\n")
            host = next(line.partition(": ")[2] for line in lines if line.lower().startswith("host:"))
            self.pages[host + lines[0].split(" ")[1]](link)
