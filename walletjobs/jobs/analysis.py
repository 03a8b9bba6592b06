"""The dashboard job: one function that RQ calls, one that composes the analysis and has never heard of RQ."""

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from psycopg import Connection
from rq import Retry

from walletjobs.config import Config
from walletjobs.core.address import parse_address
from walletjobs.core.freshness import status_of
from walletjobs.core.progress import Report, Step
from walletjobs.core.scope import SCOPES, Scope
from walletjobs.core.series import Precision
from walletjobs.core.value import Prices
from walletjobs.db.fence import Fence
from walletjobs.db.transactions import TransactionRepository
from walletjobs.db.wallets import WalletRepository
from walletjobs.errors import InvalidJob
from walletjobs.jobs.attempt import Receipt, perform
from walletjobs.jobs.enrichment import queue_enrichment
from walletjobs.jobs.followups import follow_up
from walletjobs.jobs.helius import helius_client
from walletjobs.jobs.holding import holding_the_wallet
from walletjobs.jobs.ids import check_job_id
from walletjobs.jobs.prices import price_sources
from walletjobs.jobs.progress import JobReport, Start
from walletjobs.jobs.queue import ANALYSIS_QUEUE
from walletjobs.providers.exchanges import read_exchanges
from walletjobs.providers.helius import HeliusClient
from walletjobs.services.behavior import store_behavior
from walletjobs.services.classes import announce_pace, recognize
from walletjobs.services.newest import Scoped, analyze_newest
from walletjobs.services.pnl import analyze_pnl
from walletjobs.services.prices import PriceSource, wallet_prices
from walletjobs.services.sync import SyncReceipt, sync_newest, sync_wallet


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """What is to be analyzed, and how."""

    run_id: str  # marks the results; of a job: its id
    force_refresh: bool = False
    enrich_metadata: bool = True
    max_transactions: int = 50_000
    freshness: timedelta = timedelta(hours=24)
    exchanges: Mapping[str, str] = field(default_factory=dict)  # names by address
    scope: Scope = SCOPES["all"]

    @property
    def whole(self) -> bool:
        """Whether the whole history is meant: only then the wallet counts as analyzed."""
        return self.scope.name == "all"


@dataclass(frozen=True, slots=True)
class AnalysisDoors:
    """What an analysis works with: opened by its caller, who also holds the wallet."""

    connection: Connection[Any]
    helius: HeliusClient
    fence: Fence
    prices: Sequence[PriceSource] = ()  # of SOL in US dollars


def run_dashboard_analysis(
    wallet: str,
    request_id: str,
    force_refresh: bool = False,
    enrich_metadata: bool = True,
    scope: str = "all",
    method: str = "fifo",
    timeout_minutes: int = 15,
    follow_ups: bool = False,
) -> Receipt | Retry:
    """What RQ runs for ``dashboard-wallet-analysis``. New arguments come last: old messages are still queued."""

    def work(start: Start, report: JobReport) -> Receipt:
        check_job_id(start.run.id, parse_address(wallet), request_id)
        quick = start.run.queue == ANALYSIS_QUEUE
        if enrich_metadata and quick:
            report.on_mints = _once(start)
        request = request_of(start.config, start.run.id, force_refresh, enrich_metadata)
        receipt = _holding_the_wallet(start, report, replace(request, scope=_scope(scope)))
        if enrich_metadata and not quick:  # it would keep the enrichment's process waiting from users' ones
            queue_enrichment(start)
        return receipt | (follow_up(start) if follow_ups else {})

    return perform(work)


def request_of(
    config: Config, run_id: str, force_refresh: bool = False, enrich_metadata: bool = True
) -> AnalysisRequest:
    """A request within this service's limits."""
    return AnalysisRequest(
        run_id=run_id,
        force_refresh=force_refresh,
        enrich_metadata=enrich_metadata,
        max_transactions=config.analysis_max_transactions,
        freshness=timedelta(hours=config.freshness_hours),
        exchanges=read_exchanges(config.exchange_list),
    )


def analyze_wallet(request: AnalysisRequest, doors: AnalysisDoors, report: Report) -> Receipt:
    """Sync one wallet where it is due, then compute its PnL and its behavior, in this process.

    Each step leaves its rows in Postgres, so a second run resumes the sync and computes the rest anew.
    Returns a receipt, not the results.

    Raises: Transient where the same call may work later; LockLost; what ``report.checkpoint`` raises.
    """
    connection, fence = doors.connection, doors.fence
    wallets = WalletRepository(connection)
    report.step(Step.LOCK)
    report.checkpoint()
    before = wallets.find(fence.address)
    assert before is not None  # drawing the fence made the row
    needs_sync = request.force_refresh or status_of(before, before.read_at, request.freshness) != "CURRENT"
    report.step(Step.STATUS)
    report.checkpoint()
    synced = _sync(request, doors, report, due=needs_sync)
    report.checkpoint()
    priced = wallet_prices(fence, connection, doors.prices, report)
    report.checkpoint()
    report.step(Step.ANALYSES)
    computed = _compute(request, doors, report, priced.series.at)
    report.checkpoint()
    if request.enrich_metadata:
        report.mints(TransactionRepository(connection).mints(fence.wallet_id))
        report.step(Step.ENRICHMENT)
    if request.whole:
        wallets.mark_analyzed(fence)
    report.step(Step.DONE)
    after = wallets.find(fence.address)
    return {
        "walletAddress": fence.address,
        "synced": needs_sync,
        "newTransactions": synced.new if synced else 0,
        "provider": {"route": synced.route, "calls": synced.calls, "credits": synced.credits}
        if synced
        else None,
        "transactions": after.transactions if after else 0,
        "capped": after.capped if after else False,
        "pricedMinutes": _minutes(priced.precision),
        **computed,
    }


def _compute(request: AnalysisRequest, doors: AnalysisDoors, report: Report, prices: Prices) -> Receipt:
    """The figures of the scope, each step's in one transaction."""
    connection, fence = doors.connection, doors.fence
    if not request.whole:
        taken = analyze_newest(fence, connection, request.run_id, _scoped(request), prices)
        report.step(Step.PNL)
        report.step(Step.BEHAVIOR)
        return {"scope": request.scope.name, "transactionsInScope": taken}
    analysis = analyze_pnl(fence, connection, request.run_id, prices)
    report.step(Step.PNL)
    report.checkpoint()
    store_behavior(fence, connection, request.run_id, analysis)
    report.step(Step.BEHAVIOR)
    return {"scope": "all", "incremental": analysis.incremental, "entriesComputed": analysis.entries}


def _scope(name: str) -> Scope:
    if name not in SCOPES:
        raise InvalidJob(f"There is no scope {name[:64]!r}; there are {', '.join(SCOPES)}.")
    return SCOPES[name]


def _scoped(request: AnalysisRequest) -> Scoped:
    newest = request.scope.newest(int(time.time()), request.max_transactions)
    return Scoped(request.scope.name, newest)


def _minutes(precision: Precision) -> dict[str, int]:
    return {
        "byMinute": precision.minute,
        "byHour": precision.hour,
        "byOwnLeg": precision.own_leg,
        "unpriced": precision.unpriced,
    }


def _sync(request: AnalysisRequest, doors: AnalysisDoors, report: Report, *, due: bool) -> SyncReceipt | None:
    if not due:
        report.step(Step.SYNC, 1.0, message="What is stored is current; nothing to fetch.")
        return None
    fence, helius, connection = doors.fence, doors.helius, doors.connection
    recognize(fence, helius, connection, request.exchanges, report)
    report.step(Step.SYNC)
    if not request.whole:
        return sync_newest(fence, helius, connection, report, _scoped(request).newest)
    done = sync_wallet(fence, helius, connection, report, request.max_transactions)
    announce_pace(fence, connection, report)
    return done


def _holding_the_wallet(start: Start, report: JobReport, request: AnalysisRequest) -> Receipt:
    """The analysis, with the wallet in its hands."""
    with (
        holding_the_wallet(start, report) as fence,
        helius_client(start.config, start.redis) as helius,
        price_sources(start.config, start.redis) as prices,
    ):
        return analyze_wallet(request, AnalysisDoors(start.connection, helius, fence, prices), report)


def _once(start: Start) -> Callable[[Collection[str]], None]:
    """Queues the enrichment at the first mints; it reads the later ones from Postgres."""
    queued = threading.Event()

    def on_mints(_mints: Collection[str]) -> None:
        if not queued.is_set():
            queue_enrichment(start)
            queued.set()

    return on_mints
