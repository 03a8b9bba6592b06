"""Images of tokens, from whatever host their makers name: asked as one asks a stranger.

A name is resolved once, and the connection goes to an address that was looked at: a second answer of its DNS changes
nothing. Only the public internet is asked, over TLS, with nothing of the user's in the request; each redirect is
looked at like the first address. Name, bytes and time are limited as a whole, so that dripping does not help.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from walletjobs.core.image import MAX_BYTES, Image, image_of
from walletjobs.core.urls import is_public_address, public_url
from walletjobs.errors import ImageRefused, ProviderUnavailable

SECONDS = 10.0  # for all of it, redirects included; resolving a name may take longer and cannot be cut short
MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_PORT = 443
_HEADERS = {
    "Accept": "image/avif,image/webp,image/png,image/jpeg,image/gif",
    "Accept-Encoding": "identity",  # nothing of ours unpacks what a stranger packed
    "User-Agent": "walletjobs",
    "Connection": "close",
}


def addresses_of(host: str) -> Sequence[str]:
    """Every IP address that DNS has for a host name now."""
    found = socket.getaddrinfo(host, _PORT, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def dial(address: str, seconds: float) -> socket.socket:
    """A connection to an IP address."""
    return socket.create_connection((address, _PORT), seconds)


@dataclass(frozen=True, slots=True)
class ImageClient:
    """Fetches images; several threads may share it."""

    resolve: Callable[[str], Sequence[str]] = addresses_of
    dial: Callable[[str, float], socket.socket] = dial
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = SECONDS

    def fetch(self, url: str) -> Image:
        """The image at an address.

        Raises: ImageRefused where it is none, or may not be asked for; ProviderUnavailable where its host fails.
        """
        deadline = time.monotonic() + self.seconds
        for _ in range(MAX_REDIRECTS + 1):
            found = self._ask(public_url(url), deadline)
            if not isinstance(found, str):
                return image_of(found)
            url = urljoin(url, found)
        raise ImageRefused(f"It is redirected more than {MAX_REDIRECTS} times.")

    def _ask(self, url: str, deadline: float) -> bytes | str:
        """The body, or where the host sends us instead."""
        host = (urlsplit(url).hostname or "").removesuffix(".")
        try:
            with self._connect(host, deadline) as connected:
                connection = http.client.HTTPConnection(host)
                connection.sock = _Wire(connected, deadline)
                connection.request("GET", _target(url), headers=_HEADERS)
                return _read(connection.getresponse())
        except (OSError, ValueError, http.client.HTTPException) as error:
            late = time.monotonic() >= deadline
            why = f"took longer than {self.seconds:g} s" if late else f"failed ({type(error).__name__})"
            raise ProviderUnavailable(f"The image's host {why}.") from error

    def _connect(self, host: str, deadline: float) -> ssl.SSLSocket:
        raw = self._dial_one(self._public_addresses(host), deadline)
        try:
            raw.settimeout(_left(deadline))
            return self.tls.wrap_socket(raw, server_hostname=host)
        except BaseException:
            raw.close()
            raise

    def _public_addresses(self, host: str) -> Sequence[str]:
        """All addresses of the host; were only one of them not public, the host would be no friend."""
        addresses = self.resolve(host)
        for address in addresses:
            if not is_public_address(address):
                raise ImageRefused(f"Its host leads to {address}, which is not on the public internet.")
        return addresses

    def _dial_one(self, addresses: Sequence[str], deadline: float) -> socket.socket:
        fault: OSError = OSError("no address")
        for address in addresses:
            try:
                return self.dial(address, _left(deadline))
            except OSError as error:
                fault = error
        raise fault


class _Wire(io.RawIOBase):
    """A socket as ``http.client`` uses it, whose every wait ends at one deadline; it is closed by who opened it."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket = connected
        self._deadline = deadline

    def makefile(self, *_: object) -> io.BufferedReader:
        return io.BufferedReader(self)

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(_left(self._deadline))
        self._socket.sendall(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        self._socket.settimeout(_left(self._deadline))
        return self._socket.recv_into(buffer)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _read(response: http.client.HTTPResponse) -> bytes | str:
    """The body, or where a redirect leads.

    Raises: ImageRefused, ProviderUnavailable.
    """
    if response.status in _REDIRECTS:
        return response.headers.get("Location", "")
    if response.status == 429 or response.status >= 500:
        raise ProviderUnavailable(f"The image's host failed: HTTP {response.status}.")
    if response.status != 200:
        raise ImageRefused(f"Its host answers HTTP {response.status}.")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ImageRefused("It is packed, though we take it only as it is.")
    if (response.length or 0) > MAX_BYTES:
        raise ImageRefused(f"It is larger than {MAX_BYTES:,} bytes.")
    body = response.read(MAX_BYTES + 1)
    if response.length and len(body) <= MAX_BYTES:
        raise ProviderUnavailable("The image's host cut the answer short.")
    return body
