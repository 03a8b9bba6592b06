"""Each route to a wallet's history, and what happens where a plan does not include one."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import psycopg
import pytest
from small_history import WALLET, Listener, history, mint_of

from walletjobs.config import HELIUS_ROUTES
from walletjobs.db.fence import Fence, take
from walletjobs.db.transactions import TransactionRepository
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.errors import NotOffered, WorkerStopping
from walletjobs.providers.files import read_line
from walletjobs.providers.helius import HeliusClient
from walletjobs.services.sync import sync_wallet

Connection = psycopg.Connection[Any]
Replay = Callable[..., ReplayServer]
ClientOf = Callable[..., HeliusClient]

ALL = 50_000
METHOD = "getTransactionsForAddress"


def signatures(lines: list[bytes]) -> list[str]:
    return [msgspec.json.decode(line)["signature"] for line in lines]


def stored(connection: Connection, fence: Fence) -> list[str]:
    stream = TransactionRepository(connection).stream(fence.wallet_id)
    return [read_line(raw).signature for _, raw in stream]


def assert_whole(connection: Connection, fence: Fence, lines: list[bytes]) -> None:
    """Every transaction is stored once, in the order of the chain, under one range without a gap."""
    repository = TransactionRepository(connection)
    assert stored(connection, fence) == signatures(lines)
    (whole,) = repository.ranges(fence.wallet_id)
    assert (whole.reached_start, whole.transactions) == (True, len(lines))
    assert repository.parts(fence.wallet_id) == []
    keys = connection.execute("SELECT count(*) FROM wallet_transaction").fetchone()
    assert keys == (len(lines),)


def assert_no_claim_without_rows(connection: Connection, fence: Fence, lines: list[bytes]) -> None:
    """What a range says is held is stored."""
    have = set(stored(connection, fence))
    placed = [(read_line(line).slot, read_line(line).signature) for line in lines]
    order = {signature: at for at, (_, signature) in enumerate(placed)}
    for held in TransactionRepository(connection).ranges(fence.wallet_id):
        between = placed[order[held.oldest.signature] : order[held.newest.signature] + 1]
        assert {signature for _, signature in between} <= have
        assert {signature for slot, signature in placed if slot in held.whole} <= have


@pytest.mark.parametrize("same_slot", [1, 3, 150])
@pytest.mark.parametrize("route", HELIUS_ROUTES)
def test_every_route_stores_the_whole_history_in_order(
    route: str, same_slot: int, replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines, listener = history(437, lambda number: 1000 + number // same_slot), Listener()
    receipt = sync_wallet(fence, client_of(replay(lines), helius_route=route), connection, listener, ALL)
    assert_whole(connection, fence, lines)
    assert (receipt.transactions, receipt.new, receipt.capped, receipt.gaps) == (437, 437, False, ())
    assert receipt.route == route
    assert Counter(listener.seen_mints) == Counter(mint_of(number) for number in range(44))
    assert listener.fractions == sorted(listener.fractions)
    assert listener.fractions[-1] == 1.0


def test_calls_and_credits_are_told_before_and_counted_after(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    server, listener = replay(history(437)), Listener()
    receipt = sync_wallet(fence, client_of(server, helius_route="slots"), connection, listener, ALL)
    told = f"Reading about 437 transactions by {METHOD}: about 7 calls, 70 credits, 1 s."
    assert listener.notices == [("sync_plan", told)]
    assert (receipt.calls, receipt.credits) == (7, 70)
    assert dict(server.requests) == {METHOD: 7}
    assert server.stats.credits == 70
    assert listener.counts == {"transactions": 437, "pages": 5, "calls": 7, "credits": 70, "expected": 437}


@pytest.mark.parametrize(
    ("refused", "taken"),
    [
        ([METHOD], "pages"),
        ([METHOD, "full", "addresses"], "signatures"),
        ([METHOD, "full", "addresses", "parse"], None),
    ],
)
def test_route_that_the_plan_does_not_include_gives_way_to_the_next(
    refused: list[str],
    taken: str | None,
    replay: Replay,
    client_of: ClientOf,
    connection: Connection,
    fence: Fence,
) -> None:
    lines, listener = history(437), Listener()
    client = client_of(replay(lines, refuse=refused), helius_route="slots")
    if taken is None:
        with pytest.raises(NotOffered):
            sync_wallet(fence, client, connection, listener, ALL)
        return
    assert sync_wallet(fence, client, connection, listener, ALL).route == taken
    assert_whole(connection, fence, lines)
    assert [code for code, _ in listener.notices].count("route_not_offered") == HELIUS_ROUTES.index(taken)


@pytest.mark.parametrize("route", HELIUS_ROUTES)
def test_nothing_new_and_ten_new_transactions_cost_one_page_each(
    route: str, replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    server = replay(lines, head_slot=1000 + 426)
    client = client_of(server, helius_route=route)
    sync_wallet(fence, client, connection, Listener(), ALL)
    for new in (0, 10):
        server.stats.clear()
        receipt = sync_wallet(fence, client, connection, Listener(), ALL)
        assert (receipt.new, receipt.pages) == (new, 1)
        assert receipt.calls == sum(server.requests.values()) == (2 if route == "signatures" else 1)
        server.change(head_slot=0)
    assert_whole(connection, fence, lines)


@pytest.mark.parametrize("stop_after", range(1, 6))
@pytest.mark.parametrize("route", HELIUS_ROUTES)
def test_sync_stopped_at_any_page_goes_on_without_fetching_one_twice(
    route: str, stop_after: int, replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437, lambda number: 1000 + number // 3)
    server = replay(lines, latency={"full": 30})
    client = client_of(server, helius_route=route)
    with pytest.raises(WorkerStopping):
        sync_wallet(fence, client, connection, Listener(stop_after), ALL)
    assert_no_claim_without_rows(connection, fence, lines)
    fetched = stored(connection, fence)
    server.stats.clear()
    receipt = sync_wallet(take(connection, WALLET, "again"), client, connection, Listener(), ALL)
    assert_whole(connection, fence, lines)
    assert receipt.new == 437 - len(fetched)
    assert receipt.pages <= 1 + -(-(437 - len(fetched)) // 99), "the head page, and what was missing"


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("routes", [("slots",), HELIUS_ROUTES])
def test_any_course_of_news_stops_and_routes_ends_in_the_whole_history(
    seed: int,
    routes: tuple[str, ...],
    replay: Replay,
    client_of: ClientOf,
    connection: Connection,
    fence: Fence,
) -> None:
    dice = random.Random(seed)
    slot, slots = 1000, []
    for _ in range(900):
        slot += dice.choice([0, 0, 0, 1, 3])
        slots.append(slot)
    lines = history(900, slots.__getitem__)
    server = replay(lines, latency={"full": 5})
    for head in sorted(dice.sample(slots, 6)):
        server.change(head_slot=head)
        fence = take(connection, WALLET, "test")
        client = client_of(server, helius_route=dice.choice(routes))
        with suppress(WorkerStopping):
            sync_wallet(fence, client, connection, Listener(dice.choice([1, 1, 2, 3, 9])), ALL)
        assert_no_claim_without_rows(connection, fence, lines)
    server.change(head_slot=0)
    sync_wallet(fence, client_of(server, helius_route=dice.choice(routes)), connection, Listener(), ALL)
    assert_whole(connection, fence, lines)
