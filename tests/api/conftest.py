"""The web application on this test's own servers: in process, and as gunicorn with two processes."""

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


@pytest.fixture
def make_app(database_url: str, redis_url: str) -> Iterator[MakeApp]:
    """Applications with other settings: ``make_app(analyses_per_minute=2)``."""
    with ExitStack() as cleanup:

        def make(**settings: Any) -> Flask:
            defaults = {"analyses_per_minute": 1000, "use_dashboard_job_system": True}
            urls = {"database_url": database_url, "redis_url": redis_url}
            app = create_app(Config(**{**urls, **defaults, **settings}))
            cleanup.callback(app.extensions["doors"].close)
            cleanup.callback(app.extensions["hub"].stop)
            cleanup.callback(app.extensions["in_process"].stop)
            return app

        yield make


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    """Asks an application with ordinary settings."""
    return make_app().test_client()


@pytest.fixture
def make_web(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[MakeWeb]:
    """Gunicorns with other settings: ``make_web(MAX_SOCKETS="2")``."""
    with ExitStack() as cleanup:

        def make(processes: int = 2, **settings: str) -> Web:
            port, log = free_port(), tmp_path / f"web-{len(list(tmp_path.iterdir()))}.log"
            environ = {
                **os.environ,
                "DATABASE_URL": database_url,
                "REDIS_URL": redis_url,
                "ANALYSES_PER_MINUTE": "1000",
                "USE_DASHBOARD_JOB_SYSTEM": "true",
                **settings,
            }
            options = ["-w", str(processes), "-k", "gthread", "--threads", "40", "--no-control-socket"]
            command = [sys.executable, "-m", "gunicorn", *options, "-b", f"127.0.0.1:{port}", "api.wsgi:app"]
            process = start(command, log, environ=environ)
            cleanup.callback(stop, process)
            web = Web(port, process, log)
            await_ready(process, lambda: answers(web), log)
            return web

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


@pytest.fixture
def web(make_web: MakeWeb) -> Web:
    """A gunicorn of two processes with ordinary settings."""
    return make_web()
