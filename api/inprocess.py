"""The old way, kept behind the flag: analyses in threads of this very web process."""

import secrets
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any

import structlog

from api.doors import Doors
from walletjobs.core.progress import Silence
from walletjobs.db.connection import connect
from walletjobs.db.fence import take
from walletjobs.errors import LockBusy, LockLost, WorkerStopping
from walletjobs.jobs.connection import translated, worker_redis
from walletjobs.jobs.events import Speaker
from walletjobs.jobs.keys import wallet_lock
from walletjobs.jobs.lock import WalletLock, held

log = structlog.get_logger(__name__)

AT_ONCE = 2  # runs of one process at a time; more would starve its requests


class InProcessRuns:
    """Runs of this process: one a wallet, some at once, the rest waiting their turn.

    They take the same lock as jobs do, so that a wallet which a worker or another web process is at is skipped.
    """

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._threads: ThreadPoolExecutor | None = None
        self._stopping = threading.Event()

    def begin(self, address: str) -> bool:
        """Whether a run of this wallet begins now, or soon; False where one is under way, here or elsewhere.

        Raises: QueueUnavailable; without Redis there is neither lock nor request budget. WorkerStopping.
        """
        with translated():
            busy = self._doors.redis.exists(wallet_lock(address))
        with self._lock:
            if self._stopping.is_set():
                raise WorkerStopping
            if busy or address in self._running:
                return False
            self._running.add(address)
            self._threads = self._threads or ThreadPoolExecutor(AT_ONCE, thread_name_prefix="analysis")
            run = self._threads.submit(self._analyze, address, f"inprocess-{secrets.token_hex(8)}")
        run.add_done_callback(partial(self._over, address))
        return True

    def stop(self) -> None:
        """Runs end at their next safe point; what is stored stays."""
        with self._lock:
            self._stopping.set()
            threads = self._threads
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)

    def _analyze(self, address: str, run_id: str) -> dict[str, Any]:
        # Imported here: a web process that queues, as it should, never loads what an analysis needs.
        from walletjobs.jobs.analysis import AnalysisDoors, analyze_wallet, request_of
        from walletjobs.jobs.helius import helius_client
        from walletjobs.jobs.prices import price_sources

        config, lost = self._doors.config, threading.Event()
        request = request_of(config, run_id, enrich_metadata=False)  # as it was in the old way
        with ExitStack() as opened:
            redis = opened.enter_context(worker_redis(config.redis_url))
            connection = opened.enter_context(connect(config.database_url))
            opened.enter_context(held(WalletLock(redis, address, Speaker(run_id)), lost.set))
            helius = opened.enter_context(helius_client(config, redis))
            prices = opened.enter_context(price_sources(config, redis))
            fence = take(connection, address, run_id)
            return analyze_wallet(
                request, AnalysisDoors(connection, helius, fence, prices), _Safe(lost, self._stopping)
            )

    def _over(self, address: str, run: "Future[dict[str, Any]]") -> None:
        with self._lock:
            self._running.discard(address)
        error = None if run.cancelled() else run.exception()
        if isinstance(error, LockBusy):
            log.info("analysis skipped: another one is at the wallet", wallet=address)
        elif error is not None:
            log.error("analysis failed in process", wallet=address, exc_info=error)
        elif not run.cancelled():
            log.info("analysis completed in process", **run.result())


class _Safe(Silence):
    """Reports to nobody, and ends the work where it must not go on."""

    def __init__(self, lost: threading.Event, stopping: threading.Event) -> None:
        self._lost = lost
        self._stopping = stopping

    def checkpoint(self) -> None:
        if self._lost.is_set():
            raise LockLost
        if self._stopping.is_set():
            raise WorkerStopping
