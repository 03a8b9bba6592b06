"""A hundred POSTs for one wallet at one moment, over three web processes, fifty times: one job each."""

import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import requests

from bench.service import Service, service

CLIENTS, ROUNDS, WEB_PROCESSES = 100, 50, 3
ANALYSIS = "/api/v1/analyses/wallets/dashboard-analysis"


def run(quick: bool) -> None:
    """Print how many jobs became of it; every second round asks to attach."""
    rounds = 5 if quick else ROUNDS
    wanted: dict[str, Any] = {"wallets": rounds, "transactions": 1, "WEB_PROCESSES": str(WEB_PROCESSES)}
    print(f"\n{CLIENTS} POSTs at one moment, {WEB_PROCESSES} web processes, {rounds} rounds")
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, service(Path(folder), **wanted) as running, running.stack:
        running.start_web()
        ids = [
            _round(running, wallet, told, number % 2 == 1) for number, wallet in enumerate(running.wallets)
        ]
        rows = running.connection.execute(
            "SELECT count(*), count(DISTINCT wallet) FROM analysis_run WHERE type = 'dashboard-wallet-analysis'"
        ).fetchone()
        queued = running.redis.llen("rq:queue:analysis-operations")
    assert rows is not None
    print(f"  answers: {', '.join(f'{count} × {answer}' for answer, count in sorted(told.items()))}")
    print(f"  job ids told a round: {max(map(len, ids))} at most, {min(map(len, ids))} at least (goal 1)")
    print(f"  recorded: {rows[0]} jobs of {rows[1]} wallets; queued: {queued}")


def _round(running: Service, wallet: str, told: Counter[str], attach: bool) -> set[str]:
    """The job ids that the clients were told."""
    start, ids, lock = threading.Barrier(CLIENTS), set(), threading.Lock()

    def send() -> None:
        start.wait()
        body = {"walletAddress": wallet, "attach": attach}
        answer = requests.post(f"http://127.0.0.1:{running.port}{ANALYSIS}", json=body, timeout=30)
        said = answer.json()
        with lock:
            ids.add(said["jobId"])
            told[f"{answer.status_code} {'joined' if said.get('joined') else said.get('code', 'new')}"] += 1

    threads = [threading.Thread(target=send) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ids
