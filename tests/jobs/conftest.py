"""Services of jobs, and worker processes."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jobservice import Service, trades
from psycopg import Connection
from redis import Redis

from walletjobs.dev.processes import Process, start, stop
from walletjobs.dev.replay import ReplayServer
from walletjobs.jobs import reaper

ROOT = Path(__file__).parents[2]
StartReplay = Callable[..., ReplayServer]
MakeService = Callable[..., Service]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str) -> None:
    """The settings of workers in this process and of those that inherit it."""
    settings = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "HELIUS_PLAN": "professional"}
    settings |= {"HELIUS_ROUTE": "pages"}  # a page is a safe point: tests count them
    settings |= {"DEXSCREENER_RATE": "100", "JUPITER_RATE": "100"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def make_service(
    environment: None, monkeypatch: pytest.MonkeyPatch, replay: StartReplay, connection: Connection[Any]
) -> Callable[..., Service]:
    """Services with another Redis, history or provider: ``make_service(redis, trades(300), latency=…)``."""

    def make(redis: Redis, history: list[dict[str, Any]] | None = None, **options: Any) -> Service:
        provider = replay(
            trades(250) if history is None else history, **{"invent_sol_price": True, **options}
        )
        for name, value in provider.environment().items():
            monkeypatch.setenv(name, value)
        return Service(redis, connection, provider)

    return make


@pytest.fixture
def start_pool(tmp_path: Path) -> Iterator[Callable[[], Process]]:
    """Starts ``worker.py`` as a dyno would."""
    running: list[Process] = []

    def run() -> Process:
        log = tmp_path / f"worker{len(running)}.log"
        running.append(start([sys.executable, ROOT / "worker.py"], log, environ=dict(os.environ)))
        return running[-1]

    yield run
    for process in running:
        stop(process)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reaper in this process that needs to see a thing twice, not for seconds."""
    for name in ("SILENCE", "STUCK", "FORGOTTEN"):
        monkeypatch.setattr(reaper, name, 0.0)
