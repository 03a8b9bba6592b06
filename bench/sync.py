"""Syncs of a long history from the replay server, at the latencies of the real provider.

The bound of a scenario is what latency, sixteen calls at a time and the request limit leave to any client that
fetches pages of a hundred: ``max(pages × 565 ms / 16, pages / limit)``. The provider, Postgres, Redis and each syncing
worker are processes of their own on this one machine.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from math import ceil
from pathlib import Path
from typing import Any

import requests

COUNT, NEW = 34_000, 10
LATENCY = "full=565,rpc=150"  # milliseconds; source: providers.md section 1
PAGE, TOGETHER, SECONDS = 100, 16, 0.565


def run(quick: bool) -> None:
    """Print a row for every scenario."""
    from walletjobs.dev import embedded

    count = COUNT // 10 if quick else COUNT
    print(f"\n{'sync':<44} {'calls':>6} {'seconds':>8} {'bound':>7} {'ratio':>6} {'CPU s':>6} {'peak/s':>7}")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        histories = [_generate(Path(folder) / f"{seed}.jsonl", count, seed) for seed in (7, 8)]
        servers = stack.enter_context(embedded.servers(Path(folder) / "servers"))
        environ = {**os.environ, "DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
        provider = stack.enter_context(_provider(folder, [path for path, _ in histories], environ))
        wallet, other = histories[0][1], histories[1][1]
        for each in (wallet, other):
            provider.slot_of(each, NEW)  # the server makes up a wallet's history when it is first asked
        _scenario(f"{count:,} transactions, no limit", provider, [wallet], count, 0)
        _scenario(f"{count:,} transactions, 50 requests/s", provider, [wallet], count, 50)
        _scenario(f"{count:,} transactions, 20 requests/s", provider, [wallet], count, 20)
        _scenario(f"2 × {count:,}, two workers, 50 requests/s", provider, [wallet, other], count, 50)
        _incremental(provider, wallet, count)


def _scenario(name: str, provider: "_Provider", wallets: Sequence[str], count: int, rate: int) -> None:
    provider.begin(rate)
    took, results = _sync(provider, wallets, rate)
    pages = ceil(count / PAGE) * len(wallets)
    bound = max(pages * SECONDS / TOGETHER / len(wallets), pages / rate if rate else 0.0)
    assert all(result["transactions"] == count for result in results)
    _row(name, provider, took, bound, sum(result["cpu"] for result in results))


def _incremental(provider: "_Provider", wallet: str, count: int) -> None:
    """The last transactions come after a first sync."""
    slot = provider.slot_of(wallet, NEW)
    provider.begin(0, head_slot=slot)
    _sync(provider, [wallet], 0)
    provider.ask("options", head_slot=0)
    requests.delete(provider.control("stats"), timeout=30)
    took, (result,) = _sync(provider, [wallet], 0)
    _row(
        f"{result['new']} new on {count - result['new']:,} that are stored",
        provider,
        took,
        SECONDS,
        result["cpu"],
    )


def _row(name: str, provider: "_Provider", took: float, bound: float, cpu: float) -> None:
    stats = requests.get(provider.control("stats"), timeout=30).json()
    calls, peak = sum(stats["requests"].values()), max(stats["peakPerSecond"].values(), default=0)
    print(
        f"{name:<44} {calls:>6} {took:>8.2f} {bound:>7.2f} {took / bound:>6.2f} {cpu:>6.1f} {peak:>7}",
        flush=True,
    )


def _sync(provider: "_Provider", wallets: Sequence[str], rate: int) -> tuple[float, list[dict[str, Any]]]:
    """Seconds from the first to the last of the wallets' syncs, each in a process of its own, and their results."""
    environ = {**provider.environ, "HELIUS_RPC_RATE": str(rate or 100_000), "HELIUS_ROUTE": "slots"}
    command = [sys.executable, "-m", "bench.sync"]
    workers = [
        subprocess.Popen(
            [*command, wallet], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ, text=True
        )
        for wallet in wallets
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    results = [json.loads(worker.communicate()[0]) for worker in workers]
    return max(each["end"] for each in results) - min(each["begin"] for each in results), results


class _Provider:
    """The replay server in its process, and the environment of its clients."""

    def __init__(self, environ: dict[str, str], paths: Sequence[Path]) -> None:
        self.environ = environ
        self._paths = paths

    def control(self, what: str) -> str:
        return f"{self.environ['HELIUS_RPC_URL']}/__replay__/{what}"

    def ask(self, what: str, **values: object) -> None:
        requests.post(self.control(what), json=values, timeout=30).raise_for_status()

    def begin(self, rate: int, head_slot: int = 0) -> None:
        """An empty database, and a provider that was not asked yet; its limit is ours, a little late."""
        from walletjobs.db.connection import connect
        from walletjobs.db.migrate import migrate

        with connect(self.environ["DATABASE_URL"]) as connection:
            migrate(connection)
            connection.execute("DELETE FROM wallet")
            connection.execute("TRUNCATE raw_page, wallet_transaction, sync_range, sync_part CASCADE")
        self.ask("options", head_slot=head_slot, rate={"rpc": rate * 1.05} if rate else {})
        requests.delete(self.control("stats"), timeout=30)

    def slot_of(self, wallet: str, from_the_end: int) -> int:
        """The slot before so many last transactions of a wallet."""
        body = {"method": "getSignaturesForAddress", "params": [wallet, {"limit": from_the_end + 1}]}
        listed = requests.post(
            self.environ["HELIUS_RPC_URL"], params={"api-key": "any"}, json=body, timeout=30
        ).json()
        return int(listed["result"][-1]["slot"])


@contextmanager
def _provider(folder: str, paths: Sequence[Path], environ: dict[str, str]) -> Iterator[_Provider]:
    command = [
        sys.executable,
        "-m",
        "walletjobs.cli",
        "replay",
        "--latency",
        LATENCY,
        "--data",
        *map(str, paths),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        told = dict(process.stdout.readline().strip().partition("=")[::2] for _ in range(7))
        try:
            yield _Provider({**environ, **told}, paths)
        finally:
            process.terminate()


def _generate(path: Path, count: int, seed: int) -> tuple[Path, str]:
    command = [sys.executable, "-m", "walletjobs.cli", "generate", "--transactions", str(count)]
    command += ["--seed", str(seed), "--size", "large", "--form", "rpc", "--out", str(path)]
    return path, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]


def sync(wallet: str) -> None:
    """One wallet's sync in this process; begins when it may, and prints what it took as JSON."""
    from walletjobs.config import Config
    from walletjobs.core.progress import Silence
    from walletjobs.db.connection import connect
    from walletjobs.db.fence import take
    from walletjobs.jobs.connection import worker_redis
    from walletjobs.jobs.helius import helius_client
    from walletjobs.services.sync import sync_wallet

    config = Config.from_env()
    redis = worker_redis(config.redis_url)
    with connect(config.database_url) as connection, helius_client(config, redis) as helius:
        fence = take(connection, wallet, "bench")
        print("ready", flush=True)
        sys.stdin.readline()
        begin, used = time.time(), time.process_time()
        receipt = sync_wallet(fence, helius, connection, Silence(), 1_000_000)
        took = {"begin": begin, "end": time.time(), "cpu": time.process_time() - used}
    print(json.dumps({**took, "transactions": receipt.transactions, "new": receipt.new}))


if __name__ == "__main__":
    sync(sys.argv[1])
