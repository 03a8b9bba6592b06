"""Parse → ledger → lots → figures → behavior, one core, from JSON text.

Each measurement runs in a process of its own, so that its memory is its own; the best of three runs counts, since
everything else on the machine can only slow it down.
"""

import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SHARED = Path(__file__).parents[2] / "shared" / "data"
TRADER = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2"
RUNS = 3


def run(quick: bool) -> None:
    """Print a row for every history."""
    scale = 10 if quick else 1
    print(f"\n{'history':<44} {'transactions':>12} {'kB each':>8} {'per second':>11} {'peak MB':>8}")
    real = SHARED / "wallet-3JoVBiQE.jsonl.gz"
    if real.exists():
        _row("a real trader", real, TRADER)
    else:
        print("a real trader: skipped, the shared folder is absent")
    with tempfile.TemporaryDirectory() as folder:
        for name, count, mints, size in (
            ("generated, as large as live payloads", 20_000, None, "large"),
            ("generated", 100_000, None, "small"),
            ("generated, few mints", 100_000, 100, "small"),
            ("generated", 1_000_000, None, "small"),
            ("generated, 100,000 mints", 1_000_000, 100_000, "small"),
        ):
            path = Path(folder) / "history.jsonl"
            wallet = _generate(path, count // scale, mints and max(mints // scale, 1), size)
            _row(name, path, wallet)
            path.unlink()


def measure(path: Path, wallet: str) -> None:
    """One run in this process; prints transactions, bytes, seconds and the peak memory as JSON."""
    from walletjobs.core.behavior import behavior_of
    from walletjobs.core.book import Book
    from walletjobs.core.coverage import History, coverage_of
    from walletjobs.core.pnl import wallet_of
    from walletjobs.core.tokens import tokens_of
    from walletjobs.providers.enhanced import read_transaction

    book, size, spent = Book(wallet), 0, 0.0
    for chunk in _chunks(path):
        size += sum(map(len, chunk))
        begin = time.process_time()
        for line in chunk:
            book.read(read_transaction(line))
        spent += time.process_time() - begin
    begin = time.process_time()
    wallet_of(book, tokens_of(book))
    coverage_of(book, History(None))
    behavior_of(book, book.totals.last_time or 0)
    spent += time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"count": book.totals.transactions, "bytes": size, "seconds": spent, "peak": peak}))


def _chunks(path: Path, lines: int = 1000) -> Iterator[list[bytes]]:
    """The file's lines, a thousand at a time: reading them is not measured, holding all of them would be."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        chunk: list[bytes] = []
        for line in file:
            chunk.append(line)
            if len(chunk) == lines:
                yield chunk
                chunk = []
        yield chunk


def _row(name: str, path: Path, wallet: str) -> None:
    results = [_child("measure", str(path), wallet) for _ in range(RUNS)]
    best = min(results, key=lambda result: result["seconds"])
    each = best["bytes"] / best["count"] / 1000
    print(
        f"{name:<44} {best['count']:>12,} {each:>8.1f} {best['count'] / best['seconds']:>11,.0f} {best['peak']:>8.0f}",
        flush=True,
    )


def _child(*arguments: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.ledger", *arguments], capture_output=True, text=True, check=True
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _generate(path: Path, count: int, mints: int | None, size: str) -> str:
    command = [
        sys.executable,
        "-m",
        "walletjobs.cli",
        "generate",
        "--transactions",
        str(count),
        "--seed",
        "7",
    ]
    command += ["--size", size, "--out", str(path), *(["--mints", str(mints)] if mints else [])]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]


if __name__ == "__main__":
    measure(Path(sys.argv[2]), sys.argv[3])
