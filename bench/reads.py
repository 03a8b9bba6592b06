"""What a wallet's page asks for, of a wallet with a long history: each route again and again, without an ETag.

The first answer stands apart: it opens what is opened once, and puts together what is kept.
The wallet is synced, analyzed and enriched by a real job; a real web server answers, one request after another.
"""

import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.service import Service, service
from walletjobs.dev import processes
from walletjobs.dev.generate import Plan
from walletjobs.jobs import status
from walletjobs.jobs.admission import Submission, submit_analysis

TIMES = 200
LONGEST = 20.0  # seconds for one route: a slow one is asked less often
GOAL = 30  # ms, the 99th percentile
PATIENCE = 900.0  # seconds until the wallet is analyzed
SORTS = ("realizedPnl", "roi", "cost", "held", "trades", "lastTrade")


def run(quick: bool) -> None:
    """Print a row for each route."""
    count = 10_000 if quick else 100_000
    with (
        tempfile.TemporaryDirectory() as folder,
        service(
            Path(folder),
            plan=Plan(count, 7, mints=count // 100, form="rpc"),  # balances in it are true
            until=int(time.time()) - 3600,
            ANALYSIS_MAX_TRANSACTIONS=str(count),
        ) as running,
        running.stack,
    ):
        _analyze(running)
        running.start_web()
        name = f"GETs, {count:,} transactions, {count // 100:,} mints"
        print(
            f"\n{name:<48} {'n':>5} {'kB':>7} {'p50':>8} {'p99':>8} {'worst':>8} {'first':>8}  goal {GOAL} ms"
        )
        connection = http.client.HTTPConnection("127.0.0.1", running.port)
        for name, path in _routes(connection, running.wallets[0]):
            _row(name, *_measure(connection, path))


def _analyze(running: Service) -> None:
    """The wallet, analyzed and enriched."""
    worker = running.start_workers("analysis-operations enrichment-operations")
    job_id = submit_analysis(running.redis, running.connection, Submission(running.wallets[0])).job_id
    for awaited in ("job_id", "enrichment_job_id"):
        deadline = time.monotonic() + PATIENCE
        while (view := status.job_view(running.redis, running.connection, job_id)).live:
            assert time.monotonic() < deadline, "it did not end"
            time.sleep(0.5)
        assert view.status == "completed", (awaited, view.error_detail)
        job_id = view.enrichment_job_id or job_id
    processes.stop(worker)
    running.connection.execute("VACUUM ANALYZE")


def _routes(connection: http.client.HTTPConnection, address: str) -> Iterator[tuple[str, str]]:
    """What the page asks for first, then on a click; then what others may ask of a wallet."""
    wallet = f"/api/v1/wallets/{address}"
    tokens = f"{wallet}/tokens?pageSize=50"
    rows = json.loads(_ask(connection, tokens))["items"]
    yield "wallet page", f"/wallets/{address}"
    yield "summary", wallet
    yield "jobs of the wallet", f"/api/v1/jobs?wallet={address}&status=completed&limit=1"
    yield "behavior", f"{wallet}/behavior"
    yield from ((f"tokens by {sort}", f"{tokens}&sort={sort}") for sort in SORTS)
    yield "tokens, last page", f"{tokens}&page={max(json.loads(_ask(connection, tokens))['total'] // 50, 1)}"
    yield (
        "tokens, searched",
        f"{tokens}&search={(rows[0]['name'] or rows[0]['mint'])[:3].replace(' ', '%20')}",
    )
    yield "tokens held at a loss, 5 trades or more", f"{tokens}&holding=held&pnl=loss&minTrades=5"
    yield "tokens, 30 days", f"{tokens}&window=30d"
    for figure in ("realizedPnl", "fees", "openCost"):
        yield (
            f"audit of a token's {figure}",
            f"{wallet}/audit?figure={figure}&mint={rows[0]['mint']}&limit=100",
        )
    for figure in ("realizedPnl", "fees", "maxDrawdown"):
        yield f"audit of the wallet's {figure}", f"{wallet}/audit?figure={figure}&limit=100"
    yield (
        "audit of the wallet's realizedPnl, 30 days",
        f"{wallet}/audit?figure=realizedPnl&window=30d&limit=100",
    )
    yield "pnl", f"{wallet}/pnl"
    yield "pnl, 30 days", f"{wallet}/pnl?window=30d"
    yield "pnl, a week of one's own", f"{wallet}/pnl?from={_day(40)}&to={_day(33)}"
    yield "series", f"{wallet}/pnl/series"
    yield "calendar", f"{wallet}/pnl/calendar"
    yield "comparison of methods", f"{wallet}/pnl/comparison"
    yield "coverage", f"{wallet}/coverage"
    yield "reconciliation", f"{wallet}/reconciliation"
    newest = json.loads(_ask(connection, f"{wallet}/trades"))["items"][0]["place"]
    yield "trades", f"{wallet}/trades"
    yield "trades, a page in the middle", f"{wallet}/trades?cursor={newest // 2}"
    yield "trades of a token", f"{wallet}/trades?mint={rows[0]['mint']}"
    yield "trades of a rare kind", f"{wallet}/trades?kind=burn"
    yield "a token", f"/api/v1/tokens/{rows[0]['mint']}"
    yield "wallets", "/api/v1/wallets"


def _day(ago: int) -> str:
    return time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() - ago * 86_400))


def _measure(connection: http.client.HTTPConnection, path: str) -> tuple[list[float], int]:
    """Seconds that each answer took, the first apart, and the bytes of one."""
    taken: list[float] = []
    begin, size = time.perf_counter(), 0
    while len(taken) <= TIMES and time.perf_counter() - begin < LONGEST:
        asked_at = time.perf_counter()
        size = len(_ask(connection, path))
        taken.append(time.perf_counter() - asked_at)
    return taken, size


def _ask(connection: http.client.HTTPConnection, path: str) -> Any:
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (path, answer.status, body[:300])
    return body


def _row(name: str, seconds: list[float], size: int) -> None:
    first, *others = (each * 1000 for each in seconds)
    figures = sorted(others)
    p99 = figures[max(int(len(figures) * 0.99) - 1, 0)]
    shown = [f"{figure:>8.1f}" for figure in (statistics.median(figures), p99, figures[-1], first)]
    goal = "" if p99 <= GOAL else "  missed"
    print(f"{name:<48} {len(figures):>5} {size / 1000:>7.1f} {' '.join(shown)}{goal}", flush=True)
