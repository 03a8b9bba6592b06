"""Each route to a wallet's history, and what happens where a plan does not include one."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from small_history import (
    WALLET,
    Listener,
    assert_no_claim_without_rows,
    assert_whole,
    history,
    mint_of,
    signature_of,
    stored,
)

from walletjobs.config import HELIUS_ROUTES
from walletjobs.db.fence import Fence, take
from walletjobs.db.parts import PartRepository
from walletjobs.dev.replay.options import FAULTS
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.dev.replay.stats import peak
from walletjobs.errors import NotOffered, ProviderUnavailable, QuotaExhausted, WorkerStopping
from walletjobs.providers.helius import HeliusClient
from walletjobs.services.sync import sync_wallet

Connection = psycopg.Connection[Any]
Replay = Callable[..., ReplayServer]
ClientOf = Callable[..., HeliusClient]

ALL = 50_000
METHOD = "getTransactionsForAddress"


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
    assert listener.counts == {"transactions": 437, "pages": 5, "calls": 7, "credits": 70}


@pytest.mark.parametrize(
    ("route", "told", "calls"),
    [
        (
            "pages",
            "Reading by enhanced transactions of the address, to the wallet's start or the cap: at most 49,900 "
            "transactions more, 499 calls, 49,900 credits, 282 s.",
            {"addresses": 7, "getSignaturesForAddress": 2},
        ),
        (
            "signatures",
            "Reading by signatures, each parsed, to the wallet's start or the cap: at most 49,900 "
            "transactions more, 549 calls, 50,399 credits, 282 s.",
            {"getSignaturesForAddress": 5, "parse": 5},
        ),
    ],
)
def test_of_a_history_that_nobody_has_counted_the_most_is_told(
    route: str,
    told: str,
    calls: dict[str, int],
    replay: Replay,
    client_of: ClientOf,
    connection: Connection,
    fence: Fence,
) -> None:
    server, listener = replay(history(437)), Listener()
    receipt = sync_wallet(fence, client_of(server, helius_route=route), connection, listener, ALL)
    assert listener.notices[0] == ("sync_plan", told)
    assert dict(server.requests) == calls
    assert (receipt.calls, receipt.credits) == (sum(calls.values()), server.stats.credits)


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
    told = Counter(code for code, _ in listener.notices)
    assert told["route_not_offered"] == HELIUS_ROUTES.index(taken)
    assert told["route_incomplete"] == (taken == "signatures")


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


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "hang"])
@pytest.mark.parametrize("route", HELIUS_ROUTES)
def test_every_fault_alone_is_overcome_on_every_route(
    route: str, fault: str, replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437, lambda number: 1000 + number // 3)
    server = replay(lines, fault={fault: 0.5}, fault_attempts=2)
    client = client_of(server, helius_route=route)
    while True:
        with suppress(ProviderUnavailable):  # as the job does: another attempt goes on
            sync_wallet(fence, client, connection, Listener(), ALL)
            break
    assert server.stats.faults[fault] > 0
    assert_whole(connection, fence, lines)


@pytest.mark.parametrize("route", HELIUS_ROUTES)
def test_call_that_hangs_is_given_up_and_made_again(
    route: str, replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(137)
    server = replay(lines, fault={"hang": 0.3}, fault_attempts=1, hang_seconds=10)
    sync_wallet(fence, client_of(server, timeout=2, helius_route=route), connection, Listener(), ALL)
    assert server.stats.faults["hang"] > 0
    assert_whole(connection, fence, lines)


def test_provider_that_goes_down_leaves_what_is_stored_and_what_is_owed(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(1137)
    server = replay(lines, latency={"full": 50}, fault={"full.5xx": 1.0})
    client = client_of(server, helius_route="slots")
    with pytest.raises(ProviderUnavailable):
        sync_wallet(fence, client, connection, Listener(), ALL)
    owed = PartRepository(connection).all(fence.wallet_id)
    assert sum(part.transactions for part in owed) >= 1000
    server.change(fault={})
    server.stats.clear()
    receipt = sync_wallet(fence, client, connection, Listener(), ALL)
    assert_whole(connection, fence, lines)
    listings = [key for key in server.stats.attempts if "signatures" in key and "asc" not in key]
    assert len(listings) <= 1, "what is owed is not listed again"
    assert receipt.new == 1137


def test_part_that_brings_less_than_was_listed_is_no_part(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    server = replay(lines, fault={"full.empty_page": 1.0})
    with pytest.raises(ProviderUnavailable, match=r"lists \d+ transactions that it does not serve"):
        sync_wallet(fence, client_of(server, helius_route="slots"), connection, Listener(), ALL)
    assert_no_claim_without_rows(connection, fence, lines)
    assert stored(connection, fence) == []
    server.change(fault={})
    sync_wallet(fence, client_of(server, helius_route="slots"), connection, Listener(), ALL)
    assert_whole(connection, fence, lines)


def test_wallet_of_which_the_provider_lists_nothing_is_empty_when_it_says_so_often(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    server = replay(history(3), head_slot=1)
    client = client_of(server, helius_route="slots")
    receipt = sync_wallet(fence, client, connection, Listener(), ALL)
    assert (receipt.transactions, receipt.gaps, receipt.calls) == (0, (), 4)
    server.change(head_slot=0)
    assert sync_wallet(fence, client, connection, Listener(), ALL).new == 3


@pytest.mark.parametrize("route", HELIUS_ROUTES)
def test_what_is_only_confirmed_is_not_stored_and_may_vanish(
    route: str, replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    vanishing, becoming_final = lines[435], lines[436]
    server = replay(lines, unfinalized=[signature_of(vanishing), signature_of(becoming_final)])
    client = client_of(server, helius_route=route)
    sync_wallet(fence, client, connection, Listener(), ALL)
    assert_whole(connection, fence, lines[:435])
    server.change(unfinalized=[], hidden=[signature_of(vanishing)])
    sync_wallet(fence, client, connection, Listener(), ALL)
    assert_whole(connection, fence, [*lines[:435], becoming_final])


@pytest.mark.parametrize("same_slot", [1, 7])
@pytest.mark.parametrize("route", HELIUS_ROUTES)
def test_transaction_that_is_listed_late_comes_with_the_next_head_page(
    route: str, same_slot: int, replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437, lambda number: 1000 + number // same_slot)
    server = replay(lines, hidden=[signature_of(lines[number]) for number in (430, 380)])
    client = client_of(server, helius_route=route)
    sync_wallet(fence, client, connection, Listener(), ALL)
    server.change(hidden=())
    assert sync_wallet(fence, client, connection, Listener(), ALL).new == 2
    assert_whole(connection, fence, lines)


def test_transactions_that_turn_up_between_listing_and_fetching_come_too(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    server = replay(lines, latency={"full": 50})
    late = [signature_of(lines[number]) for number in range(150, 170)]
    server.change(hidden=late)

    class Unveiling(Listener):
        def notice(self, code: str, message: str) -> None:
            server.change(hidden=())

    sync_wallet(fence, client_of(server, helius_route="slots"), connection, Unveiling(), ALL)
    sync_wallet(fence, client_of(server, helius_route="slots"), connection, Listener(), ALL)
    assert_no_claim_without_rows(connection, fence, lines)


@pytest.mark.parametrize("rows_too", [True, False])
def test_lost_middle_of_a_history_is_a_gap_and_fetched_again(
    rows_too: bool, replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(937)
    server = replay(lines)
    client = client_of(server, helius_route="slots")
    sync_wallet(fence, client, connection, Listener(), ALL)
    connection.execute("DELETE FROM sync_range")
    for (newest, oldest), count, start in (((936, 700), 237, False), ((399, 0), 400, True)):
        ends = [1000 + newest, signature_of(lines[newest]), 1000 + oldest, signature_of(lines[oldest])]
        connection.execute(
            """
            INSERT INTO sync_range (wallet_id, newest_slot, newest_signature, oldest_slot, oldest_signature,
                                    top, bottom, transactions, reached_start, whole_first, whole_last)
            VALUES (%s, %s, %s, %s, %s, 2, 2, %s, %s, %s, %s)
            """,
            [fence.wallet_id, *ends, count, start, 1000 + oldest if oldest else 0, 1000 + newest],
        )
    if rows_too:
        lost = "DELETE FROM raw_page WHERE first_slot > 1399 AND last_slot < 1700 RETURNING id"
        pages = [page for (page,) in connection.execute(lost)]
        connection.execute("DELETE FROM wallet_transaction WHERE page_id = ANY(%s)", [pages])
    server.stats.clear()
    receipt = sync_wallet(fence, client, connection, Listener(), ALL)
    assert receipt.pages == 1 + 4, "the head page, and four for three hundred"
    assert (receipt.new > 0) is rows_too
    assert_whole(connection, fence, lines)


def test_cap_keeps_the_latest_transactions_to_the_end_of_their_slot(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines, listener = history(437, lambda number: 1000 + number // 10), Listener()
    client = client_of(replay(lines), helius_route="slots")
    receipt = sync_wallet(fence, client, connection, listener, 255)
    assert stored(connection, fence) == [signature_of(line) for line in lines[180:]]
    assert receipt.capped
    assert [gap.older for gap in receipt.gaps] == [None]
    assert listener.notices[-1][0] == "high_frequency_wallet"
    higher = sync_wallet(fence, client, connection, Listener(), ALL)
    assert (higher.new, higher.capped) == (180, False)
    assert_whole(connection, fence, lines)


def test_sixteen_calls_keep_to_the_shared_budget_and_say_that_they_wait(
    replay: Replay,
    client_of: ClientOf,
    connection: Connection,
    fence: Fence,
) -> None:
    lines, listener = history(1837), Listener()
    server = replay(lines, rate={"rpc": 8})
    sync_wallet(fence, client_of(server, helius_route="slots", helius_rpc_rate=8), connection, listener, ALL)
    assert_whole(connection, fence, lines)
    assert peak(list(server.stats.accepted["rpc"]), 1.0) <= 9
    assert "waiting_for_provider" in [code for code, _ in listener.notices]


def test_provider_that_is_slower_than_we_were_told_is_no_provider_without_credits(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(1837)
    server = replay(lines, rate={"rpc": 8})
    sync_wallet(fence, client_of(server, helius_route="slots"), connection, Listener(), ALL)
    assert server.stats.statuses["getTransactionsForAddress 429"] > 5
    assert_whole(connection, fence, lines)


def test_credits_used_up_end_the_scan_with_clear_words_and_what_came_stays(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    server = replay(lines, quota=50, latency={"full": 30})
    with pytest.raises(QuotaExhausted, match="credits"):
        sync_wallet(fence, client_of(server, helius_route="slots"), connection, Listener(), ALL)
    assert len(stored(connection, fence)) >= 100
    assert_no_claim_without_rows(connection, fence, lines)
