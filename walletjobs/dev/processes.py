"""Child processes that end with us: at a normal end, at an exception, and when we are killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from walletjobs.errors import ChildEnded

LEASH = Path(__file__).with_name("leash.py")
READY_TIMEOUT = 60.0  # seconds
PATIENCE = 25.0  # seconds: gunicorn and the pool give theirs 20

Process = subprocess.Popen[bytes]


def start(
    command: Sequence[str | Path],
    log: Path,
    *,
    ending: signal.Signals = signal.SIGTERM,
    environ: Mapping[str, str] | None = None,
) -> Process:
    """A child that writes to ``log`` and gets ``ending`` if we die.

    It has a session of its own, so that Ctrl-C in the terminal reaches us alone and we end children in order.
    """
    leash: list[str | Path] = [sys.executable, "-I", "-S", LEASH, str(int(ending)), str(os.getpid())]
    with log.open("ab") as output:
        return subprocess.Popen(
            [*leash, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environ,
        )


def stop(process: Process, ending: signal.Signals = signal.SIGTERM, patience: float = PATIENCE) -> None:
    """Ends a child: asks, waits ``patience`` seconds, then kills it."""
    if process.poll() is None:
        process.send_signal(ending)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def await_ready(process: Process, ready: Callable[[], bool], log: Path) -> None:
    """Comes back when ``ready`` says so.

    Raises: ChildEnded if the child ends before, or takes more than a minute.
    """
    deadline = time.monotonic() + READY_TIMEOUT
    while not ready():
        if process.poll() is not None:
            raise ChildEnded(
                f"A program ended as it started ({process.returncode}): {_tail(log)} (log: {log})"
            )
        if time.monotonic() > deadline:
            raise ChildEnded(f"A program is not ready after {READY_TIMEOUT:.0f} s (log: {log})")
        time.sleep(0.02)


def end_orphan(pid_file: Path, folder: Path, ending: signal.Signals) -> None:
    """Ends the server that an earlier program left on ``folder``, if it still runs, and removes its pid file.

    A pid file may be older than the machine's last start: the process is ours only if it names the folder.
    """
    try:
        pid = int(pid_file.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    asked_at = time.monotonic()
    while f" {folder} " in command_of(pid):
        os.kill(pid, ending if time.monotonic() - asked_at < 10 else signal.SIGKILL)
        time.sleep(0.1)
    pid_file.unlink(missing_ok=True)


def free_port(wanted: int = 0) -> int:
    """``wanted`` if nobody listens there on loopback, else a port that the system picks."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise AssertionError("the system has no free port")


def command_of(pid: int) -> str:
    """The command line of a running process, or nothing."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    return subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True).stdout


def _tail(log: Path) -> str:
    return " / ".join(log.read_text(errors="replace").strip().splitlines()[-3:])
