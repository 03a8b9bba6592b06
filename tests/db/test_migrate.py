"""Migrations run once each, in order, whoever starts them, and never an edited one."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from walletjobs.db.connection import connect
from walletjobs.db.migrate import MIGRATIONS, NO_TRANSACTION, migrate, pending
from walletjobs.errors import MigrationRefused

Connection = psycopg.Connection[Any]


@pytest.fixture
def database_url(databases: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """A database that nobody else uses."""
    with databases() as url:
        yield url


@pytest.fixture
def database(connection: Connection) -> Connection:
    """A database without any schema."""
    connection.execute("DROP SCHEMA public CASCADE")
    connection.execute("CREATE SCHEMA public")
    return connection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE one (id integer); INSERT INTO one VALUES (1);")
    (tmp_path / "0002_second.sql").write_text("INSERT INTO one VALUES (2);")
    (tmp_path / "notes.txt").write_text("no migration")
    return tmp_path


def rows(connection: Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT id FROM one ORDER BY id")]


def test_each_file_runs_once_and_in_order(database: Connection, folder: Path) -> None:
    assert migrate(database, folder) == ["0001_first.sql", "0002_second.sql"]
    assert migrate(database, folder) == []
    assert rows(database) == [1, 2]


def test_a_new_file_runs_alone(database: Connection, folder: Path) -> None:
    migrate(database, folder)
    (folder / "0010_later.sql").write_text("INSERT INTO one VALUES (10);")
    assert [migration.name for migration in pending(database, folder)] == ["0010_later.sql"]
    assert migrate(database, folder) == ["0010_later.sql"]


def test_an_edited_file_is_refused_and_nothing_runs(database: Connection, folder: Path) -> None:
    migrate(database, folder)
    (folder / "0002_second.sql").write_text("INSERT INTO one VALUES (3);")
    (folder / "0003_third.sql").write_text("INSERT INTO one VALUES (4);")
    with pytest.raises(MigrationRefused, match=r"0002_second\.sql was edited"):
        migrate(database, folder)
    assert rows(database) == [1, 2]


def test_a_file_numbered_before_one_that_ran_is_refused(database: Connection, folder: Path) -> None:
    (folder / "0005_fifth.sql").write_text("INSERT INTO one VALUES (5);")
    migrate(database, folder)
    (folder / "0004_fourth.sql").write_text("INSERT INTO one VALUES (4);")
    with pytest.raises(MigrationRefused, match=r"0004_fourth\.sql comes before"):
        migrate(database, folder)


def test_two_files_of_one_number_are_refused(database: Connection, folder: Path) -> None:
    (folder / "0002_other.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationRefused, match="one number"):
        migrate(database, folder)


def test_a_newer_release_may_have_run_files_that_we_do_not_know(database: Connection, folder: Path) -> None:
    migrate(database, folder)
    (folder / "0002_second.sql").unlink()
    assert migrate(database, folder) == []


def test_a_file_that_fails_leaves_nothing_and_the_ones_before_it_stay(
    database: Connection, folder: Path
) -> None:
    (folder / "0002_second.sql").write_text("INSERT INTO one VALUES (2); SELECT nonsense;")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        migrate(database, folder)
    assert rows(database) == [1]
    (folder / "0002_second.sql").write_text("INSERT INTO one VALUES (22);")
    assert migrate(database, folder) == ["0002_second.sql"]
    assert rows(database) == [1, 22]


def test_the_lock_is_free_after_a_failure(database: Connection, database_url: str, folder: Path) -> None:
    (folder / "0002_second.sql").write_text("SELECT nonsense;")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        migrate(database, folder)
    (folder / "0002_second.sql").unlink()
    with connect(database_url) as other:
        assert migrate(other, folder) == []


def test_a_file_may_run_outside_a_transaction(database: Connection, folder: Path) -> None:
    concurrent = f"{NO_TRANSACTION}\nCREATE INDEX CONCURRENTLY IF NOT EXISTS one_id ON one (id);"
    (folder / "0003_index.sql").write_text(concurrent)
    assert migrate(database, folder)[-1] == "0003_index.sql"
    assert migrate(database, folder) == []


def test_many_runners_at_once_apply_each_file_once(
    database: Connection, database_url: str, folder: Path
) -> None:
    """The third file waits for every snapshot of the database: a runner that held one would block it for ever."""
    concurrent = f"{NO_TRANSACTION}\nCREATE INDEX CONCURRENTLY one_id ON one (id);"
    (folder / "0003_index.sql").write_text(concurrent)

    def run(_: int) -> list[str]:
        with connect(database_url) as connection:
            return migrate(connection, folder)

    with ThreadPoolExecutor(6) as pool:
        applied = [name for names in pool.map(run, range(6)) for name in names]
    assert sorted(applied) == ["0001_first.sql", "0002_second.sql", "0003_index.sql"]
    assert rows(database) == [1, 2]


def test_our_own_migrations_have_all_run_in_a_test_database(connection: Connection) -> None:
    assert pending(connection, MIGRATIONS) == []
    assert list(MIGRATIONS.glob("*.sql"))
