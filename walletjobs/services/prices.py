"""Finds out what SOL cost in US dollars when a wallet traded, and keeps it for everyone."""

import logging
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from psycopg import Connection

from walletjobs.core.classify import entry_of
from walletjobs.core.deltas import OwnAccounts
from walletjobs.core.ownprice import Conversion, conversion_of, own_bars
from walletjobs.core.progress import Report, Step
from walletjobs.core.series import HOUR, Bar, Precision, Series, Span, spans, unpriced, wanted
from walletjobs.core.units import STABLECOINS
from walletjobs.db.connection import translated
from walletjobs.db.fence import Fence
from walletjobs.db.prices import PriceRepository
from walletjobs.db.transactions import TransactionRepository
from walletjobs.errors import (
    InvalidData,
    ProviderRefused,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
)
from walletjobs.services.books import READERS

logger = logging.getLogger(__name__)

IMPORT = 50_000  # bars that one statement stores
_DOWN = (ProviderUnavailable, RateLimited, QuotaExhausted, ProviderRefused)


class PriceSource(Protocol):
    """A market that tells what SOL cost."""

    @property
    def name(self) -> str:
        """What its prices are marked with."""

    @property
    def batch(self) -> int:
        """The most bars that one call takes."""

    def bars(self, span: Span) -> list[Bar]:
        """Those of the span's bars that it has."""


@dataclass(frozen=True, slots=True)
class Priced:
    """The prices of some times, how precise they are, and what went wrong."""

    series: Series
    precision: Precision  # of the minutes asked for
    missing: Sequence[int] = ()  # minutes that a market could have priced and none did
    reasons: Mapping[str, str] = field(default_factory=dict)  # market → why it failed


@translated()
def stored_prices(connection: Connection[Any], times: Collection[int]) -> Series:
    """What is stored of the prices at these times; ``Series.at`` is the ``Prices`` of the ledger.

    Units: unix seconds.
    Raises: DatabaseUnavailable.
    """
    return Series(PriceRepository(connection).of_times(times))


@translated()
def import_prices(connection: Connection[Any], bars: Sequence[Bar]) -> None:
    """Store bars that someone vouches for, all or none; they replace what is known of their times.

    Raises: DatabaseUnavailable.
    """
    prices = PriceRepository(connection)
    with connection.transaction():
        for first in range(0, len(bars), IMPORT):
            prices.store(bars[first : first + IMPORT], replace=True)


@translated()
def wallet_prices(
    fence: Fence, connection: Connection[Any], sources: Sequence[PriceSource], report: Report
) -> Priced:
    """The prices of every minute in which the wallet had a transaction, asked for where they are not stored.

    Where every market fails, the wallet's own conversions price their minutes. What is left without a price is
    told, and why, and fails nothing; only a minute that is hardly over is left out without a word.
    Raises: DatabaseUnavailable, QueueUnavailable, and what ``report.checkpoint`` raises.
    """
    minutes = TransactionRepository(connection).minutes(fence.wallet_id)
    priced = fill_prices(connection, sources, minutes, report)
    if priced.missing:
        add_own_prices(fence, connection, priced.series)
    missing = [minute for minute in priced.missing if priced.series.at(minute) is None]
    if missing and sources:
        report.notice("prices_missing", _sentence(len(missing), len(minutes), priced.reasons))
    return Priced(priced.series, priced.series.precision(minutes), missing, priced.reasons)


@translated()
def fill_prices(
    connection: Connection[Any],
    sources: Sequence[PriceSource],
    times: Collection[int],
    report: Report,
    now: int | None = None,
) -> Priced:
    """Ask for the prices of these times that are not stored, and store them, answer by answer.

    The first source is asked for everything, the next one for what is left. A minute that no market has a bar of
    gets its hour's. A source that fails is not asked again.
    Units: unix seconds.
    Raises: DatabaseUnavailable, QueueUnavailable, and what ``report.checkpoint`` raises.
    """
    now = int(time.time()) if now is None else now
    filling = _Filling(PriceRepository(connection), stored_prices(connection, times), report)
    missing = unpriced(times, filling.series, now)
    if missing and sources:
        report.step(Step.SYNC, 1.0, message=f"Asking what SOL cost in {len(missing):,} minutes.")
    reasons: dict[str, str] = {}
    for resolution in (None, HOUR):
        for source in sources:
            if missing and source.name not in reasons:
                try:
                    filling.ask(source, list(wanted(missing, now, resolution)))
                except _DOWN as error:
                    logger.warning("no prices of SOL from %s: %s", source.name, error.detail)
                    reasons[source.name] = error.detail
                missing = unpriced(missing, filling.series, now)
    series = stored_prices(connection, times) if filling.asked else filling.series
    return Priced(series, series.precision(times), missing, reasons)


@translated()
def add_own_prices(fence: Fence, connection: Connection[Any], series: Series) -> None:
    """Price minutes that no market does by the wallet's own conversions in them, in the series and for later.

    Raises: DatabaseUnavailable.
    """
    if STABLECOINS.isdisjoint(TransactionRepository(connection).mints(fence.wallet_id)):
        return
    found = [each for each in _conversions(fence, connection) if not series.has_market(each.time)]
    prices = PriceRepository(connection)
    bars = own_bars(found, prices.around({each.minute for each in found}))
    prices.store(bars)
    series.add(prices.of_times([bar.start for bar in bars]))  # another wallet's may have been first


def _conversions(fence: Fence, connection: Connection[Any]) -> Iterator[Conversion]:
    own = OwnAccounts(fence.address)
    for wire_format, raw in TransactionRepository(connection).stream(fence.wallet_id):
        try:
            entry = entry_of(READERS[wire_format](raw), own)
        except InvalidData:
            continue  # the books count it
        if (conversion := conversion_of(entry)) is not None:
            yield conversion


def _sentence(missing: int, minutes: int, reasons: Mapping[str, str]) -> str:
    why = " ".join(reasons.values()) or "No market that we ask has one."
    return f"SOL has no price in US dollars in {missing:,} of the {minutes:,} minutes of this wallet's trades. {why}"


class _Filling:
    """A series that grows by answers, and the table with it."""

    def __init__(self, prices: PriceRepository, series: Series, report: Report) -> None:
        self.series = series
        self.asked = False  # what is stored by now may be another's answer
        self._prices = prices
        self._report = report

    def ask(self, source: PriceSource, starts: Sequence[tuple[int, Sequence[int]]]) -> None:
        for resolution, wished in starts:
            for span in spans(wished, resolution, source.batch):
                self.asked = True
                bars = source.bars(span)
                self._prices.store(bars)
                self.series.add(bars)
                self._report.checkpoint()
