"""Migrations: numbered SQL files, forward only, each applied once however many runners start at a time."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection

from walletjobs.errors import MigrationRefused

MIGRATIONS = Path(__file__).parents[2] / "migrations"
NO_TRANSACTION = "-- no-transaction"  # a file's first line; such a file holds one statement
LOCK = 0x77616C6C6574  # advisory lock: "wallet"
POLL = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of the folder."""

    name: str
    sql: str

    @property
    def number(self) -> int:
        """Its place in the order."""
        return int(self.name.partition("_")[0])

    @property
    def checksum(self) -> str:
        """What tells an edited file from the one that ran."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrate(connection: Connection[Any], folder: Path = MIGRATIONS) -> list[str]:
    """The names of the migrations that it applied now, in order.

    Raises: MigrationRefused if a file was edited after it ran, or comes before one that ran.
    """
    with _one_at_a_time(connection):
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, checksum text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        waiting = pending(connection, folder)
        for migration in waiting:
            _apply(connection, migration)
    return [migration.name for migration in waiting]


def pending(connection: Connection[Any], folder: Path = MIGRATIONS) -> list[Migration]:
    """The migrations of the folder that have not run, in order.

    Raises: MigrationRefused as ``migrate`` does.
    """
    applied = _applied(connection)
    last = max((int(name.partition("_")[0]) for name in applied), default=-1)
    waiting = []
    for migration in _read(folder):
        if migration.name not in applied:
            if migration.number <= last:
                raise MigrationRefused(
                    f"{migration.name} comes before a migration that has run; number it higher."
                )
            waiting.append(migration)
        elif applied[migration.name] != migration.checksum:
            raise MigrationRefused(
                f"{migration.name} was edited after it ran; write a new migration instead."
            )
    return waiting


def _read(folder: Path) -> list[Migration]:
    migrations = [Migration(path.name, path.read_text("utf-8")) for path in sorted(folder.glob("[0-9]*.sql"))]
    numbers = [migration.number for migration in migrations]
    if len(set(numbers)) < len(numbers):
        raise MigrationRefused(f"Two migrations in {folder} have one number.")
    return migrations


def _applied(connection: Connection[Any]) -> dict[str, str]:
    if connection.execute("SELECT to_regclass('schema_migration')").fetchall() == [(None,)]:
        return {}
    return dict(connection.execute("SELECT name, checksum FROM schema_migration").fetchall())


def _apply(connection: Connection[Any], migration: Migration) -> None:
    if migration.sql.startswith(NO_TRANSACTION):
        _execute(connection, migration)
        _record(connection, migration)
    else:
        with connection.transaction():
            _execute(connection, migration)
            _record(connection, migration)


def _execute(connection: Connection[Any], migration: Migration) -> None:
    connection.execute(migration.sql.encode())


def _record(connection: Connection[Any], migration: Migration) -> None:
    connection.execute(
        "INSERT INTO schema_migration (name, checksum) VALUES (%s, %s)", [migration.name, migration.checksum]
    )


@contextmanager
def _one_at_a_time(connection: Connection[Any]) -> Iterator[None]:
    # It asks again and again: a runner that waits inside pg_advisory_lock holds a snapshot, and CREATE INDEX
    # CONCURRENTLY of the runner before it would wait for that snapshot: a deadlock.
    while connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchall() != [(True,)]:
        time.sleep(POLL)
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
