"""The markets that a process asks what SOL cost, in the order in which they are asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from walletjobs.config import Config
from walletjobs.providers import binance, coinbase
from walletjobs.providers.http import session
from walletjobs.services.prices import PriceSource


@contextmanager
def price_sources(config: Config, redis: Redis) -> Iterator[tuple[PriceSource, ...]]:
    """Clients with their connections, for as long as the block lasts; their budgets are shared through Redis."""
    settings = config.providers
    with session() as http:
        yield (
            binance.BinanceClient(settings, binance.pace(redis, settings), http),
            coinbase.CoinbaseClient(settings, coinbase.pace(redis, settings), http),
        )
