"""Embedded servers keep their data, keep to themselves, and never outlive the program that started them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from psycopg.conninfo import conninfo_to_dict

from walletjobs.db.connection import connect
from walletjobs.dev import embedded, postgres, processes
from walletjobs.dev.postgres import Postgres
from walletjobs.dev.valkey import Valkey
from walletjobs.errors import ChildEnded, InvalidSetting

HOLDER = """
import sys, time
from pathlib import Path
from walletjobs.dev import embedded
with embedded.servers(Path(sys.argv[1]), durable=False, environ={}) as running:
    print(running.database_url, running.redis_url, flush=True)
    time.sleep(600)
"""


def hold(folder: Path) -> "subprocess.Popen[str]":
    """Another program that starts servers on ``folder`` and tells their URLs on its first line."""
    return subprocess.Popen([sys.executable, "-c", HOLDER, folder], stdout=subprocess.PIPE, text=True)


def wait_until(true: Callable[[], bool]) -> None:
    """Comes back when it is; a test that waits for ever is ended by its readers."""
    for _ in range(600):
        if true():
            return
        signal.sigtimedwait([], 0.05)
    raise AssertionError("it did not come true within 30 s")


def listens(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) == 0


def test_data_is_kept_between_starts(tmp_path: Path) -> None:
    with embedded.servers(tmp_path, environ={}) as first:
        with connect(first.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'Ünïcode' AS word")
        redis.Redis.from_url(first.redis_url).set("kept", "word")
    with embedded.servers(tmp_path, environ={}) as second:
        with connect(second.database_url) as connection:
            assert connection.execute("SELECT lower(word) FROM kept").fetchone() == ("ünïcode",)
        assert redis.Redis.from_url(second.redis_url).get("kept") == b"word"


def test_servers_are_gone_when_the_block_ends_by_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), embedded.servers(tmp_path, durable=False, environ={}) as running:
        raise ZeroDivisionError
    assert not listens(running.database_url)
    assert not listens(running.redis_url)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_servers_end_when_the_program_is_killed(tmp_path: Path, end: signal.Signals) -> None:
    with hold(tmp_path) as program:
        assert program.stdout
        urls = program.stdout.readline().split()
        assert all(listens(url) for url in urls)
        program.send_signal(end)
        program.wait()
        wait_until(lambda: not any(listens(url) for url in urls))


@pytest.mark.parametrize("server", [Postgres, Valkey])
def test_a_server_that_was_left_behind_is_ended_at_the_next_start(
    tmp_path: Path, server: type[Postgres | Valkey]
) -> None:
    orphan = server(tmp_path, durable=False)
    orphan.start()
    heir = server(tmp_path, durable=False)
    heir.start()
    assert orphan.process
    assert orphan.process.wait(10) is not None
    assert listens(heir.url)
    heir.stop()


@pytest.mark.parametrize(
    ("server", "pid_file"), [(Postgres, "pg18/postmaster.pid"), (Valkey, "valkey/valkey.pid")]
)
def test_a_stale_pid_file_that_names_a_stranger_ends_nobody(
    tmp_path: Path, server: type[Postgres | Valkey], pid_file: str
) -> None:
    first = server(tmp_path, durable=False)
    first.start()
    first.stop()
    with subprocess.Popen(["sleep", "600"]) as stranger:
        (tmp_path / pid_file).write_text(f"{stranger.pid}\n")
        second = server(tmp_path, durable=False)
        second.start()
        assert stranger.poll() is None
        second.stop()
        stranger.kill()


@pytest.mark.parametrize("server", [Postgres, Valkey])
def test_a_killed_server_starts_again_on_its_port(tmp_path: Path, server: type[Postgres | Valkey]) -> None:
    running = server(tmp_path)
    running.start()
    before = running.url
    assert running.process
    running.process.kill()
    running.process.wait()
    running.start()
    assert running.url == before
    assert listens(running.url)
    running.stop()


def test_two_programs_cannot_share_a_folder(tmp_path: Path) -> None:
    with embedded.servers(tmp_path, durable=False, environ={}):
        with hold(tmp_path) as second:
            assert second.communicate()[0] == ""
        assert second.returncode == 1
        with pytest.raises(InvalidSetting, match="already uses"), embedded.servers(tmp_path, environ={}):
            pass


def test_servers_of_the_environment_are_used_and_nothing_is_started(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": "postgresql://elsewhere/w", "REDIS_URL": "redis://elsewhere"}
    with embedded.servers(tmp_path / "unused", environ=environ) as running:
        assert (running.database_url, running.redis_url) == (environ["DATABASE_URL"], environ["REDIS_URL"])
    assert not (tmp_path / "unused").exists()


def test_both_want_a_password_and_listen_on_loopback_alone(tmp_path: Path) -> None:
    with embedded.servers(tmp_path, durable=False, environ={}) as running:
        where = conninfo_to_dict(running.database_url)
        assert where["host"] == "127.0.0.1"
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(**{**where, "password": "guessed"})
        assert urlsplit(running.redis_url).hostname == "127.0.0.1"
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(f"redis://127.0.0.1:{urlsplit(running.redis_url).port}").ping()
        with redis.Redis.from_url(running.redis_url) as client:
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("bind") == {"bind": "127.0.0.1"}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("*.password")} == {0o600}


def test_a_first_start_that_was_cut_off_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "pg18.new").mkdir(parents=True)
    (tmp_path / "pg18.new" / "half").touch()
    running = Postgres(tmp_path, durable=False)
    running.start()
    assert listens(running.url)
    running.stop()


def test_without_a_wheel_and_without_a_binary_the_way_out_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InvalidSetting, match="DATABASE_URL"):
        Postgres(tmp_path)
    with pytest.raises(InvalidSetting, match="REDIS_URL"):
        Valkey(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who has to become nobody")
@pytest.mark.parametrize("way", postgres.DROPPING_ROOT, ids=["namespace", "setpriv"])
def test_root_runs_postgres_in_a_home_that_is_closed_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: tuple[tuple[str, ...], int]
) -> None:
    home = tmp_path / "home"
    home.mkdir(0o700)
    monkeypatch.setattr(postgres, "DROPPING_ROOT", (way,))
    if not postgres._works(way[0], postgres._binaries(), home):
        pytest.skip(f"{way[0][0]} is not permitted on this machine")
    running = Postgres(home / "data", durable=False)
    running.start()
    with connect(running.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert (home / "data" / "pg18").stat().st_uid == way[1]
    running.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who has to become nobody")
def test_root_who_may_not_become_nobody_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "DROPPING_ROOT", ((("false",), 0), (("no-such-program",), 0)))
    with pytest.raises(InvalidSetting, match="ordinary user"):
        Postgres(tmp_path)


def test_a_server_that_cannot_start_says_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "valkey").mkdir()
    (tmp_path / "valkey" / "appendonlydir").write_text("a file where a folder should be")
    running = Valkey(tmp_path)
    with pytest.raises(ChildEnded, match="ended as it started"):
        running.start()


def test_a_wanted_port_is_taken_where_it_is_free() -> None:
    free = processes.free_port()
    assert processes.free_port(free) == free
    with socket.create_server(("127.0.0.1", free)):
        assert processes.free_port(free) != free
