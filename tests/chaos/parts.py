"""Programs that a fault may strike: each can be killed or frozen, and is started anew when it is missing."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from walletjobs.dev.processes import Process


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still live."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def family(pid: int) -> Iterator[int]:
    """A process, what it has started, and so on."""
    yield pid
    for child in children(pid):
        yield from family(child)


def strike(pids: list[int], number: signal.Signals) -> None:
    """Sends a signal to each that is still there; 0 is nobody."""
    for pid in filter(None, pids):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


class Part:
    """A program of the service."""

    def __init__(self, name: str, log: Path, start: Callable[[Path], Process]) -> None:
        self.name = name
        self.log = log
        self._start = start
        self.process: Process | None = None

    @property
    def pid(self) -> int:
        """Of the program, or 0 while it is missing."""
        return self.process.pid if self.process and self.process.poll() is None else 0

    def keep(self) -> None:
        """Starts it where it is missing, as a dyno manager does."""
        if not self.pid:
            self.process = self._start(self.log)

    def family(self) -> list[int]:
        """Its processes, the program itself first."""
        return list(family(self.pid)) if self.pid else []


class PoolPart(Part):
    """A pool of workers, whose log tells which of its processes does what."""

    def __init__(self, name: str, log: Path, start: Callable[[Path], Process]) -> None:
        super().__init__(name, log, start)
        self._read = 0
        self._rescuers: set[int] = set()  # pids, dead ones too

    def workers(self) -> list[int]:
        """Its processes that take jobs."""
        return [child for child in self._children() if child not in self._rescuers]

    def rescuers(self) -> list[int]:
        """Its process that recovers lost jobs."""
        return [child for child in self._children() if child in self._rescuers]

    def horses(self) -> list[tuple[int, int]]:
        """(worker, horse) for each job that runs."""
        return [(worker, horse) for worker in self.workers() for horse in children(worker)]

    def _children(self) -> list[int]:
        with self.log.open("rb") as file:
            file.seek(self._read)
            for line in file.read().splitlines(keepends=True):
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                if b'"process started"' in line:
                    said = json.loads(line)
                    change = self._rescuers.add if said["queues"] == "recovery" else self._rescuers.discard
                    change(said["pid"])
        return children(self.pid) if self.pid else []
