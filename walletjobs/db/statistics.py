"""What the record of jobs says as a whole: traffic of queues; and its end, by age."""

from typing import Any

from psycopg import Connection

from walletjobs.core.demand import Traffic

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
