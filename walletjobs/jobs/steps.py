"""The steps of an analysis as jobs of their own, from the same services, under the same lock: sync, PnL, behavior,
and what the wallet holds now."""

from collections.abc import Callable

from rq import Retry

from walletjobs.core.address import parse_address
from walletjobs.core.progress import Step
from walletjobs.core.units import WRAPPED_SOL
from walletjobs.core.value import Prices
from walletjobs.db.fence import Fence
from walletjobs.db.wallets import Wallet, WalletRepository
from walletjobs.errors import UnknownWallet
from walletjobs.jobs.attempt import Receipt, perform
from walletjobs.jobs.helius import helius_client
from walletjobs.jobs.holding import holding_the_wallet
from walletjobs.jobs.ids import check_job_id
from walletjobs.jobs.prices import price_sources
from walletjobs.jobs.progress import JobReport, Start
from walletjobs.providers.exchanges import read_exchanges
from walletjobs.services.balances import fetch_balances
from walletjobs.services.behavior import store_behavior
from walletjobs.services.classes import announce_pace, recognize
from walletjobs.services.pnl import analyze_pnl
from walletjobs.services.prices import wallet_prices
from walletjobs.services.sync import sync_wallet


def run_sync(wallet: str, request_id: str, timeout_minutes: int = 10) -> Receipt | Retry:
    """What RQ runs for ``sync-wallet``. New arguments come last: old messages are still queued."""
    return _perform(wallet, request_id, _sync)


def run_pnl(wallet: str, request_id: str, timeout_minutes: int = 8) -> Receipt | Retry:
    """What RQ runs for ``analyze-pnl``."""
    return _perform(wallet, request_id, _pnl)


def run_behavior(wallet: str, request_id: str, timeout_minutes: int = 8) -> Receipt | Retry:
    """What RQ runs for ``analyze-behavior``."""
    return _perform(wallet, request_id, _behavior)


def run_balance(wallet: str, request_id: str, timeout_minutes: int = 10) -> Receipt | Retry:
    """What RQ runs for ``fetch-balance``."""
    return _perform(wallet, request_id, _balance)


def _perform(
    wallet: str, request_id: str, step: Callable[[Start, JobReport, Fence], Receipt]
) -> Receipt | Retry:
    """One step under the wallet's lock, between its first checkpoint and its last."""

    def work(start: Start, report: JobReport) -> Receipt:
        check_job_id(start.run.id, parse_address(wallet), request_id)
        if step in (_pnl, _behavior):
            _stored(start)
        with holding_the_wallet(start, report) as fence:
            report.step(Step.LOCK)
            report.checkpoint()
            receipt = step(start, report, fence)
            report.step(Step.DONE)
        return {"walletAddress": wallet, **receipt}

    return perform(work)


def _stored(start: Start) -> Wallet:
    """The wallet, where there is something to compute from. One that nobody synced stays unknown.

    Raises: UnknownWallet.
    """
    wallet = WalletRepository(start.connection).find(start.run.wallet)
    if wallet is None or (wallet.synced_at is None and not wallet.transactions):
        raise UnknownWallet("Nothing of this wallet is stored; sync it first.")
    return wallet


def _sync(start: Start, report: JobReport, fence: Fence) -> Receipt:
    with helius_client(start.config, start.redis) as helius:
        recognize(fence, helius, start.connection, read_exchanges(start.config.exchange_list), report)
        report.step(Step.SYNC)
        most = start.config.analysis_max_transactions
        done = sync_wallet(fence, helius, start.connection, report, most)
        announce_pace(fence, start.connection, report)
    return {
        "synced": True,
        "newTransactions": done.new,
        "transactions": done.transactions,
        "capped": done.capped,
    }


def _pnl(start: Start, report: JobReport, fence: Fence) -> Receipt:
    prices = _prices(start, report, fence)
    report.step(Step.ANALYSES)
    analyze_pnl(fence, start.connection, start.run.id, prices)
    report.step(Step.PNL)
    return {"synced": False, "transactions": _stored(start).transactions}


def _behavior(start: Start, report: JobReport, fence: Fence) -> Receipt:
    prices, wallet = _prices(start, report, fence), _stored(start)
    report.step(Step.ANALYSES)
    analysis = analyze_pnl(fence, start.connection, start.run.id, prices)
    report.checkpoint()
    store_behavior(fence, start.connection, start.run.id, analysis)
    report.step(Step.BEHAVIOR)
    return {"synced": False, "transactions": wallet.transactions}


def _balance(start: Start, report: JobReport, fence: Fence) -> Receipt:
    with helius_client(start.config, start.redis) as helius:
        balances = fetch_balances(fence, helius, start.connection)
    return {"assets": len(balances), "lamports": balances[WRAPPED_SOL].amount}


def _prices(start: Start, report: JobReport, fence: Fence) -> Prices:
    with price_sources(start.config, start.redis) as sources:
        priced = wallet_prices(fence, start.connection, sources, report)
    report.checkpoint()
    return priced.series.at
