"""HTTP to a provider: paced, tried again where that may help, every error one of ours.

Each attempt takes a slot of the shared budget, so retries are our own loop and not urllib3's, which would call
behind the limiter's back. A 429 pauses every process that shares the budget.

No error and no log line holds a URL: keys travel in query strings.
"""

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from urllib3.exceptions import InvalidHeader

from walletjobs.core.text import clean_text
from walletjobs.errors import (
    NotOffered,
    ProviderRefused,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
    Transient,
    WalletjobsError,
)
from walletjobs.providers.limiter import Limiter, OnWait, wait

logger = logging.getLogger(__name__)

ATTEMPTS = 5
CONNECT_TIMEOUT = 5  # seconds
READ_TIMEOUT = 30  # seconds between two bytes
#: Latency is flat up to 32 parallel calls, then worse. Source: providers.md section 1.
CONNECTIONS = 16
#: We do not sleep longer than this in a call; a longer Retry-After reschedules the job instead.
RETRY_AFTER_MAX = 30  # seconds
BACKOFF = 0.5  # seconds before the second attempt, doubled each time
_RETRY = Retry()  # reads Retry-After in both of its forms
#: How providers say that the period's credits are gone, not the second's.
_QUOTA_WORDS = ("max usage", "quota", "credits", "monthly limit", "usage limit")

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request; address, parameters and headers may hold a key and show up nowhere."""

    method: str
    url: str = field(repr=False)
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    readable: frozenset[int] = frozenset((200,))  # statuses whose body answers the call
    credits: int = 0  # that the provider takes for it


class Meter:
    """Counts what is asked of a provider, by all threads."""

    def __init__(self) -> None:
        self.calls = 0
        self.credits = 0
        self._lock = Lock()

    def count(self, credits: int) -> None:
        """One more attempt."""
        with self._lock:
            self.calls += 1
            self.credits += credits


@dataclass(frozen=True, slots=True)
class Pace:
    """The budget that calls come from, who hears of waiting, and how patient the retries are."""

    limiter: Limiter
    on_wait: OnWait | None = None
    backoff: float = BACKOFF  # seconds before the second attempt, doubled each time
    attempts: int = ATTEMPTS  # at one call
    meter: Meter | None = None
    timeout: float = READ_TIMEOUT  # seconds between two bytes


def session() -> requests.Session:
    """A session that keeps connections alive, and blocks rather than open more than CONNECTIONS to a host."""
    # urllib3 logs each request's path, with the key in it, at DEBUG
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    opened = requests.Session()
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=CONNECTIONS, pool_block=True, max_retries=0)
    opened.mount("https://", adapter)
    opened.mount("http://", adapter)
    opened.headers.update({"Accept": "application/json", "User-Agent": "walletjobs"})
    return opened


class Provider:
    """One budget of calls to one provider; several threads may share it."""

    def __init__(self, name: str, http: requests.Session, pace: Pace) -> None:
        self.name = name
        self._http = http
        self._pace = pace
        self._answers = 0  # to any thread's call; a count lost between two threads does no harm

    def ask(self, call: Call, read: Callable[[bytes], Answer]) -> Answer:
        """What ``read`` makes of the answer, asked for as often as the pace has it.

        ``read`` may raise ProviderUnavailable or RateLimited for what it finds inside; that is tried again too.
        Raises: ProviderUnavailable, RateLimited, QuotaExhausted, ProviderRefused, QueueUnavailable.
        """
        faults: list[Transient] = []
        answers = self._answers
        while len(faults) < self._pace.attempts:
            self._pace.limiter.acquire(self._pace.on_wait)
            try:
                answer = read(self._send(call))
                self._answers += 1
                return answer
            except RateLimited as error:
                if self._answers != answers:  # others get through: not the month is used up, but the second
                    answers, faults = self._answers, []
                self._slow_down(error, len(faults))
                faults.append(error)
            except ProviderUnavailable as error:
                faults.append(error)
                if len(faults) < self._pace.attempts:
                    wait(self._backoff(len(faults) - 1) * random.uniform(0.5, 1), self._pace.on_wait)
        if len(faults) > 1 and all(isinstance(fault, RateLimited) for fault in faults):
            raise QuotaExhausted(
                f"{self.name} said 'slow down' {self._pace.attempts} times in a row, though everyone had paused "
                "as asked: the key's credits for this month are probably used up."
            )
        raise faults[-1]

    def _send(self, call: Call) -> bytes:
        if self._pace.meter is not None:
            self._pace.meter.count(call.credits)
        fault = ""
        try:
            response = self._http.request(
                call.method,
                call.url,
                params=call.params,
                data=call.body,
                headers=call.headers,
                timeout=(CONNECT_TIMEOUT, self._pace.timeout),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            fault = type(error).__name__  # its text holds the URL, so it is not even kept as the cause
        if fault:
            raise ProviderUnavailable(f"{self.name} did not answer ({fault}).")
        if response.status_code not in call.readable:
            raise self._refusal(response, call)
        return response.content

    def _refusal(self, response: requests.Response, call: Call) -> WalletjobsError:
        """What a status other than success means. Source: providers.md section 1, errors."""
        status, said = response.status_code, self._words_of(response, call)
        if status == 429:
            return limited(self.name, said, _retry_after(response))
        if status == 408 or status >= 500:
            return ProviderUnavailable(f"{self.name} failed: HTTP {status}.", _retry_after(response))
        if status == 401:
            return ProviderRefused(f"{self.name} does not accept our API key.")
        if status == 403:
            return NotOffered(f"{self.name} does not allow this with our API key or plan.")
        if status == 404:
            return NotOffered(f"{self.name} does not know this route: HTTP 404. {said}".rstrip())
        return ProviderRefused(f"{self.name} refused the request: HTTP {status}. {said}".rstrip())

    @staticmethod
    def _words_of(response: requests.Response, call: Call) -> str:
        text = response.content[:2000].decode("utf-8", "replace")
        for secret in (*call.params.values(), *call.headers.values()):
            text = text.replace(str(secret), "…") if len(str(secret)) > 7 else text
        return clean_text(text, 200) or ""

    def _slow_down(self, error: RateLimited, earlier: int) -> None:
        """Pause everyone who shares the budget.

        Raises: the error itself, where the pause is so long that the job should rather come back later.
        """
        seconds = max(error.retry_after or 0.0, self._backoff(earlier))
        self._pace.limiter.pause(min(seconds, RETRY_AFTER_MAX))
        if seconds > RETRY_AFTER_MAX:
            raise error
        if earlier:
            logger.warning("%s says 'slow down' again; are the month's credits used up?", self.name)

    def _backoff(self, earlier: int) -> float:
        return float(self._pace.backoff * 2**earlier)


def limited(name: str, said: str, retry_after: float | None = None) -> RateLimited | QuotaExhausted:
    """The error for an answer that says 'too many': this second's requests, or the period's credits?"""
    if any(word in said.lower() for word in _QUOTA_WORDS):
        return QuotaExhausted(f"{name}: the key's credits for this period are used up ({said}).")
    return RateLimited(f"{name} asks us to slow down.", retry_after)


def _retry_after(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After")
    if text is None:
        return None
    try:
        return float(_RETRY.parse_retry_after(text))
    except InvalidHeader:
        return None
