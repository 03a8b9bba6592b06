"""A job of five minutes whose dyno is restarted every twenty seconds: SIGTERM to every process, as Heroku sends it."""

import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.service import Service, descendants, service
from walletjobs.db.runs import RunRepository
from walletjobs.dev.processes import Process
from walletjobs.jobs.admission import Submission, submit_analysis

PAGES, EVERY, PAGE_SECONDS = 200, 20.0, 1.5
PATIENCE = 1200.0  # seconds


def run(quick: bool) -> None:
    """Print how the job ended, and what it did twice."""
    pages = 30 if quick else PAGES
    print(
        f"\na sync of {pages} pages, {PAGE_SECONDS} s each, one after another; SIGTERM to all every {EVERY:.0f} s"
    )
    wanted: dict[str, Any] = {"wallets": 1, "transactions": pages * 100, "HELIUS_ROUTE": "pages"}
    with tempfile.TemporaryDirectory() as folder, service(Path(folder), **wanted) as running, running.stack:
        running.provider.change(latency={"addresses": PAGE_SECONDS * 1000})
        submission = Submission(running.wallets[0], enrich_metadata=False)
        job_id = submit_analysis(running.redis, running.connection, submission).job_id
        began = time.monotonic()
        restarts = _restart_until_over(running, job_id)
        _report(running, job_id, restarts, time.monotonic() - began)


def _restart_until_over(running: Service, job_id: str) -> int:
    """How often the dyno was restarted."""
    restarts, began = 0, time.monotonic()
    runs, dyno = RunRepository(running.connection), running.start_workers("analysis-operations")
    due = began + EVERY
    while (found := runs.find(job_id)) is None or found.live:
        assert time.monotonic() - began < PATIENCE, "the job is not over"
        if time.monotonic() > due:
            _terminate(dyno)
            dyno, due = running.start_workers("analysis-operations"), due + EVERY
            restarts += 1
        time.sleep(0.2)
    return restarts


def _terminate(dyno: Process) -> None:
    for pid in (*descendants(dyno.pid), dyno.pid):
        os.kill(pid, signal.SIGTERM)
    dyno.wait()


def _report(running: Service, job_id: str, restarts: int, seconds: float) -> None:
    found = RunRepository(running.connection).find(job_id)
    rows = running.connection.execute(
        "SELECT count(*), count(DISTINCT signature) FROM wallet_transaction"
    ).fetchone()
    assert found is not None
    assert rows is not None
    print(f"  {found.status} after {seconds:.0f} s and {restarts} restarts, {found.turn} starts")
    print(f"  failed attempts: {len(found.attempts)} of {found.max_attempts}")
    print(f"  rows: {rows[0]}, of them distinct: {rows[1]}")
    print(f"  provider: {dict(running.provider.requests)}")
