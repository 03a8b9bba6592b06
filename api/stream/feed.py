"""What waits to be sent to one subscriber."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

#: Characters that may wait for one subscriber; past that it is too slow to be served.
LIMIT = 1_000_000

#: Events of which only the latest matters.
PROGRESS = ("job-progress", "batch-progress")

Position = tuple[int, int]  # a stream id as numbers: "1700000000000-3" → (1700000000000, 3)
START: Position = (0, 0)


def position(event_id: str) -> Position:
    """A stream id in a form that compares.

    Raises: ValueError if the text is no stream id.
    """
    milliseconds, _, sequence = event_id.partition("-")
    return int(milliseconds), int(sequence or 0)


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of one job, encoded once for all who get it."""

    job_id: str
    id: str
    event: str
    text: str  # JSON
    step: str = ""

    @property
    def at(self) -> Position:
        """Where it stands in its job's stream."""
        return position(self.id)

    @property
    def key(self) -> tuple[str, ...]:
        """A later frame with the same key says everything this one does."""
        if self.event in PROGRESS:
            return (self.job_id, self.event, self.step)
        return (self.job_id, self.id)


class Feed:
    """Frames on their way to one subscriber: each once, in order, of progress within a step only the latest.

    The hub's thread puts, the subscriber's thread takes. ``wake`` is called after each put.
    """

    def __init__(self, wake: Callable[[], None], limit: int = LIMIT) -> None:
        self.wake = wake
        self._limit = limit
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, ...], Frame] = {}
        self._size = 0
        self._marks: dict[str, Position] = {}  # job id → the last position that was put or replayed
        self.overflowed = False
        self.memory: str | None = None  # the mark of the Redis in which the jobs were followed
        #: What that Redis told meanwhile it has forgotten: the jobs are to be looked at anew.
        self.outdated = False

    def marks(self) -> dict[str, Position]:
        """How far each followed job has come here."""
        with self._lock:
            return dict(self._marks)

    def follows(self, job_id: str) -> bool:
        """Whether this job's frames are let in."""
        with self._lock:
            return job_id in self._marks

    def put(self, frame: Frame) -> None:
        """Adds a frame, unless it was here before, its job is not followed, or the subscriber is lost."""
        with self._lock:
            mark = self._marks.get(frame.job_id)
            if mark is None or frame.at <= mark or self.overflowed:
                return
            self._marks[frame.job_id] = frame.at
            replaced = self._waiting.pop(frame.key, None)
            self._waiting[frame.key] = frame  # at the end: order by id is kept
            self._size += len(frame.text) - (len(replaced.text) if replaced else 0)
            if self._size > self._limit:
                self.overflowed = True
                self._waiting.clear()
        self.wake()

    @property
    def waiting(self) -> bool:
        """Whether there is anything to take."""
        with self._lock:
            return bool(self._waiting)

    @property
    def urgent(self) -> bool:
        """Whether anything but progress waits."""
        with self._lock:
            return any(frame.event not in PROGRESS for frame in self._waiting.values())

    def take(self) -> list[Frame]:
        """Everything that waits."""
        with self._lock:
            frames = list(self._waiting.values())
            self._waiting.clear()
            self._size = 0
            return frames

    def follow(self, job_id: str) -> bool:
        """Lets this job's frames in from now on; False if it did already."""
        with self._lock:
            known = job_id in self._marks
            self._marks.setdefault(job_id, START)
            return not known

    def replayed(self, job_id: str, until: Position) -> None:
        """What stands at ``until`` or before has been sent another way: it is dropped here."""
        with self._lock:
            self._marks[job_id] = max(self._marks.get(job_id, START), until)
            self._drop(lambda frame: frame.job_id == job_id and frame.at <= until)

    def forget(self, job_id: str) -> None:
        """Lets this job's frames in no more."""
        with self._lock:
            self._marks.pop(job_id, None)
            self._drop(lambda frame: frame.job_id == job_id)

    def _drop(self, unwanted: Callable[[Frame], bool]) -> None:
        for key in [key for key, frame in self._waiting.items() if unwanted(frame)]:
            self._size -= len(self._waiting.pop(key).text)
