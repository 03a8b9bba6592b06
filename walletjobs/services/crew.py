"""Calls made at the same time, whose answers come back to one thread."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, PriorityQueue, SimpleQueue
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

Task = TypeVar("Task")


@dataclass(frozen=True, slots=True)
class Done(Generic[Task]):
    """What became of a task: its answer, or the error that it ended with."""

    task: Task
    answer: Any
    error: Exception | None = None


class Crew(Generic[Task]):
    """So many daemon threads; whoever leaves the block waits for none of them, and they begin nothing more."""

    def __init__(self, hands: int) -> None:
        self.over = threading.Event()
        self.busy = 0  # tasks whose end was not taken yet
        self._tasks: PriorityQueue[tuple[int, int, Task, Callable[[], Any]]] = PriorityQueue()
        self._done: SimpleQueue[Done[Task]] = SimpleQueue()
        self._numbers = itertools.count()
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(hands)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.over.set()
        for _thread in self.threads:
            self._tasks.put((-1, next(self._numbers), None, lambda: None))  # type: ignore[arg-type]

    def ask(self, task: Task, call: Callable[[], Any], *, urgent: bool = False) -> None:
        """Have a call made, an urgent one before the others."""
        self.busy += 1
        self._tasks.put((0 if urgent else 1, next(self._numbers), task, call))

    def next(self, seconds: float) -> Done[Task] | None:
        """What is done next; None where nothing is for so long."""
        try:
            done = self._done.get(timeout=seconds)
        except Empty:
            return None
        self.busy -= 1
        return done

    def _work(self) -> None:
        while not self.over.is_set():
            _, _, task, call = self._tasks.get()
            if self.over.is_set():
                return
            try:
                self._done.put(Done(task, call()))
            except Exception as error:  # noqa: BLE001 (raised again by whoever takes it)
                self._done.put(Done(task, None, error))
