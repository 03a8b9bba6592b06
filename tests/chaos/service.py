"""The whole service: two pools of workers, a web server of two processes, Valkey, Postgres and a provider."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from redis import Redis
from redis.exceptions import RedisError

from chaos import audit
from chaos.parts import Part, PoolPart, family, strike
from chaos.wallets import Invented, invent
from walletjobs import ops
from walletjobs.db.connection import connect
from walletjobs.db.migrate import migrate
from walletjobs.dev import processes
from walletjobs.dev.postgres import Postgres
from walletjobs.dev.processes import Process
from walletjobs.dev.replay.server import URLS
from walletjobs.dev.valkey import Valkey
from walletjobs.errors import QueueUnavailable

ROOT = Path(__file__).parents[2]
POOL = "analysis-operations*2 enrichment-operations,analysis-background,wallet-operations,maintenance"
LATENCY = {"all": 20, "enhanced": 350, "full": 700}  # milliseconds
ROUTES = {"pool-1": "slots", "pool-2": "pages"}  # each reads what the other has stored, and goes on


class Service:
    """Everything that runs, by name."""

    def __init__(self, folder: Path, wallets: list[Invented]) -> None:
        self.folder = folder
        self.wallets = wallets
        self.postgres, self.valkey = Postgres(folder), Valkey(folder)
        self.web_port, self.provider_port = processes.free_port(), processes.free_port()
        self.provider = Part("replay", folder / "replay.log", self._start_provider)
        self.web = Part("web", folder / "web.log", lambda log: self._start(log, "-m", "walletjobs", "serve"))
        self.pools = [PoolPart(name, folder / f"{name}.log", self._start_pool) for name in ROUTES]
        self.parts: list[Part] = [self.provider, self.web, *self.pools]
        self.victims: list[tuple[datetime, str]] = []  # when a worker was killed, and its job
        self._options: dict[str, Any] = {"latency": LATENCY}  # of the provider
        self._told = False  # the provider knows them
        self._session = requests.Session()
        self._session.trust_env = False

    @property
    def url(self) -> str:
        """Of the web server."""
        return f"http://127.0.0.1:{self.web_port}"

    def set_provider(self, **options: Any) -> None:
        """Changes how the provider behaves; one that is missing hears of it when it is back."""
        self._options |= options
        self._told = False
        self._tell_provider()

    def keep(self) -> None:
        """Starts what is missing."""
        for part in self.parts:
            if not part.pid:
                part.keep()
                self._told = self._told and part is not self.provider
        if not self._told:
            self._tell_provider()

    def note_victims(self, workers: list[int]) -> None:
        """Workers are about to be killed: their jobs, if Redis can tell."""
        with (
            suppress(RedisError, QueueUnavailable),
            Redis.from_url(self.valkey.url, socket_timeout=1) as redis,
        ):
            jobs = {each.pid: each.job_id for each in ops.workers(redis)}
            self.victims += [(datetime.now(UTC), job) for pid in workers if (job := jobs.get(pid))]

    def start(self) -> None:
        """Comes back when everything answers."""
        self.postgres.start()
        self.valkey.start()
        with connect(self.postgres.url) as connection:
            migrate(connection)
            audit.install(connection)
        self.keep()
        for part, path in ((self.provider, "/__replay__/stats"), (self.web, "/healthz")):
            assert part.process is not None
            url = (self._provider_url if part is self.provider else self.url) + path
            processes.await_ready(part.process, lambda url=url: self._answers(url), part.log)  # type: ignore[misc]
        self.keep()

    def stop(self) -> None:
        """Ends everything; what is frozen would not hear of it."""
        servers = [server.process.pid for server in (self.valkey, self.postgres) if server.process]
        frozen = [
            pid for each in (*(part.pid for part in self.parts if part.pid), *servers) for pid in family(each)
        ]
        strike(frozen, signal.SIGCONT)
        for part in reversed(self.parts):
            if part.process:
                processes.stop(part.process)
        self.valkey.stop()
        self.postgres.stop()

    def _tell_provider(self) -> None:
        url = f"{self._provider_url}/__replay__/options"
        with suppress(requests.ConnectionError):
            self._session.post(url, json=self._options, timeout=10).raise_for_status()
            self._told = True

    @property
    def _provider_url(self) -> str:
        return f"http://127.0.0.1:{self.provider_port}"

    def _start(self, log: Path, *command: str | Path, **settings: str) -> Process:
        environ = {**self._environ(), **settings}
        return processes.start([sys.executable, *command], log, environ=environ)

    def _start_pool(self, log: Path) -> Process:
        return self._start(log, ROOT / "worker.py", HELIUS_ROUTE=ROUTES[log.stem])

    def _start_provider(self, log: Path) -> Process:
        files = [wallet.file for wallet in self.wallets]
        port = str(self.provider_port)
        return self._start(log, "-m", "walletjobs", "replay", "--port", port, "--data", *files)

    def _environ(self) -> dict[str, str]:
        return {
            **os.environ,
            **dict.fromkeys(URLS, self._provider_url),
            "HELIUS_API_KEY": "replay",
            "HELIUS_PLAN": "professional",
            "DEXSCREENER_RATE": "200",
            "JUPITER_RATE": "200",
            "BINANCE_RATE": "200",
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "PORT": str(self.web_port),
            "WORKER_POOL": POOL,
            "ANALYSES_PER_MINUTE": "1000000",
            "USE_DASHBOARD_JOB_SYSTEM": "true",
            "LOG_FORMAT": "json",
        }

    def _answers(self, url: str) -> bool:
        with suppress(requests.RequestException):
            return self._session.get(url, timeout=5).ok
        return False


@contextmanager
def running(folder: Path, seed: int, wallets: int) -> Iterator[Service]:
    """A service with so many wallets, for as long as the block lasts."""
    service = Service(folder, invent(folder / "wallets", seed, wallets))
    with ExitStack() as stack:
        stack.callback(service.stop)
        service.start()
        yield service
