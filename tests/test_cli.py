"""The command line: exit codes, one clear line on stderr, and no command that pays for another."""

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

import walletjobs
from walletjobs import cli

HEAVY = {"flask", "rq", "redis", "psycopg", "requests", "gunicorn", "simple_websocket"}


def run(*arguments: str, environ: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "walletjobs", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environ, stdin=subprocess.DEVNULL)


def test_the_version_is_told() -> None:
    assert run("--version").stdout == f"walletjobs {walletjobs.__version__}\n"


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("serve", "--nonsense"), ("demo", "--wallet")])
def test_wrong_usage_is_2_and_one_line(arguments: tuple[str, ...]) -> None:
    finished = run(*arguments)
    assert (finished.returncode, finished.stdout) == (cli.WRONG_USAGE, "")
    assert finished.stderr.count("\n") == 1
    assert "--help" in finished.stderr


def test_a_failure_is_1_and_one_line_that_says_why() -> None:
    finished = run("migrate", environ={})
    assert (finished.returncode, finished.stdout) == (cli.FAILED, "")
    assert finished.stderr == "walletjobs migrate: DATABASE_URL is not set\n"


def test_every_command_has_a_line_of_help() -> None:
    commands = next(action for action in cli.parser()._actions if action.dest == "command")
    helps = {choice.dest: choice.help for choice in commands._choices_actions}  # type: ignore[attr-defined]
    assert set(helps) == set(commands.choices or ())
    assert all(helps.values())


@pytest.mark.parametrize(
    "command", sorted(next(a for a in cli.parser()._actions if a.dest == "command").choices or ())
)
def test_help_is_0_and_loads_nothing_heavy(command: str) -> None:
    program = (
        "import sys; from walletjobs.cli import main\ntry: main(sys.argv[1:])\nfinally: print(*sys.modules)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, command, "--help"], capture_output=True, text=True, check=True
    )
    assert f"usage: walletjobs {command}" in finished.stdout
    assert not HEAVY & set(finished.stdout.splitlines()[-1].split())


def test_a_reader_that_has_seen_enough_is_no_crash(database_url: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    environ = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": "redis://localhost/0"}
    command = [sys.executable, "-m", "walletjobs", "migrate"]
    finished = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, env=environ)
    os.close(writing)
    assert (finished.returncode, finished.stderr) == (cli.FAILED, "")
