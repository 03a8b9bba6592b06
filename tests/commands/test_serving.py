"""``serve`` and ``migrate`` as an operator meets them."""

import os
import signal
import subprocess
import sys
from typing import Any

import psycopg
import pytest
import requests

from walletjobs.commands.serving import gunicorn_options
from walletjobs.config import Config
from walletjobs.dev import processes
from walletjobs.errors import InvalidSetting

URLS = {"DATABASE_URL": "postgresql://localhost/w", "REDIS_URL": "redis://localhost/0"}


def options(**variables: str) -> str:
    return " ".join(gunicorn_options(Config.from_env(URLS | variables)))


def test_web_processes_and_threads_follow_the_settings() -> None:
    flags = options(WEB_PROCESSES="3", WEB_THREADS="7", PORT="81")
    assert "--bind 127.0.0.1:81 --workers 3 --worker-class gthread --threads 7" in flags
    assert "--no-control-socket" in flags


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "db.example"])
def test_without_keys_nobody_but_this_machine_is_served(host: str) -> None:
    with pytest.raises(InvalidSetting, match="API_AUTH"):
        options(HOST=host)
    assert host in options(HOST=host, API_AUTH="on")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_loopback_needs_no_keys(host: str) -> None:
    assert f"{host}]:80" in options(HOST=host, PORT="80") or f"{host}:80" in options(HOST=host, PORT="80")


def test_migrate_names_what_it_applied_and_then_nothing(
    connection: psycopg.Connection[Any], database_url: str
) -> None:
    connection.execute("DROP SCHEMA public CASCADE")
    connection.execute("CREATE SCHEMA public")
    environ = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": URLS["REDIS_URL"]}
    command = [sys.executable, "-m", "walletjobs", "migrate"]
    first = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    second = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert first.stdout.startswith("applied 0001_first.sql\n")
    assert second.stdout == "The schema is up to date.\n"


def test_serve_answers_and_ends_at_sigterm(database_url: str, redis_url: str, tmp_path: Any) -> None:
    port = processes.free_port()
    environ = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url, "PORT": str(port)}
    log = tmp_path / "serve.log"

    def answers() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    web = processes.start([sys.executable, "-m", "walletjobs", "serve"], log, environ=environ)
    try:
        processes.await_ready(web, answers, log)
    finally:
        processes.stop(web, signal.SIGTERM)
    assert web.returncode == 0, log.read_text()
