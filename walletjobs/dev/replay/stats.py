"""What a replay server was asked, and the limits that it keeps."""

from collections import Counter, deque
from collections.abc import Sequence
from threading import Lock
from time import monotonic

#: A second, less what the way may jitter: a client that sends exactly at the limit is not refused.
WINDOW = 0.95  # seconds
KEPT = 200_000  # request times kept per bucket


class Stats:
    """Counts of requests, and the sliding window behind each bucket's limit."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        with self._lock:
            self.started = monotonic()
            self.requests: Counter[str] = Counter()  # by route
            self.statuses: Counter[str] = Counter()  # by route and status
            self.faults: Counter[str] = Counter()  # by kind
            self.attempts: Counter[str] = Counter()  # by identical request
            self.credits = 0
            self.in_flight = 0
            self.most_in_flight = 0
            self.accepted: dict[str, deque[float]] = {}  # times by bucket

    def begin(self, route: str, key: str) -> int:
        """Count a request; the number of identical ones before it."""
        with self._lock:
            self.requests[route] += 1
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            self.attempts[key] += 1
            return self.attempts[key] - 1

    def end(self, route: str, status: int) -> None:
        """The answer to a request has left, or its connection was cut (status 0)."""
        with self._lock:
            self.in_flight -= 1
            self.statuses[f"{route} {status or 'cut'}"] += 1

    def fault(self, kind: str) -> None:
        """Count an injected fault."""
        with self._lock:
            self.faults[kind] += 1

    def spend(self, credits: int, quota: int) -> bool:
        """Take credits; False where the month's quota is gone."""
        with self._lock:
            if quota and self.credits + credits > quota:
                return False
            self.credits += credits
            return True

    def admit(self, bucket: str, rate: float) -> float:
        """0 if the bucket may take a request now, else the seconds until it may."""
        now = monotonic()
        with self._lock:
            times = self.accepted.setdefault(bucket, deque(maxlen=KEPT))
            within = max(int(rate), 1)
            if rate and len(times) >= within and now - times[-within] < WINDOW * within / rate:
                return WINDOW * within / rate - (now - times[-within])
            times.append(now)
            return 0.0

    def as_dict(self) -> dict[str, object]:
        """Every figure as JSON can carry it."""
        with self._lock:
            return {
                "seconds": round(monotonic() - self.started, 3),
                "requests": dict(self.requests),
                "statuses": dict(self.statuses),
                "faults": dict(self.faults),
                "credits": self.credits,
                "repeated": sum(count - 1 for count in self.attempts.values()),
                "inFlight": self.in_flight,
                "maxInFlight": self.most_in_flight,
                "perSecond": {name: _histogram(times, self.started) for name, times in self.accepted.items()},
                "peakPerSecond": {name: peak(times) for name, times in self.accepted.items()},
            }


def _histogram(times: Sequence[float], started: float) -> list[int]:
    counts = Counter(int(time - started) for time in times)
    return [counts[second] for second in range(max(counts, default=-1) + 1)]


def peak(times: Sequence[float], span: float = 1.0) -> int:
    """The most requests within any ``span`` seconds."""
    window: deque[float] = deque()
    most = 0
    for time in times:
        window.append(time)
        while window[0] <= time - span:
            window.popleft()
        most = max(most, len(window))
    return most
