"""What Postgres itself writes down of a run, whatever the service says: triggers of the test's own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

#: Tables of one wallet that only the newest holder of its fencing number may write. Keys of transactions, mints and
#: tokens are left out: they come in the same transactions, by the hundred.
FENCED = ("raw_page", "sync_range", "pnl_result", "behavior_result")

_SESSION = "pg_backend_pid() || '@' || extract(epoch from pg_postmaster_start_time())"
_RULES = f"""
CREATE TABLE chaos_run (
    id text, at timestamptz DEFAULT clock_timestamp(), was text, becomes text, turn int, old_turn int, attempt int
);
CREATE FUNCTION chaos_note_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos_run (id, was, becomes, turn, old_turn, attempt)
    SELECT NEW.id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.status END, NEW.status, NEW.turn,
           CASE WHEN TG_OP = 'UPDATE' THEN OLD.turn END, NEW.attempt
     WHERE TG_OP = 'INSERT' OR OLD.status <> NEW.status OR OLD.turn <> NEW.turn;
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_note AFTER INSERT OR UPDATE ON analysis_run FOR EACH ROW EXECUTE FUNCTION chaos_note_run();

CREATE TABLE chaos_fence (wallet_id int, fence bigint, session text, PRIMARY KEY (wallet_id, fence));
CREATE FUNCTION chaos_note_fence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR OLD.fence <> NEW.fence THEN
        INSERT INTO chaos_fence VALUES (NEW.id, NEW.fence, {_SESSION});
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_note AFTER INSERT OR UPDATE ON wallet FOR EACH ROW EXECUTE FUNCTION chaos_note_fence();

CREATE TABLE chaos_trespass (at timestamptz DEFAULT clock_timestamp(), wallet_id int, place text, fence bigint);
CREATE FUNCTION chaos_check_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE drawn record; wallet int;
BEGIN
    wallet := CASE WHEN TG_OP = 'DELETE' THEN OLD.wallet_id ELSE NEW.wallet_id END;
    SELECT fence, session INTO drawn FROM chaos_fence WHERE wallet_id = wallet ORDER BY fence DESC LIMIT 1;
    IF drawn.session IS DISTINCT FROM {_SESSION} THEN
        INSERT INTO chaos_trespass (wallet_id, place, fence) VALUES (wallet, TG_TABLE_NAME, drawn.fence);
    END IF;
    RETURN NULL;
END $$;
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a job's row: its status, its turn, or both."""

    id: str
    at: datetime
    was: str | None  # the status before; None where the row was new
    becomes: str
    turn: int
    old_turn: int | None
    attempt: int


def install(connection: Connection[Any]) -> None:
    """From now on every change of a job's row is kept, and every write by a holder that is not the newest."""
    connection.execute(_RULES.encode())
    for table in FENCED:
        connection.execute(
            f"CREATE TRIGGER chaos_check AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION chaos_check_write()".encode()
        )


def changes(connection: Connection[Any]) -> list[Change]:
    """Every change of every job, in the order they were made."""
    with connection.cursor(row_factory=class_row(Change)) as cursor:
        query = b"SELECT id, at, was, becomes, turn, old_turn, attempt FROM chaos_run ORDER BY at"
        return cursor.execute(query).fetchall()


def trespasses(connection: Connection[Any]) -> list[tuple[Any, ...]]:
    """(time, wallet, table, newest fencing number) of every write by someone else than its drawer."""
    return connection.execute("SELECT at, wallet_id, place, fence FROM chaos_trespass").fetchall()
