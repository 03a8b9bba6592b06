"""``worker``, ``analyze`` and ``watch``: run jobs, run one analysis right here, follow a job."""

import argparse
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from walletjobs.commands.reading import address
from walletjobs.config import Config
from walletjobs.core.progress import Silence, Step, percent_at
from walletjobs.dev.terminal import Bar


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the three commands."""
    worker = commands.add_parser("worker", help="run the worker processes")
    worker.add_argument(
        "--pool", metavar="QUEUES", help="instead of WORKER_POOL: 'queue queue,queue queue*2'"
    )
    worker.set_defaults(run=run_worker)
    analyze = commands.add_parser("analyze", help="analyze one wallet in this process")
    analyze.add_argument("wallet", type=address)
    analyze.add_argument(
        "--force", action="store_true", help="ask the chain even where what is stored is current"
    )
    analyze.add_argument("--json", action="store_true", help="print the figures as JSON, and nothing else")
    analyze.set_defaults(run=run_analyze)
    watch = commands.add_parser("watch", help="follow a job or batch until it ends")
    watch.add_argument("job", metavar="JOB|BATCH")
    watch.set_defaults(run=run_watch)


def run_worker(args: argparse.Namespace) -> int:
    """Works until a signal; jobs at hand go back to their queues."""
    from walletjobs.jobs import analysis, enrichment  # noqa: F401 (loaded once here, shared by every fork)
    from walletjobs.jobs.logs import configure
    from walletjobs.jobs.pool import Pool

    config = Config.from_env()
    configure(config.log_format)
    return Pool(replace(config, worker_pool=args.pool) if args.pool else config).run()


def run_analyze(args: argparse.Namespace) -> int:
    """Syncs and computes one wallet under its lock, as the job does, without a queue."""
    report = Silence() if args.json else _Shown()
    receipt, figures, metrics = _analyze(args.wallet, args.force, report)
    if args.json:
        print(json.dumps({**receipt, "wallet": figures, "behavior": metrics}))
    else:
        print("\n".join(_summary(receipt, figures, metrics)))
    return 0


def run_watch(args: argparse.Namespace) -> int:
    """Shows the events of a job or batch until its last; 0 where all completed, 1 where any failed or was cancelled."""
    from walletjobs.db.connection import connect
    from walletjobs.jobs import events
    from walletjobs.jobs.connection import reader_redis

    config, bar = Config.from_env(), Bar()
    with reader_redis(config.redis_url) as redis, connect(config.database_url) as connection:
        live, _ = _standing(redis, connection, args.job)
        following = events.follow(redis, args.job)
        while True:
            event = next(following)
            if event is not None:
                _show(bar, event.event, event.data)
            over = event.ends if event is not None else not live
            if over:
                bar.end()
                return 0 if _standing(redis, connection, args.job)[1] else 1
            if event is None:
                live, _ = _standing(redis, connection, args.job)


def _standing(redis: Any, connection: Any, watched: str) -> tuple[bool, bool]:
    """Whether a job or batch goes on, and whether all of it has completed."""
    from walletjobs.jobs.batches import batch_view
    from walletjobs.jobs.status import job_view

    if watched.startswith("batch-"):
        batch = batch_view(redis, connection, watched).batch
        return batch.told_at is None, batch.tally.completed == batch.tally.total
    job = job_view(redis, connection, watched)
    return job.live, job.status == "completed"


class _Shown:
    """A Report to the terminal."""

    def __init__(self) -> None:
        self._bar = Bar()

    def step(
        self, step: Step, fraction: float = 0.0, *, message: str = "", counts: Mapping[str, int] | None = None
    ) -> None:
        """Draws the bar anew."""
        self._bar.show(percent_at(step, fraction), _counted(counts) or message or step.label)
        if step is Step.DONE:
            self._bar.end()

    def notice(self, code: str, message: str) -> None:
        """A line above the bar."""
        self._bar.say(message)

    def mints(self, mints: Collection[str]) -> None:
        """Names and prices are the enrichment job's; here there is none."""

    def partial(self, figures: Mapping[str, Any]) -> None:
        """A line above the bar."""
        realized, rests_on = figures["wallet"]["realizedPnlSol"], figures["coverage"]["transactions"]
        self._bar.say(f"Provisional: {realized} SOL realized, of the newest {rests_on:,} transactions.")

    def checkpoint(self) -> None:
        """Ctrl-C ends the work anywhere: each page is stored whole or not at all."""


def _analyze(wallet: str, force: bool, report: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The receipt of the analysis, and the figures and metrics that it stored."""
    from walletjobs.db.connection import connect
    from walletjobs.db.fence import take
    from walletjobs.db.results import ResultRepository
    from walletjobs.jobs.analysis import AnalysisDoors, analyze_wallet, request_of
    from walletjobs.jobs.connection import worker_redis
    from walletjobs.jobs.events import Speaker
    from walletjobs.jobs.helius import helius_client
    from walletjobs.jobs.lock import WalletLock, held
    from walletjobs.jobs.prices import price_sources

    config, run_id = Config.from_env(), f"command-{secrets.token_hex(8)}"
    request = request_of(config, run_id, force_refresh=force, enrich_metadata=False)
    with (
        worker_redis(config.redis_url) as redis,
        connect(config.database_url) as connection,
        held(
            WalletLock(redis, wallet, Speaker(run_id)), on_lost=lambda: None
        ),  # the fence refuses what follows
        helius_client(config, redis) as helius,
        price_sources(config, redis) as prices,
    ):
        doors = AnalysisDoors(connection, helius, take(connection, wallet, run_id), prices)
        receipt = analyze_wallet(request, doors, report)
        results = ResultRepository(connection)
        pnl, behavior = results.pnl(doors.fence.wallet_id), results.behavior(doors.fence.wallet_id)
        return receipt, pnl.figures if pnl else {}, behavior.metrics if behavior else {}


def _show(bar: Bar, event: str, data: dict[str, Any]) -> None:
    if event == "job-notice":
        bar.say(data["message"])
    elif event in ("job-failed", "job-cancelled"):
        again = " It will be tried again." if data.get("willRetry") else ""
        bar.say(f"{data['error']['detail']}{again}")
    elif event == "enrichment":
        bar.say(f"names and prices of {data['enriched']} of {data['total']} tokens")
    elif "progress" in data:
        bar.show(data["progress"], _counted(data.get("counts")) or data.get("message") or data["step"] or "")


def _summary(receipt: dict[str, Any], figures: dict[str, Any], metrics: dict[str, Any]) -> list[str]:
    """The figures that matter most, a line each; what is not known is left out, not made up."""
    rate = figures["tokenWinRate"]
    lines = {
        "realized": f"{figures['realizedPnlSol']} SOL",
        "open cost": f"{figures['openCostSol']} SOL",
        "unverified": f"{figures['unverifiedProceedsSol']} SOL of proceeds without a known cost, in no PnL",
        "tokens": f"{figures['tokens']:,} in {figures['buys']:,} buys and {figures['sells']:,} sells",
        "win rate": f"{rate['value'] * 100:.1f} % of {rate['n']} tokens" if rate["value"] is not None else "",
        "style": metrics.get("style", {}).get("sentence", ""),
        "history": f"{receipt['transactions']:,} transactions, {receipt['newTransactions']:,} of them new",
    }
    return [f"  {name:<11} {text}" for name, text in lines.items() if text]


def _counted(counts: Mapping[str, int] | None) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in (counts or {}).items())
