"""The web application on servers that each test finds empty: in process, and as gunicorn with two processes."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from webworld import MakeApp, MakeWeb, Web, answers

from api.app import create_app
from walletjobs.config import Config, ProviderConfig
from walletjobs.dev.processes import await_ready, free_port, start, stop
from walletjobs.dev.replay import ReplayServer

ORDINARY: dict[str, Any] = {"analyses_per_minute": 1000, "use_dashboard_job_system": True}


@pytest.fixture(scope="session")
def standing_apps() -> Iterator[list[Flask]]:
    """An application with ordinary settings, if any: it stays until another is made, for all have one limiter."""
    with ExitStack() as cleanup:
        apps: list[Flask] = []
        yield apps
        for app in apps:
            _close(cleanup, app)


@pytest.fixture
def client(standing_apps: list[Flask], database_url: str, redis_url: str) -> FlaskClient:
    """Asks an application with ordinary settings."""
    if not standing_apps:
        standing_apps.append(create_app(Config(database_url, redis_url, **ORDINARY)))
    return standing_apps[0].test_client()


@pytest.fixture
def make_app(standing_apps: list[Flask], database_url: str, redis_url: str) -> Iterator[MakeApp]:
    """Applications with other settings: ``make_app(analyses_per_minute=2)``."""
    with ExitStack() as cleanup:

        def make(**settings: Any) -> Flask:
            while standing_apps:
                _close(cleanup, standing_apps.pop())
            urls = {"database_url": database_url, "redis_url": redis_url}
            app = create_app(Config(**{**urls, **ORDINARY, **settings}))
            _close(cleanup, app)
            return app

        yield make


@pytest.fixture(scope="session")
def standing_web(
    standing_database: str, _empty_redis: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Web]:
    """A gunicorn of two processes with ordinary settings."""
    with ExitStack() as cleanup:
        log = tmp_path_factory.mktemp("web") / "web.log"
        yield _web(cleanup, log, DATABASE_URL=standing_database, REDIS_URL=_empty_redis)


@pytest.fixture
def web(standing_web: Web, database_url: str, redis_url: str) -> Iterator[Web]:
    """The same gunicorn, with nothing behind it; the test's sockets close with it."""
    yield standing_web
    standing_web.close_sockets()


@pytest.fixture
def make_web(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[MakeWeb]:
    """Gunicorns with other settings: ``make_web(MAX_SOCKETS="2")``."""
    with ExitStack() as cleanup:

        def make(processes: int = 2, **settings: str) -> Web:
            log = tmp_path / f"web-{len(list(tmp_path.iterdir()))}.log"
            settings = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, **settings}
            return _web(cleanup, log, processes, **settings)

        yield make


@pytest.fixture
def providers(replay: Callable[..., ReplayServer]) -> Callable[..., ProviderConfig]:
    """Settings that send every provider's calls to a replay server: ``providers(trades(40), latency=…)``."""

    def start_replay(history: list[dict[str, Any]], **options: Any) -> ProviderConfig:
        server = replay(history, **options)
        fast = {"HELIUS_PLAN": "professional", "DEXSCREENER_RATE": "100", "JUPITER_RATE": "100"}
        urls = {"DATABASE_URL": "postgresql://", "REDIS_URL": "redis://"}
        return Config.from_env({**urls, **fast, **server.environment()}).providers

    return start_replay


def _close(cleanup: ExitStack, app: Flask) -> None:
    """Closes it in the end."""
    cleanup.callback(app.extensions["doors"].close)
    cleanup.callback(app.extensions["hub"].stop)
    cleanup.callback(app.extensions["in_process"].stop)


def _web(cleanup: ExitStack, log: Path, processes: int = 2, **settings: str) -> Web:
    port = free_port()
    ordinary = {"ANALYSES_PER_MINUTE": "1000", "USE_DASHBOARD_JOB_SYSTEM": "true"}
    options = ["-w", str(processes), "-k", "gthread", "--threads", "40", "--no-control-socket"]
    command = [sys.executable, "-m", "gunicorn", *options, "-b", f"127.0.0.1:{port}", "api.wsgi:app"]
    process = start(command, log, environ={**os.environ, **ordinary, **settings})
    cleanup.callback(stop, process)
    web = Web(port, process)
    await_ready(process, lambda: answers(web), log)
    return web
