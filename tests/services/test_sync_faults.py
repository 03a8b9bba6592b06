"""Syncs from a provider that fails in every way it can, by seed; ``make faults SEEDS=200`` runs more of them.

A seed draws the route, the faults that befall each attempt at each request, transactions that are listed late,
some that are only confirmed when first seen, and one of these that never becomes final.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
import psycopg
import pytest
from small_history import Listener, assert_no_claim_without_rows

from walletjobs.config import HELIUS_ROUTES
from walletjobs.core.book import Book
from walletjobs.db.fence import Fence, take
from walletjobs.db.transactions import TransactionRepository
from walletjobs.dev.generate import Inventor, Plan, shares_of
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.errors import ProviderUnavailable
from walletjobs.providers.files import read_line
from walletjobs.providers.helius import HeliusClient
from walletjobs.services.present import ledger_line
from walletjobs.services.sync import sync_wallet

Connection = psycopg.Connection[Any]
Replay = Callable[..., ReplayServer]
ClientOf = Callable[..., HeliusClient]

SEEDS = int(os.environ.get("FAULT_SEEDS") or 12)
COUNT = 1200
FAULTS = ("5xx", "cut", "cut_body", "empty", "empty_page", "null", "repeat", "duplicate", "malformed", "hang")


@cache
def invented() -> tuple[str, list[bytes]]:
    """A wallet with every trap, and its transactions, oldest first."""
    inventor = Inventor(Plan(COUNT, 5, 0, "small", shares_of("all=0.3"), "", "enhanced"))
    lines = [raw for raw, _ in inventor.history()]
    return inventor.world.wallet, lines


def ledger(stream: list[bytes]) -> list[dict[str, Any]]:
    """Each entry as far as it is money: what only the enhanced form tells, its labels, is left out."""
    book = Book(invented()[0])
    lines = (ledger_line(book.read(read_line(raw))) for raw in stream)
    return [{name: value for name, value in line.items() if name not in ("label", "venue")} for line in lines]


def raws(connection: Connection, fence: Fence) -> list[bytes]:
    return [raw for _, raw in TransactionRepository(connection).stream(fence.wallet_id)]


def signature(line: bytes) -> str:
    return str(msgspec.json.decode(line)["signature"])


@pytest.mark.parametrize("seed", range(SEEDS))
def test_ledger_under_every_fault_equals_the_one_without(
    seed: int,
    replay: Replay,
    client_of: ClientOf,
    connection: Connection,
) -> None:
    dice, route = random.Random(seed), HELIUS_ROUTES[seed % len(HELIUS_ROUTES)]
    wallet, lines = invented()
    late, fresh = dice.sample(lines[-80:-10], 2), dice.sample(lines[-10:], 3)
    vanishing = fresh[0]
    hidden, unfinal = [signature(line) for line in late], [signature(line) for line in fresh]
    chosen = dice.sample(FAULTS, dice.randint(1, len(FAULTS)))
    share = dice.choice([0.02, 0.08, 0.2]) / len(chosen)
    server = replay(lines, seed=seed, hidden=hidden, unfinalized=unfinal, hang_seconds=4.0)
    client = client_of(server, timeout=3.0 if "hang" in chosen else 30.0, helius_route=route)

    necessary = sum(_sync_both(server, client, connection, wallet, hidden, unfinal, vanishing, lines))
    faultless = ledger(raws(connection, take(connection, wallet, "look")))
    connection.execute("DELETE FROM wallet")
    server.change(hidden=hidden, unfinalized=unfinal, fault=dict.fromkeys(chosen, share))
    server.stats.clear()
    made = sum(_sync_both(server, client, connection, wallet, hidden, unfinal, vanishing, lines))

    fence = take(connection, wallet, "look")
    kept = [line for line in lines if line != vanishing]
    found = ledger(raws(connection, fence))
    assert found == faultless
    assert Counter(line["signature"] for line in found) == Counter(map(signature, kept))
    (whole,) = TransactionRepository(connection).ranges(fence.wallet_id)
    assert (whole.reached_start, whole.transactions) == (True, len(kept))
    faults = sum(server.stats.faults.values())
    assert made <= 1.05 * necessary + 2 * faults + 2, (
        "what a fault costs is a retry, at most with a second question"
    )


def _sync_both(
    server: ReplayServer,
    client: HeliusClient,
    connection: Connection,
    wallet: str,
    hidden: list[str],
    unfinal: list[str],
    vanishing: bytes,
    lines: list[bytes],
) -> list[int]:
    """A first sync, and one after everything has become final or has vanished; the calls of each."""
    server.change(hidden=hidden, unfinalized=unfinal)
    before = [line for line in lines if signature(line) not in (*hidden, *unfinal)]
    first = _sync(server, client, connection, wallet, before)
    server.change(hidden=[signature(vanishing)], unfinalized=[])
    return [first, _sync(server, client, connection, wallet, [line for line in lines if line != vanishing])]


def _sync(
    server: ReplayServer, client: HeliusClient, connection: Connection, wallet: str, lines: list[bytes]
) -> int:
    """Syncs as often as it takes, as the job does; returns the calls."""
    before = sum(server.requests.values())
    while True:
        fence = take(connection, wallet, "test")
        try:
            sync_wallet(fence, client, connection, Listener(), 50_000)
        except ProviderUnavailable:
            assert_no_claim_without_rows(connection, fence, lines)
        else:
            return sum(server.requests.values()) - before
