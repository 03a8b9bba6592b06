"""Redis and Postgres for one program: those of the environment, else our own for as long as it runs."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from walletjobs.dev.postgres import Postgres
from walletjobs.dev.valkey import Valkey
from walletjobs.errors import InvalidSetting


@dataclass(frozen=True, slots=True)
class Servers:
    """Where Postgres and Redis are."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)


@contextmanager
def servers(
    folder: Path, *, durable: bool = True, environ: Mapping[str, str] = os.environ
) -> Iterator[Servers]:
    """Running servers: ``DATABASE_URL`` and ``REDIS_URL`` where set, else our own, which end with the block.

    Without ``durable`` our own are faster and lose their data when they crash.
    Raises: InvalidSetting where there is no server to start, or another program uses the folder; ChildEnded.
    """
    folder = folder.absolute()
    with ExitStack() as stack:
        database_url, redis_url = environ.get("DATABASE_URL", ""), environ.get("REDIS_URL", "")
        if not (database_url and redis_url):
            stack.enter_context(_alone(folder))
        if not database_url:
            postgres = Postgres(folder, durable=durable)
            stack.callback(postgres.stop)
            postgres.start()
            database_url = postgres.url
        if not redis_url:
            valkey = Valkey(folder, durable=durable)
            stack.callback(valkey.stop)
            valkey.start()
            redis_url = valkey.url
        yield Servers(database_url, redis_url)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One program at a time owns a folder: what runs there when we hold it is an orphan."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except PermissionError:
        raise InvalidSetting(f"{folder} belongs to another user; remove it, or run as that user.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidSetting(f"Another program already uses {folder}; stop it first.") from None
        yield
