"""The enrichment of an analysis: balances and token metadata, by another process, while the analysis goes on.

Nobody waits for it, and what it meets with never fails the analysis. What it finds is told on the analysis's
own stream. Without an analysis it is a job like any other: of one wallet, told on its own stream.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from rq import Retry

from walletjobs.core.address import parse_address
from walletjobs.core.run import NewRun, Run
from walletjobs.db.fence import Fence
from walletjobs.db.runs import RunRepository
from walletjobs.db.tokens import Token
from walletjobs.db.transactions import TransactionRepository
from walletjobs.db.wallets import WalletRepository
from walletjobs.errors import (
    Cancelled,
    InvalidJob,
    LockLost,
    ProviderRefused,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
)
from walletjobs.jobs import events
from walletjobs.jobs.attempt import Receipt, perform
from walletjobs.jobs.events import Speaker
from walletjobs.jobs.holding import holding_the_wallet
from walletjobs.jobs.ids import check_job_id, enrichment_job_id
from walletjobs.jobs.links import image_url
from walletjobs.jobs.progress import JobReport, Start
from walletjobs.jobs.queue import ANALYSIS_QUEUE, ENRICHMENT, ENRICHMENT_QUEUE, ENRICHMENT_TIMEOUT, enqueue
from walletjobs.services.balances import fetch_balances
from walletjobs.services.enrichment import EnrichmentReceipt, Sources, enrich

LOOK_EVERY = 0.5  # seconds between two looks for mints that the analysis has met
_DOWN = (ProviderUnavailable, RateLimited, QuotaExhausted, ProviderRefused)


def queue_enrichment(start: Start) -> str:
    """Queues the enrichment of an analysis, unless it is queued already; returns its id.

    The row comes first: should this process die in between, the recovery queues the job.
    """
    run, runs = start.run, RunRepository(start.connection)
    job_id = enrichment_job_id(run.id)
    minutes = max(ENRICHMENT_TIMEOUT, run.arguments["timeout_minutes"] + ENRICHMENT_TIMEOUT // 4)
    wanted = NewRun(
        id=job_id,
        request_id=run.request_id,
        type=ENRICHMENT,
        wallet=run.wallet,
        queue=ENRICHMENT_QUEUE,
        arguments={"analysis_id": run.id, "timeout_minutes": minutes},
        scope=run.scope,
        parent=run.id,
    )
    if runs.add(wanted):
        enqueue(start.redis, wanted, at_front=run.queue == ANALYSIS_QUEUE)  # a user's before a batch's
    start.job.meta["enrichmentJobId"] = job_id
    runs.note_enrichment(run, job_id)
    return job_id


def run_enrichment(
    analysis_id: str = "",
    timeout_minutes: int = ENRICHMENT_TIMEOUT,
    wallet: str = "",
    request_id: str = "",
) -> Receipt | Retry:
    """What RQ runs for ``enrich-token-balances``: beside an analysis, or of a wallet alone."""

    def work(start: Start, report: JobReport) -> Receipt:
        sources = Sources.shared(start.redis, start.config.providers, lambda _wait: report.checkpoint())
        enrichment = _Enrichment(start, report, sources)
        if analysis_id:
            return enrichment.beside(analysis_id)
        check_job_id(start.run.id, parse_address(wallet), request_id)
        return enrichment.alone()

    return perform(work)


class _Enrichment:
    """Finds out what the tokens of one wallet are, and tells of them."""

    def __init__(self, start: Start, report: JobReport, sources: Sources) -> None:
        self._start = start
        self._report = report
        self._sources = sources
        self._runs = RunRepository(start.connection)
        self._speaker = start.speaker  # on whose stream the tokens are told
        self._mints: set[str] = set()  # asked for so far
        self._known = 0  # of them, those that something is known of
        self._held: set[str] | None = None  # mints of the balances, once those are fetched
        self._missing: dict[str, str] = {}  # what a provider owes → why

    def beside(self, analysis_id: str) -> Receipt:
        """Enriches what an analysis meets, until that is over and nothing is left."""
        self._speaker = Speaker(analysis_id)
        while True:
            self._report.checkpoint()
            analysis = self._analysis(analysis_id)
            new = self._new_mints(analysis)  # read after the analysis: where it is over, these are the last
            if new:
                self._enrich(new)
            elif not analysis.live:
                return self._done()
            else:
                time.sleep(LOOK_EVERY)

    def alone(self) -> Receipt:
        """Enriches what is stored of a wallet, and what it holds now."""
        with holding_the_wallet(self._start, self._report) as fence:  # no longer than the balances take
            self._fetch_balances(fence)
        self._report.checkpoint()
        mints = TransactionRepository(self._start.connection).mints(fence.wallet_id) | (self._held or set())
        self._enrich(sorted(mints))
        return self._done()

    def _analysis(self, analysis_id: str) -> Run:
        analysis = self._runs.find(analysis_id)
        if analysis is None:
            raise InvalidJob(f"There is no analysis {analysis_id[:64]}.")
        if analysis.status == "cancelled":
            raise Cancelled("The analysis was cancelled.")
        return analysis

    def _new_mints(self, analysis: Run) -> list[str]:
        wallet = WalletRepository(self._start.connection).find(analysis.wallet)
        if wallet is None or analysis.fence is None:
            return []
        if self._held is None:
            try:  # the wallet's rows are written with the number of the analysis that they belong to
                self._fetch_balances(Fence(wallet.id, wallet.address, analysis.fence))
            except LockLost:  # a newer start of it has a newer number; a newer analysis its own enrichment
                self._held = None if analysis.live else set()
        mints = TransactionRepository(self._start.connection).mints(wallet.id) | (self._held or set())
        return sorted(mints - self._mints)

    def _fetch_balances(self, fence: Fence) -> None:
        try:
            self._held = set(fetch_balances(fence, self._sources.helius, self._start.connection))
        except _DOWN as error:
            self._held = set()
            self._missing["balances"] = error.detail

    def _enrich(self, mints: list[str]) -> None:
        before, total = self._known, len(self._mints) + len(mints)

        def on_tokens(found: Sequence[Token], known: int, _of: int) -> None:
            self._tell([_token(token) for token in found], before + known, total)
            self._report.checkpoint()

        receipt = enrich(mints, self._sources, self._start.connection, on_tokens)
        self._mints.update(mints)
        self._known = before + receipt.enriched
        self._missing |= _owed(receipt)

    def _done(self) -> Receipt:
        total = len(self._mints)
        self._tell([], self._known, total, done=True, missing=self._sentences())
        return {"total": total, "enriched": self._known, "missing": self._missing}

    def _tell(self, tokens: list[dict[str, Any]], enriched: int, total: int, **more: Any) -> None:
        """On the one stream what was found, on our own how far we are."""
        data = {"jobId": self._speaker.job_id, "enriched": enriched, "total": total, "tokens": tokens, **more}
        events.emit(self._start.redis, self._speaker, events.ENRICHMENT, data)
        told = {
            "progress": 100 * enriched // total if total else 0,
            "status": "processing",
            "step": "enrichment",
        }
        counts = {"enriched": enriched, "total": total}
        self._start.job.meta.update(told, counts=counts)
        self._report.say(events.PROGRESS, {"jobId": self._start.run.id, **told, "counts": counts})

    def _sentences(self) -> list[str]:
        return [f"{name}: {reason}" for name, reason in self._missing.items()]


def _owed(receipt: EnrichmentReceipt) -> Mapping[str, str]:
    return {
        name: f"{len(receipt.missing[name])} tokens are missing. {reason}"
        for name, reason in receipt.reasons.items()
    }


def _token(token: Token) -> dict[str, Any]:
    return {
        "mint": token.mint,
        "symbol": token.symbol,
        "name": token.name,
        "imageUrl": image_url(token.mint, token.image_url),
        "decimals": token.decimals,
        "priceUsd": str(token.price_usd) if token.price_usd is not None else None,
    }
