"""Batches: admission of all members in one transaction, and the counting of how far they are."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from walletjobs.core.batch import Batch, Failure, Member, Tally
from walletjobs.core.run import LIVE, NewRun
from walletjobs.core.scope import covering

#: A job that was there before the batch is none of its business once the batch is cancelled.
_STATE = """
    CASE WHEN run.status = ANY(%(live)s) AND batch.cancelled_at IS NOT NULL AND run.batch IS DISTINCT FROM batch.id
         THEN 'cancelled' ELSE run.status END
"""
_COUNTED = f"""
    SELECT batch.id, batch.owner, batch.created_at, batch.cancelled_at, batch.ended_at, batch.told_at,
           now() AS read_at,
           count(*) FILTER (WHERE state = 'queued') AS queued,
           count(*) FILTER (WHERE state IN ('processing', 'retrying')) AS processing,
           count(*) FILTER (WHERE state = 'completed') AS completed,
           count(*) FILTER (WHERE state = 'failed') AS failed,
           count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
           floor(avg(CASE WHEN state = ANY(%(live)s) THEN run.progress ELSE 100 END))::integer AS percent
      FROM batch
      JOIN batch_member member ON member.batch_id = batch.id
      JOIN analysis_run run ON run.id = member.job_id
     CROSS JOIN LATERAL (SELECT {_STATE} AS state) AS stands
     WHERE %(which)s
     GROUP BY batch.id
     ORDER BY batch.created_at, batch.id
"""
_TALLY = [entry.name for entry in fields(Tally)]


class BatchRepository:
    """Reads and writes batches and their members."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def add(self, batch_id: str, owner: str, runs: Sequence[NewRun]) -> list[Member] | None:
        """The members, all recorded or none, in the order given; a wallet whose analysis is live joins that one.

        None where the batch is recorded already.
        """
        with self._connection.transaction():
            added = self._connection.execute(
                "INSERT INTO batch (id, owner) VALUES (%s, %s) ON CONFLICT DO NOTHING", [batch_id, owner]
            )
            if not added.rowcount:
                return None
            jobs: dict[str, tuple[str, bool]] = {}
            while missing := [(place, run) for place, run in enumerate(runs) if run.wallet not in jobs]:
                jobs |= self._insert(batch_id, missing)  # again where a live one ended between the two looks
            members = [Member(run.wallet, *jobs[run.wallet]) for run in runs]
            self._connection.execute(
                """
                INSERT INTO batch_member (batch_id, position, wallet, job_id, joined)
                SELECT %s, place - 1, wallet, job_id, joined
                  FROM unnest(%s::text[], %s::text[], %s::boolean[])
                       WITH ORDINALITY AS new (wallet, job_id, joined, place)
                """,
                [
                    batch_id,
                    [member.wallet for member in members],
                    [member.job_id for member in members],
                    [member.joined for member in members],
                ],
            )
        return members

    def _insert(self, batch_id: str, numbered: Sequence[tuple[int, NewRun]]) -> dict[str, tuple[str, bool]]:
        """Wallet → its job, and whether that was there before; wallets are left out whose job ended meanwhile.

        In the wallets' order, so that two batches of the same wallets wait for each other instead of locking up.
        """
        runs = sorted(numbered, key=lambda each: each[1].wallet)
        jobs = self._live(runs[0][1], [run.wallet for _, run in runs])
        new = [each for each in runs if each[1].wallet not in jobs]
        inserted = self._connection.execute(
            """
            INSERT INTO analysis_run (id, request_id, type, wallet, scope, queue, arguments, held, batch, created_at)
            SELECT id, request_id, type, wallet, scope, queue, arguments, true, %s,
                   now() + place * interval '1 microsecond'
              FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                          %s::jsonb[], %s::integer[])
                   AS new (id, request_id, type, wallet, scope, queue, arguments, place)
            ON CONFLICT DO NOTHING
            RETURNING wallet, id
            """,
            [
                batch_id,
                *(
                    [getattr(run, name) for _, run in new]
                    for name in ("id", "request_id", "type", "wallet", "scope", "queue")
                ),
                [Jsonb(run.arguments) for _, run in new],
                [place for place, _ in new],
            ],
        ).fetchall()
        return jobs | {wallet: (job_id, False) for wallet, job_id in inserted}

    def _live(self, like: NewRun, wallets: list[str]) -> dict[str, tuple[str, bool]]:
        rows = self._connection.execute(
            """
            SELECT wallet, id FROM analysis_run
             WHERE wallet = ANY(%s) AND type = %s AND scope = ANY(%s) AND status = ANY(%s)
            """,
            [wallets, like.type, covering(like.scope), list(LIVE)],
        )
        return {wallet: (job_id, True) for wallet, job_id in rows}

    def find(self, batch_id: str) -> Batch | None:
        """The batch as it stands."""
        found = self._counted("batch.id = %(id)s", {"id": batch_id})
        return found[0] if found else None

    def untold(self) -> list[Batch]:
        """Batches whose end has not been told, oldest first."""
        return self._counted("batch.told_at IS NULL", {})

    def failures(self, batch_id: str) -> list[Failure]:
        """Members that failed, in their order."""
        with self._connection.cursor(row_factory=class_row(Failure)) as cursor:
            return cursor.execute(
                """
                SELECT member.wallet, member.job_id, coalesce(run.error_code, '') AS code,
                       coalesce(run.error_detail, '') AS detail
                  FROM batch_member member JOIN analysis_run run ON run.id = member.job_id
                 WHERE member.batch_id = %s AND run.status = 'failed'
                 ORDER BY member.position
                """,
                [batch_id],
            ).fetchall()

    def next_in_turn(self, room: int) -> list[str]:
        """Up to ``room`` held jobs of batches: the next ones of the owners that have the fewest in Redis' hands."""
        rows = self._connection.execute(
            """
            WITH at_work AS (
                SELECT batch.owner, count(*) AS jobs
                  FROM analysis_run run JOIN batch ON batch.id = run.batch
                 WHERE run.status = ANY(%(live)s) AND NOT run.held
                 GROUP BY batch.owner
            ), waiting AS (
                SELECT run.id, batch.owner,
                       row_number() OVER (PARTITION BY batch.owner ORDER BY run.created_at, run.id) AS place
                  FROM analysis_run run JOIN batch ON batch.id = run.batch
                 WHERE run.held AND run.status = 'queued' AND run.depends_on IS NULL
            )
            SELECT waiting.id FROM waiting LEFT JOIN at_work USING (owner)
             ORDER BY coalesce(at_work.jobs, 0) + waiting.place, waiting.owner
             LIMIT %(room)s
            """,
            {"live": list(LIVE), "room": room},
        )
        return [job_id for (job_id,) in rows]

    def ask_to_end(self, batch_id: str) -> bool:
        """Whether the batch is to be cancelled from now on. A member that another batch waits for goes over to it."""
        with self._connection.transaction():
            asked = self._connection.execute(
                """
                UPDATE batch SET cancelled_at = now()
                 WHERE id = %s AND cancelled_at IS NULL AND ended_at IS NULL
                """,
                [batch_id],
            )
            self._connection.execute(
                """
                UPDATE analysis_run run SET batch = other.id
                  FROM batch_member member JOIN batch other ON other.id = member.batch_id
                 WHERE member.job_id = run.id AND run.batch = %s AND run.status = ANY(%s)
                   AND other.id <> run.batch AND other.cancelled_at IS NULL
                """,
                [batch_id, list(LIVE)],
            )
        return asked.rowcount == 1

    def live_jobs(self, batch_id: str) -> list[str]:
        """The ids of the batch's own jobs that have not ended."""
        rows = self._connection.execute(
            "SELECT id FROM analysis_run WHERE batch = %s AND status = ANY(%s) ORDER BY created_at, id",
            [batch_id, list(LIVE)],
        )
        return [job_id for (job_id,) in rows]

    def mark_ended(self, batch_id: str) -> None:
        """Records that every member is over."""
        self._connection.execute(
            "UPDATE batch SET ended_at = now() WHERE id = %s AND ended_at IS NULL", [batch_id]
        )

    def mark_told(self, batch_id: str) -> None:
        """Records that the end is in the batch's stream."""
        self._connection.execute("UPDATE batch SET told_at = now() WHERE id = %s", [batch_id])

    def _counted(self, which: str, values: dict[str, Any]) -> list[Batch]:
        query = _COUNTED.replace("%(which)s", which)
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(query.encode(), {"live": list(LIVE), **values}).fetchall()
        return [Batch(tally=Tally(**{name: row.pop(name) for name in _TALLY}), **row) for row in rows]
