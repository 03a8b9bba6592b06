"""A batch of a thousand wallets, three in a hundred poisoned, and the clicks that come while it runs."""

import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests

from bench.service import Service, service
from walletjobs.config import Config

CLICKS = 10
POISONED = 0.03
PATIENCE = 3600.0  # seconds
API = "/api/v1/analyses"


def run(quick: bool) -> None:
    """Print what became of the batch, and how long the clicks waited."""
    members = 100 if quick else 1000
    print(f"\na batch of {members} wallets of 20 transactions, {POISONED:.0%} of them poisoned")
    wanted: dict[str, Any] = {"wallets": members + CLICKS, "transactions": 20}
    with tempfile.TemporaryDirectory() as folder, service(Path(folder), **wanted) as running, running.stack:
        _poison(running, members)
        running.start_web()
        running.start_workers(Config("", "").worker_pool)
        began = time.monotonic()
        accepted = _post(running, "batch", {"walletAddresses": running.wallets[:members]})
        print(f"  accepted in {time.monotonic() - began:.2f} s, {len(accepted['jobs'])} jobs")
        waits, batch = _click_until_over(running, accepted["batchId"], members)
    counts, seconds = batch["counts"], time.monotonic() - began
    print(f"  {batch['status']} after {seconds:.0f} s: {seconds / members * 1000:.0f} ms a wallet")
    print(f"  {counts['completed']} completed, {counts['failed']} failed, {counts['cancelled']} cancelled")
    codes = sorted({failure["code"] for failure in batch["failures"]})
    print(f"  reported failures: {len(batch['failures'])} ({', '.join(codes)})")
    usual, worst = statistics.median(waits) * 1000, max(waits) * 1000
    print(f"  clicks meanwhile: {len(waits)}, begun after {usual:.0f} ms, {worst:.0f} at worst (goal 1 s)")


def _poison(running: Service, members: int) -> None:
    """Of the poisoned wallets one half is refused, the other answered with garbage."""
    bad = running.wallets[: int(members * POISONED)]
    refused, garbled = bad[::2], bad[1::2]
    fault = {f"{wallet}.malformed": 1.0 for wallet in garbled}
    running.provider.options = replace(running.provider.options, refuse=refused, fault=fault)


def _click_until_over(running: Service, batch_id: str, members: int) -> tuple[list[float], dict[str, Any]]:
    """The seconds that each click waited to begin; they are spread over the batch's time."""
    waits: list[float] = []
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        batch = requests.get(f"http://127.0.0.1:{running.port}{API}/batch/{batch_id}", timeout=30).json()
        if batch["endedAt"]:
            return waits, batch
        if len(waits) < CLICKS and batch["progress"] >= 100 * len(waits) // CLICKS:
            waits.append(_click(running, running.wallets[members + len(waits)]))
        time.sleep(0.25)
    raise TimeoutError(f"the batch is not over after {PATIENCE:.0f} s")


def _click(running: Service, wallet: str) -> float:
    """Seconds from acceptance to the start, by the database's clock."""
    job_id = _post(running, "wallets/dashboard-analysis", {"walletAddress": wallet})["jobId"]
    query = "SELECT extract(epoch FROM started_at - created_at) FROM analysis_run WHERE id = %s"
    while True:
        row = running.connection.execute(query, [job_id]).fetchone()
        if row and row[0] is not None:
            return float(row[0])
        time.sleep(0.02)


def _post(running: Service, what: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = requests.post(f"http://127.0.0.1:{running.port}{API}/{what}", json=body, timeout=30)
    assert answer.status_code == 202, answer.text
    accepted: dict[str, Any] = answer.json()
    return accepted
