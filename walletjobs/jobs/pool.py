"""A small pool of worker processes, and one that recovers lost jobs and keeps the clock; each that dies is started
again."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from walletjobs.config import Config
from walletjobs.errors import InvalidSetting
from walletjobs.jobs import clock, reaper, worker
from walletjobs.jobs.queue import QUEUES

GRACE = 20.0  # seconds that workers have to end; Heroku kills after 30
BACKOFF = (0.0, 1.0, 2.0, 5.0, 10.0)  # seconds before a process that keeps dying is started again
STEADY = 10.0  # seconds after which a process that dies was not a false start
_LOOK_EVERY = 0.2  # seconds
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG. Source: prctl(2)

log = structlog.get_logger(__name__)


def parse_pool(text: str) -> list[list[str]]:
    """The queues of each worker process: processes stand apart by blanks, queues by commas; ``queue*2`` is two.

    Raises: InvalidSetting for a queue that is none.
    """
    processes = []
    for part in text.split():
        names, _, count = part.partition("*")
        queues = names.split(",")
        unknown = [name for name in queues if name not in QUEUES]
        if unknown or (count and not count.isdigit()):
            raise InvalidSetting(f"WORKER_POOL has {part!r}; its queues are some of {', '.join(QUEUES)}")
        processes += [queues] * int(count or 1)
    if not processes:
        raise InvalidSetting("WORKER_POOL names no queue")
    return processes


@dataclass(slots=True)
class Member:
    """One place in the pool and the process that fills it."""

    name: str
    run: Callable[[], None]
    pid: int = 0
    started_at: float = 0.0
    false_starts: int = 0
    not_before: float = field(default=0.0)


class Pool:
    """Starts the processes, starts again those that die, and ends them all on a signal."""

    def __init__(self, config: Config) -> None:
        self._members = [
            Member(",".join(queues), _works(config, queues)) for queues in parse_pool(config.worker_pool)
        ]
        self._members.append(Member("recovery", lambda: _recovers(config)))
        self._over = threading.Event()

    def run(self) -> int:
        """Works until SIGTERM or SIGINT; 0 where every process ended in time."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._over.set())
        while not self._over.is_set():
            self._fill()
            time.sleep(_LOOK_EVERY)
            self._collect()
        return self._end()

    def _fill(self) -> None:
        for member in self._members:
            if not member.pid and time.monotonic() >= member.not_before:
                member.started_at = time.monotonic()
                member.pid = _fork(member.run)
                log.info("process started", queues=member.name, pid=member.pid)

    def _collect(self) -> None:
        for member in self._members:
            if member.pid and os.waitpid(member.pid, os.WNOHANG)[0]:
                steady = time.monotonic() - member.started_at >= STEADY
                member.false_starts = 0 if steady else member.false_starts + 1
                wait = BACKOFF[min(member.false_starts, len(BACKOFF) - 1)]
                log.warning("process ended", queues=member.name, pid=member.pid, another_in=wait)
                member.pid, member.not_before = 0, time.monotonic() + wait

    def _end(self) -> int:
        """Workers hand their jobs back; what does not end in time is killed."""
        deadline = time.monotonic() + GRACE
        self._signal(signal.SIGTERM)
        while any(member.pid for member in self._members) and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY / 4)
            for member in self._members:
                if member.pid and os.waitpid(member.pid, os.WNOHANG)[0]:
                    member.pid = 0
        late = [member.name for member in self._members if member.pid]
        self._signal(signal.SIGKILL)
        return 1 if late else 0

    def _signal(self, number: signal.Signals) -> None:
        for member in self._members:
            if member.pid:
                os.kill(member.pid, number)


def _fork(run: Callable[[], None]) -> int:
    """A child that runs this and ends with its parent; the parent holds no connection that it could inherit."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _die_with(parent)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        run()
        code = 0
    except Exception:
        log.exception("a process of the pool failed")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _die_with(parent: int) -> None:
    """A killed pool leaves no workers behind: they get SIGTERM, and hand their jobs back."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_DIE_WITH_PARENT, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


def _works(config: Config, queues: list[str]) -> Callable[[], None]:
    return lambda: worker.work(config, queues)


def _recovers(config: Config) -> None:
    over = threading.Event()

    def end(*_: Any) -> None:
        over.set()

    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=clock.watch, args=(config, over), daemon=True).start()
    reaper.watch(config, over)
