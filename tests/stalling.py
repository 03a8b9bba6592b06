"""A way to a server that can stall: it goes on accepting, and nothing passes any more."""

import socket
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit


class Stalling:
    """Stands before the server of ``url`` until closed; ``self.url`` leads through it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 0)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        port = self._listening.getsockname()[1]
        self.url = parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}")).geturl()
        self._flowing = threading.Event()
        self._flowing.set()
        self._open: list[socket.socket] = [self._listening]
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self) -> None:
        """From now on nothing passes."""
        self._flowing.clear()

    def flow(self) -> None:
        """Everything passes again, what waited first."""
        self._flowing.set()

    def close(self) -> None:
        """Cuts everything."""
        self.flow()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flowing.wait()
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
