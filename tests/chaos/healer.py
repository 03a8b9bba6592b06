"""Undoes faults when their time has come, and starts again what is missing, whatever the monkey is busy with."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

from chaos.service import Service

LOOK_EVERY = 0.1  # seconds

log = logging.getLogger("chaos")


class Healer:
    """Heals one service; what it starts ends with the thread that heals, so that must be the main one."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._undos: list[tuple[float, int, str, Callable[[], None]]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    def suffers(self, subject: str) -> bool:
        """Whether it is not well yet."""
        with self._lock:
            return any(subject == suffering for _, _, suffering, _ in self._undos)

    def undo_later(self, seconds: float, subject: str, undo: Callable[[], None]) -> None:
        """``subject`` suffers until then."""
        with self._lock:
            heapq.heappush(self._undos, (time.monotonic() + seconds, next(self._order), subject, undo))

    def heal_until(self, over: Callable[[], bool]) -> None:
        """Comes back when it is over and everything is well."""
        while not over():
            self._service.keep()
            if self._undos and self._undos[0][0] <= time.monotonic():
                self._undo()
            time.sleep(LOOK_EVERY)
        while self._undos:
            self._undo()
        self._service.keep()

    def _undo(self) -> None:
        due = self._undos[0]
        due[3]()
        with self._lock:
            self._undos.remove(due)
            heapq.heapify(self._undos)
        log.info("%s is well again", due[2] or "a process")
