"""The durable record of every job: what was asked, how each start of it went, how it ended."""

from dataclasses import asdict
from typing import Any

from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from walletjobs.core.run import LIVE, Ending, FailedAttempt, NewRun, Run, RunFilter
from walletjobs.core.scope import covering

_COLUMNS = """
    id, request_id, type, wallet, scope, queue, status, arguments, parent, depends_on, held,
    attempt, max_attempts, turn, fence, progress, step, enrichment_job_id, result, error_code, error_detail, attempts,
    created_at, started_at, ended_at, told_at
"""

_GIVEN = ("id", "request_id", "type", "wallet", "scope", "queue", "parent", "depends_on", "held")

#: The entry of a failed attempt, with the time of the server that keeps it.
_APPENDED = "attempts || jsonb_set(%s::jsonb, '{0,at}', to_jsonb(now()))"


class RunRepository:
    """Reads and writes runs.

    What a worker writes shows its turn, and is refused once a newer start of the job has begun.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def add(self, run: NewRun) -> bool:
        """Records an accepted job; False where it is recorded already or another one is live that covers it."""
        added = self._connection.execute(
            """
            INSERT INTO analysis_run
                (id, request_id, type, wallet, scope, queue, arguments, parent, depends_on, held)
            SELECT %(id)s, %(request_id)s, %(type)s, %(wallet)s, %(scope)s, %(queue)s, %(arguments)s, %(parent)s,
                   %(depends_on)s, %(held)s
             WHERE NOT EXISTS (
                 SELECT FROM analysis_run
                  WHERE wallet = %(wallet)s AND type = %(type)s AND type = 'dashboard-wallet-analysis'
                    AND scope = ANY(%(covering)s) AND status = ANY(%(live)s))
            ON CONFLICT DO NOTHING
            """,
            {
                **{name: getattr(run, name) for name in _GIVEN},
                "arguments": Jsonb(run.arguments),
                "covering": covering(run.scope),
                "live": list(LIVE),
            },
        )
        return added.rowcount == 1

    def find(self, job_id: str) -> Run | None:
        """The run of a job."""
        return self._one(f"SELECT {_COLUMNS} FROM analysis_run WHERE id = %s", [job_id])

    def live_of(self, wallet: str, scope: str = "all") -> Run | None:
        """The analysis of this wallet that has not ended."""
        return self._one(
            f"""
            SELECT {_COLUMNS} FROM analysis_run
             WHERE wallet = %s AND scope = %s AND type = 'dashboard-wallet-analysis' AND status = ANY(%s)
            """,
            [wallet, scope, list(LIVE)],
        )

    def live_of_all(self, wallets: list[str]) -> dict[str, str]:
        """Wallet → id of its analysis that has not ended, for those that have one."""
        rows = self._connection.execute(
            """
            SELECT wallet, id FROM analysis_run
             WHERE wallet = ANY(%s) AND type = 'dashboard-wallet-analysis' AND status = ANY(%s)
            """,
            [wallets, list(LIVE)],
        )
        return dict(rows.fetchall())

    def live_covering(self, run: NewRun | Run) -> Run | None:
        """The job that has not ended in whose place this one would be: an analysis of the wallet and scope or a wider
        one, or a step of the same type."""
        return self._one(
            f"""
            SELECT {_COLUMNS} FROM analysis_run
             WHERE wallet = %(wallet)s AND type = %(type)s AND status = ANY(%(live)s) AND parent IS NULL
               AND (scope = ANY(%(covering)s) OR type <> 'dashboard-wallet-analysis')
             LIMIT 1
            """,
            {"wallet": run.wallet, "type": run.type, "covering": covering(run.scope), "live": list(LIVE)},
        )

    def live(self) -> list[Run]:
        """Every job that is in the hands of Redis and has not ended, oldest first."""
        return self._many(
            f"""
            SELECT {_COLUMNS} FROM analysis_run
             WHERE status = ANY(%s) AND NOT (held AND status = 'queued') ORDER BY created_at, id
            """,
            [list(LIVE)],
        )

    def freed(self) -> list[tuple[Run, str | None]]:
        """Held jobs, oldest first, whose dependency is over, and how it ended; None where it is forgotten."""
        rows = self._connection.execute(
            """
            SELECT run.id, other.status
              FROM analysis_run run LEFT JOIN analysis_run other ON other.id = run.depends_on
             WHERE run.held AND run.status = 'queued' AND run.depends_on IS NOT NULL
               AND (other.id IS NULL OR NOT other.status = ANY(%s))
             ORDER BY run.created_at, run.id
            """,
            [list(LIVE)],
        ).fetchall()
        found = [(self.find(job_id), ended) for job_id, ended in rows]
        return [(run, ended) for run, ended in found if run is not None]

    def release(self, run: Run) -> bool:
        """Lets a held job into its queue; False where somebody else did, or it has ended."""
        return self._written(run, "UPDATE analysis_run SET held = false", [], " AND held")

    def children(self, parent: str) -> list[Run]:
        """The jobs that belong to another one and have not ended."""
        return self._many(
            f"SELECT {_COLUMNS} FROM analysis_run WHERE parent = %s AND status = ANY(%s)",
            [parent, list(LIVE)],
        )

    def begin(self, job_id: str) -> Run | None:
        """The run, with the turn that this start of it has from now on; None where it is over or unknown."""
        return self._one(
            f"""
            UPDATE analysis_run
               SET status = 'processing', turn = turn + 1, attempt = jsonb_array_length(attempts) + 1,
                   started_at = coalesce(started_at, now())
             WHERE id = %s AND status = ANY(%s)
            RETURNING {_COLUMNS}
            """,
            [job_id, list(LIVE)],
        )

    def note(self, run: Run, progress: int, step: str) -> bool:
        """Keeps how far the run is, for when Redis has forgotten."""
        return self._written(run, "UPDATE analysis_run SET progress = %s, step = %s", [progress, step])

    def note_fence(self, run: Run, number: int) -> bool:
        """Keeps the wallet's fencing number, which the run's enrichment may use too."""
        return self._written(run, "UPDATE analysis_run SET fence = %s", [number])

    def note_enrichment(self, run: Run, enrichment_job_id: str) -> bool:
        """Keeps the id of the run's enrichment."""
        return self._written(run, "UPDATE analysis_run SET enrichment_job_id = %s", [enrichment_job_id])

    def hurry(self, job_id: str, slow: str, quick: str) -> bool | None:
        """Moves a job that waits from one queue to another, out of its batch: whether it was held; None where it
        does not wait there."""
        row = self._connection.execute(
            """
            UPDATE analysis_run run SET queue = %s, held = false, batch = NULL
              FROM (SELECT id, held FROM analysis_run WHERE id = %s FOR UPDATE) AS before
             WHERE run.id = before.id AND run.queue = %s AND run.status = 'queued'
            RETURNING before.held
            """,
            [quick, job_id, slow],
        ).fetchone()
        return row[0] if row else None

    def put_back(self, run: Run) -> bool:
        """The run waits in its queue again; no attempt is spent."""
        return self._written(run, "UPDATE analysis_run SET status = 'queued'", [])

    def attempt_failed(self, run: Run, failed: FailedAttempt) -> bool:
        """Keeps why an attempt failed; the run waits for the next one."""
        return self._written(
            run,
            f"UPDATE analysis_run SET status = 'retrying', attempts = {_APPENDED}",
            [_attempt(run, failed)],
        )

    def finish(self, run: Run, ending: Ending, failed: FailedAttempt | None = None) -> bool:
        """Ends the run, once: False where it has ended already or a newer start has begun."""
        result = Jsonb(ending.result) if ending.result is not None else None
        return self._written(
            run,
            f"""
            UPDATE analysis_run
               SET status = %s, result = %s, error_code = %s, error_detail = %s, ended_at = now(),
                   attempts = {_APPENDED if failed else "attempts"},
                   progress = CASE WHEN %s = 'completed' THEN 100 ELSE progress END
            """,
            [
                *(ending.status, result, ending.error_code, ending.error_detail),
                *([_attempt(run, failed)] if failed else []),
                ending.status,
            ],
        )

    def cancel_waiting(self, job_id: str, detail: str) -> Run | None:
        """The run, cancelled, where nobody works on it; None where somebody does or it is over."""
        return self._one(
            f"""
            UPDATE analysis_run
               SET status = 'cancelled', error_code = 'cancelled', error_detail = %s, ended_at = now()
             WHERE id = %s AND status IN ('queued', 'retrying')
            RETURNING {_COLUMNS}
            """,
            [detail, job_id],
        )

    def untold(self, seconds: int = 5, limit: int = 100) -> list[Run]:
        """Runs that ended so long ago and whose end nobody has told."""
        return self._many(
            f"""
            SELECT {_COLUMNS} FROM analysis_run
             WHERE told_at IS NULL AND ended_at < now() - make_interval(secs => %s)
             ORDER BY ended_at LIMIT %s
            """,
            [seconds, limit],
        )

    def note_told(self, run: Run) -> None:
        """The end of the run was told; nobody tells it again, unless it is opened again."""
        self._connection.execute(
            "UPDATE analysis_run SET told_at = now() WHERE id = %s AND ended_at = %s", [run.id, run.ended_at]
        )

    def reopen(self, job_id: str) -> Run | None:
        """The run, queued again with as many attempts as at first; None where it is not over, or another one
        of its wallet is live."""
        try:
            return self._one(
                f"""
                UPDATE analysis_run
                   SET status = 'queued', held = false, max_attempts = jsonb_array_length(attempts) + 3, progress = 0,
                       step = NULL, result = NULL, error_code = NULL, error_detail = NULL, ended_at = NULL,
                       told_at = NULL
                 WHERE id = %s AND status IN ('failed', 'cancelled')
                RETURNING {_COLUMNS}
                """,
                [job_id],
            )
        except UniqueViolation:
            return None

    def listed(self, which: RunFilter) -> list[Run]:
        """Runs, newest first."""
        created, job_id = which.before or (None, None)
        return self._many(
            f"""
            SELECT {_COLUMNS} FROM analysis_run
             WHERE (%(wallet)s::text IS NULL OR wallet = %(wallet)s)
               AND (%(status)s::text IS NULL OR status = %(status)s)
               AND (%(type)s::text IS NULL OR type = %(type)s)
               AND (%(batch)s::text IS NULL
                    OR id IN (SELECT job_id FROM batch_member WHERE batch_id = %(batch)s))
               AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)
               AND (%(until)s::timestamptz IS NULL OR created_at < %(until)s)
               AND (%(created)s::timestamptz IS NULL OR (created_at, id) < (%(created)s, %(job_id)s))
             ORDER BY created_at DESC, id DESC
             LIMIT %(limit)s
            """,
            {
                "wallet": which.wallet,
                "status": which.status,
                "type": which.type,
                "batch": which.batch,
                "since": which.since,
                "until": which.until,
                "created": created,
                "job_id": job_id,
                "limit": which.limit,
            },
        )

    def _written(self, run: Run, update: str, values: list[Any], also: str = "") -> bool:
        """Whether ``update`` found the run live and the caller's turn still the newest."""
        done = self._connection.execute(
            f"{update} WHERE id = %s AND turn = %s AND status = ANY(%s){also}".encode(),
            [*values, run.id, run.turn, list(LIVE)],
        )
        return done.rowcount == 1

    def _one(self, query: str, values: Any) -> Run | None:
        with self._connection.cursor(row_factory=class_row(Run)) as cursor:
            return cursor.execute(query.encode(), values).fetchone()

    def _many(self, query: str, values: Any) -> list[Run]:
        with self._connection.cursor(row_factory=class_row(Run)) as cursor:
            return cursor.execute(query.encode(), values).fetchall()


def _attempt(run: Run, failed: FailedAttempt) -> Jsonb:
    return Jsonb([{"number": len(run.attempts) + 1, **asdict(failed)}])
