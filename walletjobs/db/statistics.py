"""What the record of jobs says as a whole: traffic of queues, usual durations; and its end, by age."""

from typing import Any

from psycopg import Connection

from walletjobs.core.demand import Traffic

SAMPLE, LEAST = 20, 5  # jobs that a usual duration is told from
AT_A_TIME = 1000  # rows deleted in one statement: no long lock


def traffic(connection: Connection[Any], seconds: int) -> dict[str, Traffic]:
    """Queue → what went through it in the last ``seconds``; queues without traffic are left out."""
    rows = connection.execute(
        """
        WITH recent AS (SELECT now() - make_interval(secs => %(seconds)s) AS start)
        SELECT queue,
               count(*) FILTER (WHERE created_at >= start),
               count(*) FILTER (WHERE ended_at >= start),
               avg(extract(epoch FROM ended_at - started_at)) FILTER (WHERE ended_at >= start),
               count(*) FILTER (WHERE held AND status = 'queued'),
               extract(epoch FROM now() - min(created_at) FILTER (WHERE held AND status = 'queued'))
          FROM analysis_run, recent
         WHERE created_at >= start OR ended_at >= start OR (held AND status = 'queued')
         GROUP BY queue
        """,
        {"seconds": seconds},
    ).fetchall()
    return {
        queue: Traffic(arrivals, served, seconds, _float(mean), held, _float(oldest))
        for queue, arrivals, served, mean, held, oldest in rows
    }


def usual_seconds(connection: Connection[Any], job_type: str, scope: str, *, synced: bool) -> float | None:
    """The median duration of recent completed jobs that did, or did not, sync; None if they are few."""
    row = connection.execute(
        """
        SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)
          FROM (SELECT extract(epoch FROM ended_at - started_at) AS seconds
                  FROM analysis_run
                 WHERE type = %s AND scope = %s AND status = 'completed'
                   AND (result ->> 'synced')::boolean = %s
                 ORDER BY created_at DESC
                 LIMIT %s) AS recent
        """,
        [job_type, scope, synced, SAMPLE],
    ).fetchone()
    return float(row[1]) if row and row[0] >= LEAST else None


def forget_ended(connection: Connection[Any], days: int) -> int:
    """Deletes what ended more than so many days ago, a batch with its members first; returns how many rows went."""
    batches = _delete(
        connection,
        "DELETE FROM batch WHERE id IN (SELECT id FROM batch WHERE told_at < %(before)s LIMIT %(most)s)",
        days,
    )
    runs = _delete(
        connection,
        """
        DELETE FROM analysis_run WHERE id IN (
            SELECT id FROM analysis_run run
             WHERE ended_at < %(before)s
               AND NOT EXISTS (SELECT FROM batch_member WHERE job_id = run.id)
             LIMIT %(most)s)
        """,
        days,
    )
    return batches + runs


def _delete(connection: Connection[Any], query: str, days: int) -> int:
    total = 0
    bounded = query.replace("%(before)s", "now() - make_interval(days => %(days)s)")
    while gone := connection.execute(bounded.encode(), {"days": days, "most": AT_A_TIME}).rowcount:
        total += gone
    return total


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
