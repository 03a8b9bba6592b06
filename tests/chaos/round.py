"""One run: a service, a monkey, and afterwards the question whether everything holds."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import Connection
from redis import Redis

from chaos import audit, checker
from chaos.client import Client, Promises
from chaos.follower import Follower
from chaos.monkey import Monkey
from chaos.service import Service, running
from walletjobs.core.run import LIVE
from walletjobs.db.connection import connect

SETTLING = 240.0  # seconds until what still runs counts as stuck
TRIES = 3  # of the last analysis of each wallet

log = logging.getLogger("chaos")


@dataclass(slots=True)
class Outcome:
    """What a run came to."""

    seed: int
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    jobs: Counter[str] = field(default_factory=Counter)  # by status
    errors: Counter[str] = field(default_factory=Counter)  # by code, of jobs that failed
    recoveries: list[float] = field(default_factory=list)  # seconds from a kill to the job's next start
    restarts: int = 0  # of a job in the same attempt: it was handed on, superseded, or forgotten by Redis
    answers: dict[str, int] = field(default_factory=dict)
    slowest_answer: float = 0.0  # seconds
    complaints: list[str] = field(default_factory=list)


def play(seed: int, faults: int, folder: Path) -> Outcome:
    """So many faults by this seed; whatever does not hold afterwards is among the outcome's complaints."""
    began, outcome, promises = time.monotonic(), Outcome(seed), Promises()
    with running(folder, seed, wallets=max(4, faults // 6)) as service:
        follower = Follower(service.url, promises.jobs)
        follower.start()
        monkey = Monkey(service, promises, seed)
        monkey.run(faults)
        outcome.faults = monkey.struck
        outcome.complaints += _settle(service, promises, follower)
        follower.stop()
        with connect(service.postgres.url) as connection, Redis.from_url(service.valkey.url) as redis:
            outcome.complaints += _complaints(connection, redis, service, promises, follower)
            _count(connection, service, outcome)
    outcome.answers, outcome.slowest_answer = promises.answers, promises.slowest
    outcome.seconds = time.monotonic() - began
    return outcome


def _settle(service: Service, promises: Promises, follower: Follower) -> list[str]:
    """Waits until nothing runs, then has every wallet analyzed once more, without faults."""
    service.set_provider(fault={}, rate={}, head_slot=0, latency={})
    with connect(service.postgres.url) as connection:
        if not _until(service, lambda: not _live(connection)):
            return [f"after {SETTLING:.0f} s these still run: {_live(connection)}"]
        client = Client(service.url, promises)
        for _ in range(TRIES):
            failed = _analyze_all(service, client, connection)
            if not failed:
                break
        _until(service, lambda: all(heard.over for heard in follower.heard.values()), 20)
        return [f"{wallet} cannot be analyzed any more: {why}" for wallet, why in failed]


def _analyze_all(
    service: Service, client: Client, connection: Connection[Any]
) -> list[tuple[str, str | None]]:
    jobs = {
        wallet.address: client.post(wallet.address, attach=True, forceRefresh=True)
        for wallet in service.wallets
    }
    _until(service, lambda: not _live(connection))
    ended: dict[str | None, str] = {}
    for job_id, status in connection.execute("SELECT id, status FROM analysis_run"):
        ended[job_id] = status
    return [
        (wallet, ended.get(job_id)) for wallet, job_id in jobs.items() if ended.get(job_id) != "completed"
    ]


def _live(connection: Connection[Any]) -> list[tuple[Any, ...]]:
    query = b"SELECT id, status, turn, attempt FROM analysis_run WHERE status = ANY(%s)"
    return connection.execute(query, [list(LIVE)]).fetchall()


def _until(service: Service, happens: Callable[[], bool], seconds: float = SETTLING) -> bool:
    deadline = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > deadline:
            return False
        service.keep()
        time.sleep(0.2)
    return True


def _complaints(
    connection: Connection[Any], redis: Redis, service: Service, promises: Promises, follower: Follower
) -> list[str]:
    found = [*checker.check_runs(connection, promises), *checker.check_batches(connection, promises)]
    found += checker.check_fence(connection)
    for wallet in service.wallets:
        found += checker.check_wallet(connection, wallet)
    _until(service, lambda: not list(checker.check_redis(redis)), 20)  # RQ tidies up after the last event
    return [*found, *checker.check_redis(redis), *checker.check_events(follower, promises)]


def _count(connection: Connection[Any], service: Service, outcome: Outcome) -> None:
    for status, code in connection.execute("SELECT status, error_code FROM analysis_run"):
        outcome.jobs[status] += 1
        if code:
            outcome.errors[code] += 1
    begun = [change for change in audit.changes(connection) if change.turn != (change.old_turn or 0)]
    outcome.restarts = len(begun) - len({(change.id, change.attempt) for change in begun})
    for killed_at, job_id in service.victims:
        later = [change.at for change in begun if change.id == job_id and change.at > killed_at]
        if later:
            outcome.recoveries.append((later[0] - killed_at).total_seconds())
            log.info("%s, killed at %s, ran again after %.1f s", job_id, killed_at, outcome.recoveries[-1])
