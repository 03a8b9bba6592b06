"""Two threads beside a running job: one hears of Redis that the work shall end, one interrupts it where it hangs."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis.exceptions

from walletjobs.errors import Cancelled, Superseded, WorkerStopping
from walletjobs.jobs import keys
from walletjobs.jobs.progress import INTERVAL, JobReport, Start

LOOK_EVERY = 0.3  # seconds between two looks at Redis
GRACE = 1.0  # seconds that the work has to reach a safe point before it is interrupted where it stands
_INTERRUPT = signal.SIGUSR1

#: Set by the worker's signal handler: this process is to end soon. It is the process's, as signals are.
stopping = threading.Event()


@contextmanager
def pulse(start: Start, report: JobReport) -> Iterator[None]:
    """While the block lasts, held-back progress is told, and what asks the work to end is heard.

    That is a cancellation, a newer start of the job, or a process about to stop. The work ends at its next
    safe point, and where none comes, in the midst of what it does.

    The interruption needs the main thread (signals); elsewhere safe points must do.
    """
    over = threading.Event()
    listening = threading.Thread(target=_listen, args=(start, report, over), daemon=True)
    watching = threading.Thread(target=_watch, args=(report, over), daemon=True)
    with _interruptible(report, over):
        listening.start()
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()
            listening.join(GRACE)  # a Redis that hangs must not keep the work from its end


@contextmanager
def _interruptible(report: JobReport, over: threading.Event) -> Iterator[None]:
    """The interrupt raises the report's reason in the main thread, as long as the work is not over."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: Any) -> None:
        if report.stop is not None and not over.is_set():
            raise report.stop

    before = signal.signal(_INTERRUPT, interrupt)
    try:
        yield
    finally:
        signal.signal(_INTERRUPT, before)


def _listen(start: Start, report: JobReport, over: threading.Event) -> None:
    looked_at = 0.0
    while not over.wait(INTERVAL):
        try:
            report.flush()
            if time.monotonic() - looked_at >= LOOK_EVERY:
                looked_at = time.monotonic()
                _look(start, report)
        except Superseded as error:
            report.end_with(error)
        except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError):
            continue  # the work itself will notice, or Redis will be back


def _watch(report: JobReport, over: threading.Event) -> None:
    """Needs no Redis: a process that is to end must end while Redis hangs, too."""
    while not over.wait(INTERVAL):
        if stopping.is_set():
            report.end_with(WorkerStopping())
        if report.stop is not None and time.monotonic() - report.stopped_at >= GRACE:
            _interrupt_main(over)


def _look(start: Start, report: JobReport) -> None:
    turn, cancelled = start.redis.mget(keys.turn(start.run.id), keys.cancel(start.run.id))
    if turn != str(start.run.turn).encode():
        report.end_with(Superseded())
    elif cancelled:
        report.end_with(Cancelled())


def _interrupt_main(over: threading.Event) -> None:
    """Again and again until the work is over: an exception raised within a finalizer is lost."""
    main = threading.main_thread().ident
    if main is not None and not over.is_set() and signal.getsignal(_INTERRUPT) not in (signal.SIG_DFL, None):
        signal.pthread_kill(main, _INTERRUPT)
        over.wait(GRACE / 2)
