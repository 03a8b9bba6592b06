"""What stands before every answer: keys, limits, outages and injected faults."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil

import msgspec

from walletjobs.dev.replay.call import Answer, Call, Request
from walletjobs.dev.replay.options import FAULTS, Options, chosen
from walletjobs.dev.replay.stats import Stats

_BROKEN = (500, 502, 503, 504)
#: Faults that the routes build into their answer; the others happen to the connection.
_WITHIN = ("repeat", "duplicate", "null", "empty_page")


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer, and how much of it reaches the other side."""

    answer: Answer
    cut_at: int | None = None  # bytes of the body before the connection is cut; -1: not even a header
    hang: float = 0.0  # seconds without a word, then the connection is cut


def pass_through(call: Call, request: Request, options: Options, stats: Stats, attempt: int) -> Sent:
    """Answer a call as the options have it."""
    refusal = _refusal(call, request, options, stats)
    if refusal:
        return Sent(refusal)
    started = time.monotonic()
    fault = draw(call, options, attempt)
    if fault:
        stats.fault(fault)
    if fault == "hang":
        return Sent(Answer(b""), cut_at=-1, hang=options.hang_seconds)
    answer = _answer(call, options, fault, attempt)
    left = chosen(options.latency, call.names) / 1000 - (time.monotonic() - started)
    if left > 0:
        time.sleep(left)
    return Sent(answer, {"cut": -1, "cut_body": len(answer.body) // 2}.get(fault))


def _answer(call: Call, options: Options, fault: str, attempt: int) -> Answer:
    if fault == "5xx":
        return Answer(b"upstream failed", _BROKEN[int(_uniform(call, options, "status", attempt) * 4)])
    answer = call.answer(fault if fault in _WITHIN else "")
    if fault == "empty":
        return Answer(b"")
    if fault == "malformed":
        return Answer(answer.body[: len(answer.body) * 2 // 3])
    return answer


def _refusal(call: Call, request: Request, options: Options, stats: Stats) -> Answer | None:
    key = request.query.get("api-key", "")
    if call.helius and (not key or (options.api_key and key != options.api_key)):
        return _error(401, "invalid api key provided")
    if _named(options.down, call):
        return Answer(b"Service Unavailable", 503)
    if _named(options.refuse, call):
        return _error(403, "this method is not available on your plan")
    wait = stats.admit(call.bucket, chosen(options.rate, call.classes[::-1]))
    if wait:
        return _error(429, "rate limited", {"Retry-After": str(ceil(wait))})
    if not stats.spend(call.credits, options.quota):
        return _error(429, "max usage reached", {"Retry-After": "1"})
    return None


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Answer:
    body = {"jsonrpc": "2.0", "error": {"code": -32000 - status, "message": message}}
    return Answer(msgspec.json.encode(body), status, headers or {})


def _named(names: Sequence[str], call: Call) -> bool:
    return any(name in names for name in (*call.names, "all"))


def draw(call: Call, options: Options, attempt: int) -> str:
    """The fault that befalls this attempt at this request, or an empty text.

    It follows from the seed, the request and the number of the attempt alone, so that requests sent in
    parallel meet the same faults in every run.
    """
    if not options.fault or (options.fault_attempts and attempt >= options.fault_attempts):
        return ""
    left = _uniform(call, options, "fault", attempt)
    for kind in FAULTS:
        names = [f"{name}.{kind}" for name in (*call.names, "all")]
        left -= chosen(options.fault, [*names, kind])
        if left < 0:
            return kind
    return ""


def _uniform(call: Call, options: Options, what: str, attempt: int) -> float:
    text = f"{options.seed} {what} {call.key} {attempt}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64
