"""What storing a history costs: transactions a second into Postgres, and bytes for each, all in.

Pages of a hundred, newest first, each with its keys, its mints and its range in one transaction, as a sync stores them.
The bytes are those of every table and index that the history is in, once vacuumed.
"""

import resource
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from psycopg import Connection

from walletjobs.core.history import Page, SyncRange, grow
from walletjobs.db.connection import connect
from walletjobs.db.fence import Fence, take
from walletjobs.db.migrate import migrate
from walletjobs.db.transactions import TransactionRepository
from walletjobs.dev import embedded
from walletjobs.dev.generate import Inventor, Plan
from walletjobs.providers.listing import read_rows

PAGE = 100
TABLES = ("raw_page", "wallet_transaction", "wallet_mint", "sync_range")


def run(quick: bool) -> None:
    """Print how fast a history is stored and read again, and how large it is."""
    inventor = Inventor(Plan(2_000 if quick else 20_000, 7, size="large"))
    lines = [line for line, _ in inventor.history()]
    address = inventor.world.wallet
    pages = pages_of(lines, address)
    print(f"\n{'storage':<40} {'transactions':>12} {'per second':>11} {'CPU ours':>9}  goal")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        servers = stack.enter_context(embedded.servers(Path(folder)))
        connection = stack.enter_context(connect(servers.database_url))
        migrate(connection)
        before, begin, spent = _bytes(connection), time.perf_counter(), _spent()
        fence = take(connection, address, "bench")
        store_pages(connection, fence, pages)
        _row("stored", len(lines), time.perf_counter() - begin, _spent() - spent, "10,000")
        begin, spent = time.perf_counter(), _spent()
        count = sum(1 for _ in TransactionRepository(connection).stream(fence.wallet_id))
        _row("read again", count, time.perf_counter() - begin, _spent() - spent, "")
        each, stored = sum(map(len, lines)) / len(lines), (_bytes(connection) - before) / len(lines)
        print(f"{stored:,.0f} bytes for a transaction of {each:,.0f}  goal: 2,500", flush=True)


def pages_of(lines: list[bytes], address: str) -> list[Page]:
    """A history, given oldest first, as pages that come newest first."""
    return [_page(lines[max(end - PAGE, 0) : end], address) for end in range(len(lines), 0, -PAGE)]


def store_pages(connection: Connection[Any], fence: Fence, pages: Iterable[Page]) -> None:
    """Store them as a sync does."""
    repository = TransactionRepository(connection)
    walked: SyncRange | None = None
    for page in pages:
        _, walked = repository.add_page(fence, page, grow(page.rows, walked, ()))


def _page(lines: list[bytes], address: str) -> Page:
    body = b"[" + b",".join(reversed(lines)) + b"]"
    return Page(tuple(read_rows("the bench", body, address)))


def _bytes(connection: Connection[Any]) -> int:
    connection.execute(f"VACUUM {', '.join(TABLES)}")
    row = connection.execute(
        "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name", [list(TABLES)]
    ).fetchone()
    return int(row[0]) if row else 0


def _spent() -> float:
    """Seconds of the processor in this process: the rest of the time is Postgres and its disk."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _row(name: str, count: int, seconds: float, spent: float, goal: str) -> None:
    print(f"{name:<40} {count:>12,} {count / seconds:>11,.0f} {spent / seconds:>9.0%}  {goal}", flush=True)
