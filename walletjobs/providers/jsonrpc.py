"""JSON-RPC 2.0 over HTTP: requests, and answers whose errors may come inside HTTP 200."""

from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from walletjobs.core.text import clean_text
from walletjobs.errors import NotOffered, ProviderRefused, ProviderUnavailable, WalletjobsError
from walletjobs.providers.http import limited

T = TypeVar("T")

#: The request itself is wrong: trying again changes nothing. Source: https://www.jsonrpc.org/specification
_OURS = frozenset((-32600, -32602))
_UNKNOWN_METHOD = -32601
_TOO_MANY = -32429
_TOO_MANY_WORDS = ("rate limit", "too many requests", "max usage")


class _Fault(Struct):
    code: int = 0
    message: str = ""


class _Envelope(Struct):
    result: Raw = Raw(b"null")
    error: _Fault | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)


def request_body(method: str, params: Any) -> bytes:
    """One request."""
    return msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def result_of(name: str, body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """The result inside an answer, as the decoder reads it.

    Raises: ProviderUnavailable where there is none or it makes no sense; RateLimited, QuotaExhausted or
    ProviderRefused where the answer is such an error.
    """
    try:
        envelope = _ENVELOPE.decode(body)
        if envelope.error is None:
            return decoder.decode(envelope.result)
    except msgspec.MsgspecError as error:
        raise ProviderUnavailable(f"{name} answered with nonsense: {error}") from error
    raise _error_of(name, envelope.error)


def _error_of(name: str, fault: _Fault) -> WalletjobsError:
    said = clean_text(fault.message, 200) or "no message"
    if fault.code == _TOO_MANY or any(words in said.lower() for words in _TOO_MANY_WORDS):
        return limited(name, said)
    if fault.code == _UNKNOWN_METHOD:
        return NotOffered(f"{name} does not know this method: {said} ({fault.code}).")
    if fault.code in _OURS:
        return ProviderRefused(f"{name} refused the request: {said} ({fault.code}).")
    return ProviderUnavailable(f"{name} failed: {said} ({fault.code}).")
