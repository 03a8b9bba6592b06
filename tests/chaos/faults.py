"""Everything that can go wrong, by name. A fault strikes at once and may return how to undo it, and when."""

import signal
from collections.abc import Callable
from contextlib import suppress
from random import Random

import psycopg
from redis import Redis
from redis.exceptions import RedisError

from chaos.parts import children, strike
from chaos.service import LATENCY, Service
from walletjobs.db.connection import connect
from walletjobs.dev.processes import Process
from walletjobs.errors import DatabaseUnavailable

KILL, STOP, GO_ON, TERM = signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT, signal.SIGTERM
LEASE = 10.0  # seconds; what is frozen for longer comes back as a zombie

Undo = tuple[float, Callable[[], None]]  # seconds until it is called
Fault = Callable[[Service, Random], Undo | None]


def kill_horse(service: Service, random: Random) -> None:
    """A process that runs a job dies; its worker lives."""
    worker, horse = _busy(service, random)
    _kill(service, [horse], [worker])


def kill_worker(service: Service, random: Random) -> None:
    """A worker dies; the process that runs its job goes on, unwatched."""
    worker, _ = _busy(service, random)
    _kill(service, [worker], [worker])


def kill_worker_and_horse(service: Service, random: Random) -> None:
    """Both die at once."""
    worker, horse = _busy(service, random)
    _kill(service, [worker, horse], [worker])


def kill_pool(service: Service, random: Random) -> None:
    """The parent of all workers dies; they hear of it."""
    strike(_some([[pool.pid] for pool in service.pools if pool.pid], random), KILL)


def kill_dyno(service: Service, random: Random) -> None:
    """A machine dies: all that ran on it, at once."""
    pool = random.choice(service.pools)
    _kill(service, pool.family(), pool.workers())


def kill_recovery(service: Service, random: Random) -> None:
    """The process that recovers lost jobs dies."""
    strike(_some([pool.rescuers() for pool in service.pools], random), KILL)


def freeze_worker(service: Service, random: Random) -> Undo:
    """A worker is silent for longer than its lease, while its job goes on."""
    return _freeze(
        _some([[worker] for pool in service.pools for worker in pool.workers()], random), LEASE + 2
    )


def freeze_horse(service: Service, random: Random) -> Undo:
    """A job stands still for a while, its worker does not."""
    return _freeze([_busy(service, random)[1]], random.uniform(1, 6))


def freeze_worker_and_horse(service: Service, random: Random) -> Undo:
    """A zombie: silent for longer than its lease, then back as if nothing had been."""
    return _freeze(list(_busy(service, random)), LEASE + random.uniform(1, 5))


def freeze_recovery(service: Service, random: Random) -> Undo:
    """What leads the recovery stands still, and goes on with what it saw before."""
    return _freeze(_some([pool.rescuers() for pool in service.pools], random), random.uniform(3, 12))


def end_pool(service: Service, random: Random) -> None:
    """A pool is asked to end; it tells its workers."""
    strike(_some([[pool.pid] for pool in service.pools if pool.pid], random), TERM)


def restart_dyno(service: Service, random: Random) -> None:
    """A dyno restarts as Heroku does it: every process of it hears SIGTERM."""
    strike(_some([pool.family() for pool in service.pools], random), TERM)


def restart_all_dynos(service: Service, random: Random) -> None:
    """A release: every dyno restarts."""
    strike([pid for part in (*service.pools, service.web) for pid in part.family()], TERM)


def kill_web_process(service: Service, random: Random) -> None:
    """One of the processes that answer requests dies."""
    strike(_some([[child] for child in children(service.web.pid)], random), KILL)


def restart_redis(service: Service, random: Random) -> Undo:
    """Redis ends in order, and comes back with its data."""
    return _down(service.valkey.process, TERM, random, service.valkey.start)


def crash_redis(service: Service, random: Random) -> Undo:
    """Redis dies, and comes back with its data."""
    return _down(service.valkey.process, KILL, random, service.valkey.start)


def empty_redis(service: Service, random: Random) -> None:
    """Redis forgets everything."""
    with suppress(RedisError), Redis.from_url(service.valkey.url, socket_timeout=5) as redis:
        redis.flushall()


def cut_redis(service: Service, random: Random) -> None:
    """Every connection to Redis breaks."""
    with suppress(RedisError), Redis.from_url(service.valkey.url, socket_timeout=5) as redis:
        redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


def freeze_redis(service: Service, random: Random) -> Undo:
    """Redis accepts, and never answers; once in a while for longer than a worker's patience."""
    pids = [service.valkey.process.pid] if service.valkey.process else []
    return _freeze(pids, 17 if random.random() < 0.1 else random.uniform(0.5, 5))


def lose_popped(service: Service, random: Random) -> None:
    """A worker dies between pop and start: the job is in the intermediate list, nowhere else."""
    key = "rq:queue:analysis-operations"
    with suppress(RedisError), Redis.from_url(service.valkey.url, socket_timeout=5) as redis:
        redis.lmove(key, f"{key}:intermediate")


def restart_postgres(service: Service, random: Random) -> Undo:
    """Postgres ends every session, and comes back."""
    return _down(service.postgres.process, signal.SIGINT, random, service.postgres.start)


def crash_postgres(service: Service, random: Random) -> Undo:
    """Postgres stops in the midst of everything, and recovers."""
    return _down(service.postgres.process, signal.SIGQUIT, random, service.postgres.start)


def freeze_postgres(service: Service, random: Random) -> Undo:
    """Postgres accepts, and never answers."""
    server = service.postgres.process
    pids = [server.pid, *children(server.pid)] if server else []
    return _freeze(pids, random.uniform(0.5, 5))


def end_sessions(service: Service, random: Random) -> None:
    """Every session of Postgres is ended."""
    query = b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with suppress(DatabaseUnavailable, psycopg.Error), connect(service.postgres.url) as connection:
        connection.execute(query)


def spoil_provider(service: Service, random: Random) -> Undo:
    """The provider errs, cuts and lies for a while."""
    kinds = ("5xx", "cut", "cut_body", "empty", "empty_page", "null", "repeat", "duplicate", "malformed")
    service.set_provider(fault=dict.fromkeys(kinds, 0.03), seed=random.randrange(10**6))
    return random.uniform(3, 8), lambda: service.set_provider(fault={})


def throttle_provider(service: Service, random: Random) -> Undo:
    """The provider answers 429 beyond a few requests a second."""
    service.set_provider(rate={"rest": 4, "rpc": 8})
    return random.uniform(3, 8), lambda: service.set_provider(rate={})


def cut_provider(service: Service, random: Random) -> Undo:
    """The provider is not there."""
    strike([service.provider.pid] if service.provider.pid else [], KILL)
    return 0.0, lambda: service.set_provider(latency=LATENCY)


def slow_provider(service: Service, random: Random) -> Undo:
    """The provider takes its time: what strikes now strikes in the midst of a page."""
    service.set_provider(latency={"all": 300, "enhanced": 1500})
    return random.uniform(3, 8), lambda: service.set_provider(latency=LATENCY)


#: How often each comes, against the others.
WEIGHTS: dict[Fault, int] = {
    kill_horse: 10, kill_worker: 8, kill_worker_and_horse: 10, kill_pool: 3, kill_dyno: 5, kill_recovery: 5,
    freeze_worker: 4, freeze_horse: 4, freeze_worker_and_horse: 6, freeze_recovery: 4,
    end_pool: 5, restart_dyno: 6, restart_all_dynos: 2, kill_web_process: 4,
    restart_redis: 3, crash_redis: 3, empty_redis: 5, cut_redis: 4, freeze_redis: 4, lose_popped: 6,
    restart_postgres: 3, crash_postgres: 3, freeze_postgres: 4, end_sessions: 4,
    spoil_provider: 5, throttle_provider: 3, cut_provider: 3, slow_provider: 5,
}  # fmt: skip


def _busy(service: Service, random: Random) -> tuple[int, int]:
    """(worker, horse) of a job that runs; where none does, of an idle worker; 0 is nobody."""
    pairs = [pair for pool in service.pools for pair in pool.horses()]
    return random.choice(
        pairs or [(worker, 0) for pool in service.pools for worker in pool.workers()] or [(0, 0)]
    )


def _kill(service: Service, pids: list[int], workers: list[int]) -> None:
    """Kills, and notes whose jobs are to be taken up by others."""
    service.note_victims(workers)
    strike(pids, KILL)


def _some(groups: list[list[int]], random: Random) -> list[int]:
    """One of the groups of processes; none where there is none."""
    present = [group for group in groups if group]
    return random.choice(present) if present else []


def _freeze(pids: list[int], seconds: float) -> Undo:
    strike(pids, STOP)
    return seconds, lambda: strike(pids, GO_ON)


def _down(process: Process | None, number: signal.Signals, random: Random, start: Callable[[], None]) -> Undo:
    """Ends a server; it is started again after a while."""
    if process is not None:
        strike([process.pid, *children(process.pid)] if number is TERM else [process.pid], GO_ON)
        strike([process.pid], number)

    def come_back() -> None:
        if process is not None:
            process.wait(30)
        start()

    return random.uniform(0.1, 3), come_back
