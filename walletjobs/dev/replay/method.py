"""One JSON-RPC method of the replay server, and the reading of its parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from walletjobs.dev.replay.book import Book
from walletjobs.dev.replay.call import Refused
from walletjobs.dev.replay.options import Options


def _rpc(params: object) -> tuple[str, ...]:
    return ("rpc",)


@dataclass(frozen=True, slots=True)
class Method:
    """How a method answers (its result as JSON), what it costs, and which options hold for it."""

    answer: Callable[[Book, object, Options, str], bytes]
    credits: int = 1
    classes: Callable[[object], tuple[str, ...]] = _rpc


def address_and_options(params: object) -> tuple[str, Mapping[str, object]]:
    """``[address, {…}]``; the second may be missing.

    Raises: Refused if the parameters have another shape.
    """
    if not isinstance(params, list) or not params or not isinstance(params[0], str):
        raise Refused("Invalid params: expected an address")
    options = params[1] if len(params) > 1 and params[1] is not None else {}
    if not isinstance(options, dict):
        raise Refused("Invalid params: expected an object")
    return params[0], options
