"""The one real wallet whose history we have, through every part of the sync."""

import gzip
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from small_history import Listener

from walletjobs.config import HELIUS_ROUTES
from walletjobs.core.book import Book
from walletjobs.db.fence import take
from walletjobs.db.transactions import TransactionRepository
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.errors import WorkerStopping
from walletjobs.providers.helius import HeliusClient
from walletjobs.services.books import READERS
from walletjobs.services.present import ledger_line
from walletjobs.services.sync import sync_wallet

TRADER = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2"


@pytest.mark.data
def test_real_trader_is_stored_once_and_whole_although_the_sync_was_stopped(
    shared_data: Path, client_of: Callable[..., HeliusClient], connection: psycopg.Connection[Any]
) -> None:
    file = shared_data / "wallet-3JoVBiQE.jsonl.gz"
    lines = gzip.decompress(file.read_bytes()).splitlines()
    repository = TransactionRepository(connection)
    with ReplayServer.of_files([file]) as server:
        client = client_of(server)
        with pytest.raises(WorkerStopping):
            sync_wallet(take(connection, TRADER, "a"), client, connection, Listener(30), 50_000)
        fence = take(connection, TRADER, "b")
        receipt = sync_wallet(fence, client, connection, Listener(), 50_000)
        assert (receipt.transactions, receipt.new, receipt.gaps) == (6483, 3483, ())
        assert [raw for _, raw in repository.stream(fence.wallet_id)] == lines
        mints = repository.mints(fence.wallet_id)
        assert len(mints) == 818
        assert "native" not in mints, "the feed says so where it means SOL"
        server.stats.clear()
        assert sync_wallet(fence, client, connection, Listener(), 50_000).new == 0
        assert dict(server.requests) == {"addresses": 1}


@pytest.mark.data
def test_every_route_gives_the_real_trader_the_same_ledger(
    shared_data: Path, client_of: Callable[..., HeliusClient], connection: psycopg.Connection[Any]
) -> None:
    repository = TransactionRepository(connection)
    ledgers = {}
    with ReplayServer.of_files([shared_data / "wallet-3JoVBiQE.jsonl.gz"]) as server:
        for route in HELIUS_ROUTES:
            connection.execute("DELETE FROM wallet")
            fence = take(connection, TRADER, route)
            client = client_of(server, helius_route=route)
            receipt = sync_wallet(fence, client, connection, Listener(), 50_000)
            assert (receipt.route, receipt.transactions, receipt.gaps) == (route, 6483, ())
            ledgers[route] = _money(repository.stream(fence.wallet_id))
    assert ledgers["slots"] == ledgers["pages"] == ledgers["signatures"]


def _money(stream: Iterable[tuple[str, bytes]]) -> list[dict[str, Any]]:
    """Each ledger entry as far as it is money: what only Helius' enhanced form tells, its labels, is left out."""
    book, lines = Book(TRADER), []
    for wire_format, raw in stream:
        line = ledger_line(book.read(READERS[wire_format](raw)))
        lines.append({name: value for name, value in line.items() if name not in ("label", "venue")})
    return lines
