"""Coinbase: what SOL cost, minute by minute and hour by hour, where there were trades.

Source: https://docs.cdp.coinbase.com/api-reference/exchange-api (get product candles)
"""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import redis
import requests
from msgspec import Struct

from walletjobs.config import ProviderConfig
from walletjobs.core.series import Bar, Span
from walletjobs.providers.bars import ATTEMPTS, bars_of, read_rows
from walletjobs.providers.http import Call, Pace, Provider, session
from walletjobs.providers.limiter import Limiter, OnWait

NAME = "Coinbase"
BATCH = 300  # bars, the most that one call takes


class _Candle(Struct, array_like=True):
    start: int  # unix seconds
    low: Decimal
    high: Decimal
    open: Decimal
    close: Decimal


_CANDLE = msgspec.json.Decoder(_Candle)


class CoinbaseClient:
    """Coinbase under the budget that all processes share."""

    name = NAME.lower()
    batch = BATCH

    def __init__(self, config: ProviderConfig, pace: Pace, http: requests.Session | None = None) -> None:
        self._url = f"{config.coinbase_url}/products/SOL-USD/candles"
        self._provider = Provider(NAME, http or session(), pace)

    def bars(self, span: Span) -> list[Bar]:
        """Those of the span's bars that Coinbase has, oldest first; it answers newest first, and more than asked.

        Raises: ProviderUnavailable, RateLimited, QuotaExhausted, ProviderRefused.
        """
        asked = {"granularity": span.resolution, "start": _text(span.first), "end": _text(span.last)}
        rows = self._provider.ask(Call("GET", self._url, asked), lambda body: read_rows(NAME, body, _CANDLE))
        return bars_of(self.name, span, [(row.start, row.close) for row in rows])


def pace(client: redis.Redis, config: ProviderConfig, on_wait: OnWait | None = None) -> Pace:
    """The budget of this machine's address, which Coinbase counts by."""
    return Pace(Limiter(client, "coinbase", config.coinbase_rate), on_wait, attempts=ATTEMPTS)


def _text(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
