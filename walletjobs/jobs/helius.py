"""The Helius client of a process: its key's request budget is shared through Redis with every other process."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from walletjobs.config import Config
from walletjobs.providers.helius import HeliusClient, HeliusLimits
from walletjobs.providers.http import session


@contextmanager
def helius_client(config: Config, redis: Redis) -> Iterator[HeliusClient]:
    """A client with its connections, for as long as the block lasts."""
    with session() as http:
        yield HeliusClient(config.providers, HeliusLimits.shared(redis, config.providers), http)
