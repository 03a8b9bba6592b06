"""Binance: what SOL cost, minute by minute and hour by hour.

Prices are in USDT, which the series takes for US dollars.
Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api (klines)
"""

from decimal import Decimal

import msgspec
import redis
import requests
from msgspec import Struct

from walletjobs.config import ProviderConfig
from walletjobs.core.series import HOUR, MINUTE, Bar, Span
from walletjobs.providers.bars import ATTEMPTS, bars_of, read_rows
from walletjobs.providers.http import Call, Pace, Provider, session
from walletjobs.providers.limiter import Limiter, OnWait

NAME = "Binance"
BATCH = 1000  # bars, the most that one call takes
_INTERVALS = {MINUTE: "1m", HOUR: "1h"}


class _Kline(Struct, array_like=True):
    opened: int  # milliseconds
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


_KLINE = msgspec.json.Decoder(_Kline)


class BinanceClient:
    """Binance under the budget that all processes share."""

    name = NAME.lower()
    batch = BATCH

    def __init__(self, config: ProviderConfig, pace: Pace, http: requests.Session | None = None) -> None:
        self._url = f"{config.binance_url}/api/v3/klines"
        self._provider = Provider(NAME, http or session(), pace)

    def bars(self, span: Span) -> list[Bar]:
        """Those of the span's bars that Binance has, oldest first.

        Raises: ProviderUnavailable, RateLimited, QuotaExhausted, ProviderRefused.
        """
        asked = {
            "symbol": "SOLUSDT",
            "interval": _INTERVALS[span.resolution],
            "startTime": span.first * 1000,
            "endTime": span.last * 1000,
            "limit": BATCH,
        }
        rows = self._provider.ask(Call("GET", self._url, asked), lambda body: read_rows(NAME, body, _KLINE))
        found = [(row.opened // 1000, row.close) for row in rows if not row.opened % 1000]
        return bars_of(self.name, span, found)


def pace(client: redis.Redis, config: ProviderConfig, on_wait: OnWait | None = None) -> Pace:
    """The budget of this machine's address, which Binance counts by."""
    return Pace(Limiter(client, "binance", config.binance_rate), on_wait, attempts=ATTEMPTS)
