"""``walletjobs demo``: from nothing to a finished analysis, and nothing left behind."""

import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

MARK = "WALLETJOBS_DEMO_UNDER_TEST"


@pytest.fixture
def mark() -> str:
    """A word in the environment of everything that one demo starts."""
    return secrets.token_hex(8)


def start(folder: Path, mark: str, *arguments: str) -> "subprocess.Popen[str]":
    ours = {name: text for name, text in os.environ.items() if not name.endswith(("_URL", "_KEY"))}
    command = [sys.executable, "-m", "walletjobs", "demo", "--folder", str(folder), *arguments]
    return subprocess.Popen(
        command,
        env={**ours, MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def started(mark: str) -> list[tuple[int, str]]:
    """Process and command line of all that a demo started and that still runs."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found.append((int(process.name), command))
        except OSError:  # it ended meanwhile, or is another user's
            continue
    return found


def lines_of(program: "subprocess.Popen[str]") -> Iterator[str]:
    assert program.stdout
    return iter(program.stdout.readline, "")


def test_the_demo_analyzes_a_wallet_and_a_second_start_uses_its_data_again(tmp_path: Path, mark: str) -> None:
    with start(tmp_path, mark, "--once") as first:
        told = "".join(lines_of(first))
    assert first.returncode == 0, told
    assert "applied 0001_first.sql" in told
    assert "100 %" in told
    realized = re.search(r"^  realized +(\S+) SOL", told, re.MULTILINE)
    assert realized, told

    with start(tmp_path, mark, "--once") as second:
        told_again = "".join(lines_of(second))
    assert second.returncode == 0, told_again
    assert "applied" not in told_again
    assert realized[0] in told_again
    assert started(mark) == []


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_told_to_end_at_work_leaves_no_process(
    tmp_path: Path, mark: str, end: signal.Signals
) -> None:
    with start(tmp_path, mark) as demo:
        for line in lines_of(demo):
            if line.startswith("Analyzing"):
                break
        assert started(mark)
        demo.send_signal(end)
        told = "".join(lines_of(demo))
    assert demo.returncode == 0, told
    assert started(mark) == []


def test_its_addresses_answer_and_a_part_that_dies_ends_it_and_names_the_log(
    tmp_path: Path, mark: str
) -> None:
    with start(tmp_path, mark) as demo:
        places = {}
        for line in lines_of(demo):
            if found := re.match(r"  (\w+) +(http\S+)(?:.*password (\S+)\))?", line):
                places[found[1]] = found
            if line.startswith("  realized"):
                break
        assert requests.get(places["dashboard"][2], timeout=10).status_code == 200
        assert requests.get(places["API"][2], timeout=10).status_code == 200
        operations = places["operations"]
        assert requests.get(operations[2], timeout=10).status_code == 401
        assert requests.get(operations[2], timeout=10, auth=("any", operations[3])).status_code == 200

        for pid, command in started(mark):
            if "gunicorn" in command:
                os.kill(pid, signal.SIGKILL)
        told = "".join(lines_of(demo))
    assert demo.returncode == 1, told
    assert str(tmp_path / "log" / "serve.log") in told
    assert started(mark) == []


@pytest.mark.parametrize(
    ("wallet", "told", "code"),
    [("0x12", "base58", 2), ("3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2", "HELIUS_API_KEY", 1)],
)
def test_a_real_wallet_needs_an_address_and_a_key(
    tmp_path: Path, mark: str, wallet: str, told: str, code: int
) -> None:
    with start(tmp_path / "unused", mark, "--wallet", wallet) as demo:
        assert told in "".join(lines_of(demo))
    assert demo.returncode == code
    assert not (tmp_path / "unused").exists()
