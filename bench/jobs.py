"""A job's life: submitted, picked up, followed, recovered.

Beside each figure stand the goal and what the bare tools cost on one such machine: an enqueue of RQ 0.73 / 3.8 ms
(median / 99th percentile), a pickup by RQ's forking worker 13.3 / 27.6, one event from XADD to XREAD 0.36 / 1.1, 200
sockets under gthread with coalescing 91 (99th), RQ's own crash recovery 90 s and more.
"""

import http.client
import json
import os
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rq.job import Job
from rq.serializers import JSONSerializer

from bench.service import Service, descendants, service
from bench.sockets import Listener, listen
from walletjobs import ops
from walletjobs.db.runs import RunRepository
from walletjobs.jobs import events, status
from walletjobs.jobs.admission import Submission, submit_analysis
from walletjobs.jobs.events import Speaker

RATE = 50  # requests a second
ANALYSIS = "/api/v1/analyses/wallets/dashboard-analysis"
PATIENCE = 60.0  # seconds


def run(quick: bool) -> None:
    """Print a row for each part of a job's life."""
    print(f"\n{'a job’s life':<44} {'n':>6} {'p50':>9} {'p99':>9} {'worst':>9}  goal")
    with _fresh(
        WEB_THREADS="150", MAX_SOCKETS="140", wallets=400 if quick else 1500, transactions=1
    ) as running:
        running.start_web()
        _row("POST accepted, at 50 a second", _submit(running), "ms", "5 / 25")
        running.forget()
        for sockets in (1, 50, 200):
            ages = _follow(running, sockets, seconds=5 if quick else 15)
            _row(f"progress written → client, {sockets} sockets", ages, "ms", "10 / 50")
    with _fresh(wallets=40 if quick else 200, transactions=1) as running:
        pickups, words = _pick_up(running)
        _row("queued → job runs, a warm worker", pickups, "ms", "15")
        _row("queued → its first event", words, "ms", "")
    with _fresh(wallets=4, transactions=2000) as running:
        _row("cancel of a running job → its end", _cancel(running, 4 if quick else 20), "s", "2 at worst")
    with _fresh(wallets=4, transactions=2000) as running:
        rounds = 1 if quick else 5
        _row("SIGKILL → the job runs again", _recover(running, rounds, _kill), "s", "15 at worst")
        _row("FLUSHALL → the job runs again", _recover(running, rounds, _empty), "s", "10 at worst")


@contextmanager
def _fresh(**wanted: Any) -> Iterator[Service]:
    with tempfile.TemporaryDirectory() as folder, service(Path(folder), **wanted) as running, running.stack:
        yield running


def _row(name: str, seconds: list[float], unit: str, goal: str) -> None:
    factor = 1000 if unit == "ms" else 1
    figures = sorted(each * factor for each in seconds)
    p99 = figures[max(int(len(figures) * 0.99) - 1, 0)]
    shown = [f"{figure:>6.1f} {unit:<2}" for figure in (statistics.median(figures), p99, figures[-1])]
    print(f"{name:<44} {len(figures):>6} {' '.join(shown)}  {goal}", flush=True)


def _submit(running: Service) -> list[float]:
    """Seconds that each POST of another wallet took; sent on time, however long the one before takes."""
    taken: list[float] = []
    begin, numbers = time.monotonic() + 0.5, iter(enumerate(running.wallets))
    lock = threading.Lock()

    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", running.port)
        while True:
            with lock:
                number, wallet = next(numbers, (0, ""))
            if not wallet:
                return
            due = begin + number / RATE
            time.sleep(max(due - time.monotonic(), 0))
            connection.request("POST", ANALYSIS, json.dumps({"walletAddress": wallet}), _JSON)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 202, answer.status
            taken.append(time.monotonic() - due)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken[RATE:]  # the first second opens connections


_JSON = {"Content-Type": "application/json"}


def _follow(running: Service, sockets: int, seconds: float) -> list[float]:
    """How old each event was when each of the clients had it; ten are written a second."""
    job_id = submit_analysis(running.redis, running.connection, Submission(running.wallets[sockets])).job_id
    listeners = [Listener(running.port, job_id) for _ in range(sockets)]
    listen(listeners, lambda: all(listener.follows for listener in listeners))
    over = threading.Event()

    def write() -> None:
        for number in range(int(seconds * 10)):
            told = {"jobId": job_id, "progress": 15, "step": f"sync {number}", "sentAt": time.time()}
            events.emit(running.redis, Speaker(job_id), events.PROGRESS, told)
            time.sleep(0.1)
        time.sleep(0.5)
        over.set()

    threading.Thread(target=write).start()
    listen(listeners, over.is_set)
    return [age for listener in listeners for age in listener.ages]


def _pick_up(running: Service) -> tuple[list[float], list[float]]:
    """Seconds from the queue to RQ's start of the job, and to the first event that a client can see."""
    running.start_workers("analysis-operations")
    _until(lambda: ops.workers(running.redis))
    pickups, words = [], []
    for wallet in running.wallets:
        job_id = _submit_one(running, wallet)
        _until(lambda job_id=job_id: _ended(running, job_id))
        job = Job.fetch(job_id, connection=running.redis, serializer=JSONSerializer)
        assert job.enqueued_at is not None
        assert job.started_at is not None
        pickups.append((job.started_at - job.enqueued_at).total_seconds())
        words.append(float(events.replay(running.redis, job_id)[0].at) - job.enqueued_at.timestamp())
        time.sleep(0.05)
    return pickups[5:], words[5:]


def _cancel(running: Service, times: int) -> list[float]:
    """Seconds from the wish to the recorded end, of jobs that wait for a provider which takes five to answer."""
    running.provider.change(latency={"all": 5000})
    running.start_workers("analysis-operations")
    taken = []
    for number in range(times):
        job_id = _submit_one(running, running.wallets[number % len(running.wallets)], force_refresh=True)
        _until(lambda job_id=job_id: _turn(running, job_id) == 1)
        time.sleep(1 + number % 4 / 4)
        asked_at = time.monotonic()
        assert status.cancel(running.redis, running.connection, job_id) == "cancelling"
        _until(lambda job_id=job_id: _ended(running, job_id))
        taken.append(time.monotonic() - asked_at)
    return taken


def _recover(running: Service, rounds: int, strike: Callable[[Service, list[str]], float]) -> list[float]:
    """Seconds from the strike to each job's next start; four jobs a round."""
    running.provider.change(
        latency={"all": 2500}
    )  # a job that has everything asks once, and is struck meanwhile
    running.start_workers("analysis-operations*4")
    taken = []
    for _ in range(rounds):
        jobs = [_submit_one(running, wallet, force_refresh=True) for wallet in running.wallets]
        _until(lambda jobs=jobs: all(_turn(running, job_id) == 1 for job_id in jobs))
        time.sleep(1)
        struck_at = strike(running, jobs)
        waiting = set(jobs)
        while waiting:
            for job_id in [each for each in waiting if _turn(running, each) > 1]:
                waiting.discard(job_id)
                taken.append(time.monotonic() - struck_at)
            time.sleep(0.02)
            assert time.monotonic() - struck_at < PATIENCE
        _until(lambda jobs=jobs: all(_ended(running, job_id) for job_id in jobs))
    return taken


def _kill(running: Service, jobs: list[str]) -> float:
    for worker in ops.workers(running.redis):
        if worker.job_id in jobs and worker.pid:
            for pid in (*descendants(worker.pid), worker.pid):
                os.kill(pid, signal.SIGKILL)
    return time.monotonic()


def _empty(running: Service, jobs: list[str]) -> float:
    running.redis.flushall()
    return time.monotonic()


def _submit_one(running: Service, wallet: str, **wanted: Any) -> str:
    submission = Submission(wallet, enrich_metadata=False, **wanted)
    return submit_analysis(running.redis, running.connection, submission).job_id


def _turn(running: Service, job_id: str) -> int:
    found = RunRepository(running.connection).find(job_id)
    return found.turn if found else 0


def _ended(running: Service, job_id: str) -> bool:
    found = RunRepository(running.connection).find(job_id)
    return found is not None and not found.live


def _until(happens: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
