"""Parse → ledger → lots → figures → behavior, one core, from JSON text.

Each run is a process of its own, so that its memory is its own. Seconds are of the processor (user and system), and the
median of the runs counts. A history is read a thousand lines at a time, outside the seconds.
"""

import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from walletjobs.core.book import Book

#: Where recorded histories lie that are no part of the project: BENCH_DATA names another folder.
DATA = Path(os.environ.get("BENCH_DATA") or Path(__file__).parents[2] / "shared" / "data")
REAL = DATA / "wallet-3JoVBiQE.jsonl.gz"
TRADER = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2"
RUNS = 5
FIFO, ALL = ("fifo",), ("fifo", "lifo", "hifo", "average")
SEED = 7


@dataclass(frozen=True, slots=True)
class Invented:
    """A history to measure; ``count`` and what follows say how to generate it."""

    name: str
    count: int
    mints: int | None = None  # null: one for twelve transactions
    size: str = "small"
    form: str = "enhanced"
    methods: Sequence[str] = FIFO
    runs: int = RUNS
    goal: str = ""


HISTORIES = (
    Invented("generated, as large as live payloads", 20_000, size="large", goal="25,000"),
    Invented("the same, four methods in one pass", 20_000, size="large", methods=ALL),
    Invented("the same as RPC results", 20_000, size="large", form="rpc"),
    Invented("generated", 100_000),
    Invented("generated, 100 mints", 100_000, 100),
    Invented("generated, 10,000 mints", 100_000, 10_000),
    Invented("generated, 100 mints", 1_000_000, 100, runs=1, goal="500 MB"),
    Invented("generated, 100,000 mints", 1_000_000, 100_000, runs=1, goal="500 MB"),
)


def run(quick: bool) -> None:
    """Print a row for every history, and how much dearer a transaction is in a long history than in a short one."""
    print(
        f"\n{'history':<40} {'transactions':>12} {'kB each':>8} {'per second':>11} {'best':>8} {'peak MB':>8}  goal"
    )
    _run_real()
    spent: dict[tuple[int, int | None], float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for each in HISTORIES:
            path = Path(folder) / "history.jsonl"
            wallet = _generate(path, each, quick)
            spent[each.count, each.mints] = _row(each, path, wallet)
            path.unlink()
    for few, many in (((100_000, 100), (1_000_000, 100)), ((100_000, 10_000), (1_000_000, 100_000))):
        ratio = spent[many] / spent[few]
        print(f"ten times the transactions, {few[1]:,} and {many[1]:,} mints: ×{ratio:.2f} for each")


def measure(path: Path, wallet: str, form: str, methods: Sequence[str]) -> None:
    """One run in this process; prints transactions, bytes, seconds and the peak memory as JSON."""
    from walletjobs.core.book import Book
    from walletjobs.core.classify import entry_of
    from walletjobs.core.deltas import OwnAccounts
    from walletjobs.core.legs import legs_of
    from walletjobs.core.rules import Rules
    from walletjobs.providers import enhanced, rpc

    books, own = [Book(wallet, Rules(method)) for method in methods], OwnAccounts(wallet)
    read = {"enhanced": enhanced.read_transaction, "rpc": rpc.read_transaction}[form]
    size, spent = 0, 0.0
    for chunk in _chunks(path):
        size += sum(map(len, chunk))
        begin = time.process_time()
        for line in chunk:
            transaction = read(line)
            entry = entry_of(transaction, own)
            legs = legs_of(entry)
            for book in books:
                book.add(entry, legs)
        spent += time.process_time() - begin
    spent += _figures(books)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"count": books[0].totals.transactions, "bytes": size, "seconds": spent, "peak": peak}))


def _figures(books: "Sequence[Book]") -> float:
    """Seconds for the figures of every book, and the behavior of the first."""
    from walletjobs.core.behavior import behavior_of
    from walletjobs.core.coverage import History, coverage_of
    from walletjobs.core.pnl import wallet_of
    from walletjobs.core.tokens import tokens_of

    begin = time.process_time()
    for book in books:
        wallet_of(book, tokens_of(book))
        coverage_of(book, History(None))
    behavior_of(books[0], books[0].totals.last_time or 0)
    return time.process_time() - begin


def _chunks(path: Path, lines: int = 1000) -> Iterator[list[bytes]]:
    """The file's lines, a thousand at a time: reading them is not measured, holding all of them would be."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        while chunk := list(islice(file, lines)):
            yield chunk


def _run_real() -> None:
    if not REAL.exists():
        print(f"a real trader: skipped, there is no {REAL.name} in {DATA.name} (BENCH_DATA names the folder)")
        return
    _row(Invented("a real trader", 0, goal="40,000"), REAL, TRADER)
    _row(Invented("a real trader, four methods in one pass", 0, methods=ALL), REAL, TRADER)


def _row(each: Invented, path: Path, wallet: str) -> float:
    """Print a history's row; returns the processor's seconds for a transaction."""
    arguments = (str(path), wallet, each.form, *each.methods)
    results = [_child(*arguments) for _ in range(each.runs)]
    count, size = results[0]["count"], results[0]["bytes"]
    seconds = statistics.median(result["seconds"] for result in results)
    best = min(result["seconds"] for result in results)
    peak = max(result["peak"] for result in results)
    print(
        f"{each.name:<40} {count:>12,} {size / count / 1000:>8.1f} {count / seconds:>11,.0f} {count / best:>8,.0f} "
        f"{peak:>8.0f}  {each.goal}",
        flush=True,
    )
    return seconds / count


def _child(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.ledger", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _generate(path: Path, each: Invented, quick: bool) -> str:
    """Write the history; returns its wallet."""
    count, mints = (number and max(number // (10 if quick else 1), 1) for number in (each.count, each.mints))
    command = [sys.executable, "-m", "walletjobs", "generate", "--transactions", str(count)]
    command += ["--seed", str(SEED), "--size", each.size, "--form", each.form, "--out", str(path)]
    command += ["--mints", str(mints)] if mints else []
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]


if __name__ == "__main__":
    measure(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
