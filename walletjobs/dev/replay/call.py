"""The shape of one request between the HTTP server and the routes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was understood: what it costs, which options hold for it, and how to answer it.

    ``answer`` is given the fault to build in (``repeat``, ``null`` …) or an empty text.
    """

    classes: tuple[str, ...]  # most particular first; the last is its bucket
    credits: int
    key: str  # tells identical requests; without the api key
    answer: Callable[[str], Answer]
    helius: bool = False  # asks for an api key
    about: str = ""  # the address whose history or accounts are asked for

    @property
    def names(self) -> tuple[str, ...]:
        """What options may call it, most particular first."""
        return (*([self.about] if self.about else []), *self.classes)

    @property
    def route(self) -> str:
        """The name under which it is counted."""
        return self.classes[0]

    @property
    def bucket(self) -> str:
        """The name of the limit it falls under."""
        return self.classes[-1]


class Refused(Exception):
    """The request is wrong: the status and the message to answer with."""

    def __init__(self, message: str, status: int = 400, code: int = -32602) -> None:
        super().__init__(message)
        self.status = status
        self.code = code  # JSON-RPC
