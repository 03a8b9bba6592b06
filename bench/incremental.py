"""What ten new transactions cost on a wallet that has many, against the analysis of all of them.

Seconds are of the processor in this process; beside them the seconds that pass, with Postgres. Windows cost what lies
in them, whoever computes them: once they end long after the history and hold nothing, once at its end.
"""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from psycopg import Connection

from bench.storage import pages_of, store_pages
from walletjobs.core.history import Page, grow
from walletjobs.db.connection import connect
from walletjobs.db.fence import Fence, take
from walletjobs.db.migrate import migrate
from walletjobs.db.transactions import TransactionRepository
from walletjobs.dev import embedded
from walletjobs.dev.generate import Inventor, Plan
from walletjobs.providers.enhanced import read_transaction
from walletjobs.providers.listing import read_rows
from walletjobs.services.pnl import Analysis, analyze_pnl

NEW = 10
LONG = 200 * 86_400  # seconds
TABLES = (
    "ledger_page",
    "token_segment",
    "token_state",
    "wallet_state",
    "wallet_account",
    "token_result",
    "pnl_result",
)


def run(quick: bool) -> None:
    """Print what a first analysis costs, and one of ten transactions more."""
    count = 10_000 if quick else 100_000
    print(f"\n{'incremental':<52} {'entries':>8} {'CPU s':>8} {'of all':>7} {'s':>8} {'of all':>7}  goal")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        servers = stack.enter_context(embedded.servers(Path(folder)))
        connection = stack.enter_context(connect(servers.database_url))
        migrate(connection)
        for mints in (100, count // 10):
            _measure(connection, count, mints)


def _measure(connection: Connection[Any], count: int, mints: int) -> None:
    inventor = Inventor(Plan(count + 3 * NEW, 7, mints=mints))
    lines = [line for line, _ in inventor.history()]
    address, end = inventor.world.wallet, read_transaction(lines[-1]).block_time
    fence = take(connection, address, "bench")
    store_pages(connection, fence, pages_of(lines[:count], address))
    connection.execute("VACUUM ANALYZE")
    name = f"{count:,} transactions, {mints:,} mints"
    whole = _row(f"{name}: all, no windows", _timed(connection, fence, end + LONG), None)
    size = _bytes(connection)
    for start, later, what in ((count, LONG, "ten new"), (count + NEW, LONG, "ten new again")):
        _add(connection, fence, lines[start : start + NEW], address)
        _row(f"{name}: {what}", _timed(connection, fence, end + later), whole)
    connection.execute("DELETE FROM wallet_state")
    whole = _row(f"{name}: all, with windows", _timed(connection, fence, end + 60), None)
    _add(connection, fence, lines[count + 2 * NEW :], address)
    _row(f"{name}: ten new, with windows", _timed(connection, fence, end + 60), whole)
    print(f"{size / count:,.0f} bytes for a transaction, figures and all that they rest on", flush=True)
    connection.execute("DELETE FROM wallet")


def _timed(connection: Connection[Any], fence: Fence, now: int) -> tuple[Analysis, float, float]:
    begin, spent = time.perf_counter(), time.process_time()
    analysis = analyze_pnl(fence, connection, "bench", now=now)
    return analysis, time.process_time() - spent, time.perf_counter() - begin


def _row(
    name: str, measured: tuple[Analysis, float, float], whole: tuple[float, float] | None
) -> tuple[float, float]:
    analysis, spent, passed = measured
    assert analysis.incremental is (whole is not None)
    shares = ("", "") if whole is None else (f"{spent / whole[0]:.2%}", f"{passed / whole[1]:.2%}")
    goal = "" if whole is None or "windows" in name else "1 %"
    print(
        f"{name:<52} {analysis.entries:>8,} {spent:>8.3f} {shares[0]:>7} {passed:>8.3f} {shares[1]:>7}  {goal}",
        flush=True,
    )
    return spent, passed


def _add(connection: Connection[Any], fence: Fence, lines: list[bytes], address: str) -> None:
    body = b"[" + b",".join(reversed(lines)) + b"]"
    page, repository = Page(tuple(read_rows("the bench", body, address))), TransactionRepository(connection)
    repository.add_page(fence, page, grow(page.rows, None, repository.ranges(fence.wallet_id)))


def _bytes(connection: Connection[Any]) -> int:
    connection.execute(f"VACUUM {', '.join(TABLES)}".encode())
    row = connection.execute(
        "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name", [list(TABLES)]
    ).fetchone()
    return int(row[0]) if row else 0
