"""Early figures while older history loads."""

from collections.abc import Callable
from typing import Any

import msgspec
import psycopg
from small_history import Listener, history

from walletjobs.db.fence import Fence
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.providers.helius import HeliusClient
from walletjobs.services.sync import sync_wallet

Connection = psycopg.Connection[Any]
Replay = Callable[..., ReplayServer]
ClientOf = Callable[..., HeliusClient]


def test_long_sync_tells_early_figures_of_its_newest_transactions(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines, listener = history(1900), Listener()
    client = client_of(replay(lines, latency={"addresses": 200}))
    sync_wallet(fence, client, connection, listener, 50_000)
    (told,) = listener.partials
    coverage = told["coverage"]
    assert (coverage["complete"], coverage["transactions"]) == (False, 1000)
    assert coverage["lastSlot"] == msgspec.json.decode(lines[-1])["slot"]
    assert coverage["firstSlot"] == msgspec.json.decode(lines[-1000])["slot"]
    assert told["stored"] >= 1000
    assert told["expected"] is None, "who reads page by page does not know"
    assert told["wallet"]["realizedPnlLamports"] == 0


def test_short_sync_tells_none(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    listener = Listener()
    sync_wallet(fence, client_of(replay(history(437))), connection, listener, 50_000)
    assert listener.partials == []
