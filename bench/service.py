"""The whole service on this machine, for measurements: servers, web processes, workers, a provider."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from psycopg import Connection
from redis import Redis

from walletjobs.db.connection import connect
from walletjobs.db.migrate import migrate
from walletjobs.dev import embedded, processes
from walletjobs.dev.generate import Inventor, Plan
from walletjobs.dev.processes import Process
from walletjobs.dev.replay import Book, Options, ReplayServer

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Service:
    """What runs, and how to ask it."""

    folder: Path
    environ: dict[str, str]
    connection: Connection[Any]
    redis: Redis
    provider: ReplayServer
    wallets: tuple[str, ...]
    stack: ExitStack

    @property
    def port(self) -> int:
        """Where the web server listens."""
        return int(self.environ["PORT"])

    def start_web(self) -> Process:
        """The web server, when it answers."""
        process = self._start("serve", "-m", "walletjobs", "serve")
        url = f"http://127.0.0.1:{self.port}/healthz"
        processes.await_ready(process, lambda: _answers(url), self.folder / "serve.log")
        return process

    def start_workers(self, pool: str) -> Process:
        """A pool of workers."""
        self.environ["WORKER_POOL"] = pool
        return self._start("worker", ROOT / "worker.py")

    def forget(self) -> None:
        """No job was ever accepted."""
        self.redis.flushall()
        self.connection.execute("TRUNCATE analysis_run")

    def _start(self, name: str, *command: str | Path) -> Process:
        log = self.folder / f"{name}.log"
        process = processes.start([sys.executable, *command], log, environ=self.environ)
        self.stack.callback(processes.stop, process)
        return process


@contextmanager
def service(
    folder: Path,
    wallets: int = 1,
    transactions: int = 300,
    *,
    plan: Plan | None = None,
    until: int = 0,
    **settings: str,
) -> Iterator[Service]:
    """Servers and a provider that knows so many invented wallets; web and workers start when asked for.

    ``plan``: of one wallet, in place of so many; ``until``: when its last transaction was, in unix seconds.
    """
    with ExitStack() as stack:
        servers = stack.enter_context(embedded.servers(folder / "servers"))
        connection = stack.enter_context(connect(servers.database_url))
        migrate(connection)
        plans = [plan] if plan else [Plan(transactions, seed) for seed in range(wallets)]
        inventors = [Inventor(each) for each in plans]
        book = Book([_moved([line for line, _ in inventor.history()], until) for inventor in inventors])
        provider = stack.enter_context(ReplayServer(book, Options()))
        environ = {
            **os.environ,
            **provider.environment(),
            "HELIUS_PLAN": "professional",
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "PORT": str(processes.free_port()),
            "ANALYSES_PER_MINUTE": "1000000",
            **settings,
        }
        redis = stack.enter_context(Redis.from_url(servers.redis_url))
        addresses = tuple(inventor.world.wallet for inventor in inventors)
        with ExitStack() as started:
            yield Service(folder, environ, connection, redis, provider, addresses, started)


def _moved(lines: list[bytes], until: int) -> list[bytes]:
    """A history, all of it so much later that it ends at ``until``."""
    if not until:
        return lines
    later = until - int(_AT.findall(lines[-1])[0][1])
    return [_AT.sub(lambda at: b"%s%d" % (at[1], int(at[2]) + later), line) for line in lines]


_AT = re.compile(rb'("(?:timestamp|blockTime)": ?)(\d+)')


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and theirs, the youngest first."""
    found: list[int] = []
    for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        found += [*descendants(child), child]
    return found


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False
