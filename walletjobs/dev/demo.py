"""The whole service on one machine: servers, schema, provider, web, workers, one analysis, until Ctrl-C."""

import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from walletjobs.config import Config
from walletjobs.db.connection import connect
from walletjobs.db.migrate import migrate
from walletjobs.dev import embedded, processes, story
from walletjobs.dev.embedded import Servers
from walletjobs.dev.processes import Process
from walletjobs.dev.replay.options import Options
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.dev.sample import sample_wallet
from walletjobs.dev.visitor import Visitor
from walletjobs.errors import ChildEnded, InvalidSetting

LATENCY = 60  # milliseconds: the replay server answers at once, and nobody would see the bar move
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for."""

    wallet: str | None  # a real one; else one is generated
    folder: Path
    once: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A program of the demo that runs."""

    name: str
    process: Process
    log: Path


def run(wish: Wish) -> None:
    """Comes back after Ctrl-C, SIGTERM or the terminal's end (with ``once``: after the analysis), with nothing left
    running.

    Raises: ChildEnded if a part of it dies, with the log to read; InvalidSetting.
    """
    _check(wish)
    with _interrupted_by_signals(), ExitStack() as stack:
        try:
            visitor, parts, wallet = _start(wish, stack)
            story.tell_analysis(visitor, wallet, lambda: _check_alive(parts))
            if not wish.once:
                story.tell_end(visitor.url, wallet)
                _stay(parts)
        except KeyboardInterrupt:
            with suppress(OSError):  # nobody may be there any more to read it
                print("\nEnding …", flush=True)
        finally:
            _ignore_signals()  # what follows is the way out


def _start(wish: Wish, stack: ExitStack) -> tuple[Visitor, list[Part], str]:
    print("Starting Postgres and Redis …", flush=True)
    running = stack.enter_context(embedded.servers(wish.folder))
    with connect(running.database_url) as connection:
        for name in migrate(connection):
            print(f"  applied {name}", flush=True)
    wallet, provider = _provider(wish, stack)
    environ = _settings(running, provider)
    print("Starting web and workers …", flush=True)
    parts = [_part(stack, wish.folder, name, environ) for name in ("serve", "worker")]
    visitor = Visitor(f"http://127.0.0.1:{environ['PORT']}")
    processes.await_ready(parts[0].process, visitor.is_up, parts[0].log)
    story.tell_places(visitor.url, wallet, environ["ADMIN_API_KEY"])
    return visitor, parts, wallet


def _settings(running: Servers, provider: Mapping[str, str]) -> dict[str, str]:
    """The user's own, what runs here, and what one person's machine needs."""
    environ = {"ADMIN_API_KEY": secrets.token_urlsafe(12), **os.environ, **provider}
    environ |= {"DATABASE_URL": running.database_url, "REDIS_URL": running.redis_url}
    environ |= {"HOST": "127.0.0.1", "API_AUTH": "off", "USE_DASHBOARD_JOB_SYSTEM": "true"}
    return environ | {"PORT": str(processes.free_port(Config.from_env(environ).port))}


def _provider(wish: Wish, stack: ExitStack) -> tuple[str, Mapping[str, str]]:
    """The wallet to analyze, and the variables that name who knows its history."""
    if wish.wallet:
        return wish.wallet, {}
    wallet, history = sample_wallet(wish.folder)
    replay = ReplayServer.of_files([history], Options(latency={"all": LATENCY}))
    stack.callback(replay.close)
    return wallet, {**replay.environment(), "HELIUS_PLAN": "professional"}


def _part(stack: ExitStack, folder: Path, command: str, environ: Mapping[str, str]) -> Part:
    log = folder / "log" / f"{command}.log"
    log.parent.mkdir(exist_ok=True)
    log.write_bytes(b"")  # of this start alone
    process = processes.start([sys.executable, "-m", "walletjobs", command], log, environ=environ)
    stack.callback(processes.stop, process)
    return Part(command, process, log)


def _check(wish: Wish) -> None:
    if wish.wallet and not os.environ.get("HELIUS_API_KEY"):
        raise InvalidSetting("A real wallet is read from Helius: set HELIUS_API_KEY too")


def _stay(parts: list[Part]) -> None:
    """Until a part dies, or nobody is there: not every closed terminal sends us a signal (make keeps its own)."""
    watched = sys.stdout.isatty()
    while not watched or sys.stdout.isatty():
        _check_alive(parts)
        time.sleep(0.5)


def _check_alive(parts: list[Part]) -> None:
    for part in parts:
        if part.process.poll() is not None:
            raise ChildEnded(f"`{part.name}` has ended ({part.process.returncode}); read {part.log}")


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """A closed terminal and SIGTERM end us as Ctrl-C does."""
    before = {number: signal.getsignal(number) for number in ENDINGS}
    for number in ENDINGS:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)
