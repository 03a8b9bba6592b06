"""A replay server of a few transactions, and the real clients that ask it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from small_history import WALLET, config_of

from walletjobs.db.fence import Fence, take
from walletjobs.dev.replay.options import Options
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.providers.helius import HeliusClient, HeliusLimits


@pytest.fixture
def replay(tmp_path: Path) -> Iterator[Callable[..., ReplayServer]]:
    """Starts a replay server of some transactions; options as keywords."""
    running: list[ReplayServer] = []

    def start(lines: Sequence[bytes], **options: object) -> ReplayServer:
        data = tmp_path / f"history-{len(running)}.jsonl"
        data.write_bytes(b"\n".join(lines))
        running.append(ReplayServer.of_files([data], Options().changed(options)))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture
def client_of(redis_client: "redis.Redis[bytes]") -> Callable[..., HeliusClient]:
    """A Helius client of a replay server, without a limit of its own and impatient in its retries."""

    def client(server: ReplayServer, timeout: float = 30, **settings: Any) -> HeliusClient:
        config = config_of(server, **settings)
        limits = replace(HeliusLimits.shared(redis_client, config), backoff=0.002, timeout=timeout)
        return HeliusClient(config, limits)

    return client


@pytest.fixture
def fence(connection: psycopg.Connection[Any]) -> Fence:
    """The right to write the wallet."""
    return take(connection, WALLET, "test")
