"""Helius' JSON-RPC: the frame around the methods. Source: providers.md section 1; JSON-RPC 2.0."""

from collections.abc import Sequence

import msgspec

from walletjobs.dev.replay import accounts, assets, transactions
from walletjobs.dev.replay.book import Book
from walletjobs.dev.replay.call import Answer, Call, Refused, Request
from walletjobs.dev.replay.options import Options


class _Frame(msgspec.Struct):
    method: str
    id: msgspec.Raw = msgspec.Raw(b"null")
    params: object = None


_FRAME, _FRAMES = msgspec.json.Decoder(_Frame), msgspec.json.Decoder(list[_Frame])
METHODS = {**transactions.METHODS, **accounts.METHODS, **assets.METHODS}


def route(request: Request, book: Book, options: Options) -> Call | None:
    """The call behind a POST to the root."""
    if request.method != "POST" or request.path not in ("", "/"):
        return None
    try:
        if request.body.lstrip().startswith(b"["):
            frames = _FRAMES.decode(request.body)
            return _batch([_call(frame, book, options) for frame in frames])
        return _call(_FRAME.decode(request.body), book, options)
    except msgspec.MsgspecError:
        raise Refused("Parse error", code=-32700) from None


def _call(frame: _Frame, book: Book, options: Options) -> Call:
    method = METHODS.get(frame.method)
    if method is None:
        return Call(
            ("unknown", "rpc"),
            0,
            frame.method,
            lambda fault: _error(frame.id, 404, -32601, "Method not found"),
        )

    def answer(fault: str) -> Answer:
        try:
            result = b"null" if fault == "null" else method.answer(book, frame.params, options, fault)
        except Refused as refusal:
            return _error(frame.id, refusal.status, refusal.code, str(refusal))
        return Answer(b'{"jsonrpc":"2.0","result":' + result + b',"id":' + bytes(frame.id) + b"}")

    key = f"{frame.method} {frame.params!r}"
    classes = (frame.method, *method.classes(frame.params))
    return Call(classes, method.credits, key, answer, helius=True, about=_about(frame.params))


def _about(params: object) -> str:
    """The address, of the methods that take one before all else."""
    return params[0] if isinstance(params, list) and params and isinstance(params[0], str) else ""


def _batch(calls: Sequence[Call]) -> Call:
    if not calls:
        raise Refused("Invalid Request", code=-32600)

    def answer(fault: str) -> Answer:
        return Answer(b"[" + b",".join(call.answer(fault).body for call in calls) + b"]")

    key = " ".join(call.key for call in calls)
    return Call(calls[0].classes, sum(call.credits for call in calls), key, answer, helius=True)


def _error(id_: msgspec.Raw, status: int, code: int, message: str) -> Answer:
    text = msgspec.json.encode({"code": code, "message": message})
    return Answer(b'{"jsonrpc":"2.0","error":' + text + b',"id":' + bytes(id_) + b"}", status)
