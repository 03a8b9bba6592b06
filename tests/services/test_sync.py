import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import psycopg
import pytest
import redis
from small_history import WALLET, Listener, config_of, history, mint_of

from walletjobs.core.history import Gap, gaps
from walletjobs.core.scope import Newest
from walletjobs.db.fence import Fence, take
from walletjobs.db.transactions import TransactionRepository
from walletjobs.db.wallets import Wallet, WalletRepository
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.errors import (
    LockLost,
    ProviderRefused,
    ProviderUnavailable,
    QuotaExhausted,
    WorkerStopping,
)
from walletjobs.providers.helius import HeliusClient, HeliusLimits
from walletjobs.services.sync import sync_newest, sync_wallet

Connection = psycopg.Connection[Any]
Replay = Callable[..., ReplayServer]
ClientOf = Callable[..., HeliusClient]

ALL = 50_000


def stored(connection: Connection, fence: Fence) -> list[bytes]:
    return [raw for _, raw in TransactionRepository(connection).stream(fence.wallet_id)]


def wallet_row(connection: Connection) -> Wallet:
    wallet = WalletRepository(connection).find(WALLET)
    assert wallet is not None
    return wallet


def page_calls(server: ReplayServer) -> Counter[str]:
    """How often each page of the history was asked for, the head page apart."""
    asked = {key: times for key, times in server.stats.attempts.items() if "before-signature" in key}
    return Counter(asked)


def assert_whole(connection: Connection, fence: Fence, lines: list[bytes]) -> None:
    """Every transaction is stored once, in the order of the chain, under one range without a gap."""
    repository = TransactionRepository(connection)
    assert stored(connection, fence) == lines
    assert repository.count(fence.wallet_id) == len(lines)
    (whole,) = repository.ranges(fence.wallet_id)
    assert whole.reached_start
    assert whole.transactions == len(lines)
    keys = connection.execute("SELECT count(*) FROM wallet_transaction").fetchone()
    assert keys == (len(lines),)


def test_first_sync_stores_the_whole_history_in_order(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines, listener = history(437), Listener()
    receipt = sync_wallet(fence, client_of(replay(lines)), connection, listener, ALL)
    assert_whole(connection, fence, lines)
    assert (receipt.transactions, receipt.new, receipt.capped, receipt.gaps) == (437, 437, False, ())
    assert listener.counts == {
        "transactions": 437,
        "pages": receipt.pages,
        "calls": receipt.calls,
        "credits": receipt.credits,
    }
    assert (receipt.route, receipt.pages) == ("pages", 5)
    assert wallet_row(connection).synced_at is not None
    assert wallet_row(connection).transactions == 437


def test_progress_only_grows_and_ends_at_one(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    listener = Listener()
    sync_wallet(fence, client_of(replay(history(437))), connection, listener, ALL)
    assert listener.fractions == sorted(listener.fractions)
    assert len(set(listener.fractions)) >= 5
    assert listener.fractions[-1] == 1.0


def test_mints_are_told_once_each_as_they_become_known(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    server, listener = replay(history(437)), Listener()
    sync_wallet(fence, client_of(server), connection, listener, ALL)
    assert Counter(listener.seen_mints) == Counter(mint_of(number) for number in range(44))
    again = Listener()
    sync_wallet(fence, client_of(server), connection, again, ALL)
    assert sorted(again.seen_mints) == sorted(listener.seen_mints)


def test_transactions_that_share_slots_keep_the_order_in_which_they_are_listed(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437, lambda number: 1000 + number // 150)
    sync_wallet(fence, client_of(replay(lines)), connection, Listener(), ALL)
    assert_whole(connection, fence, lines)


def test_nothing_new_costs_one_call_and_writes_nothing(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    server = replay(lines)
    sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    before = TransactionRepository(connection).ranges(fence.wallet_id)
    server.stats.clear()
    receipt = sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert dict(server.requests) == {"addresses": 1}
    assert (receipt.new, receipt.pages) == (0, 1)
    assert TransactionRepository(connection).ranges(fence.wallet_id) == before
    assert_whole(connection, fence, lines)


def test_ten_new_transactions_cost_one_call(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    server = replay(lines, head_slot=1000 + 426)
    sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    server.change(head_slot=0)
    server.stats.clear()
    receipt = sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert receipt.new == 10
    assert dict(server.requests) == {"addresses": 1}
    assert_whole(connection, fence, lines)


@pytest.mark.parametrize("same_slot", [1, 7, 500])
def test_sync_stopped_at_any_page_goes_on_without_fetching_one_twice(
    same_slot: int, replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437, lambda number: 1000 + number // same_slot)
    server = replay(lines)
    for stop_after in range(1, 6):
        connection.execute("DELETE FROM wallet")
        fence = take(connection, WALLET, "test")
        server.stats.clear()
        with pytest.raises(WorkerStopping):
            sync_wallet(fence, client_of(server), connection, Listener(stop_after), ALL)
        assert wallet_row(connection).synced_at is None
        assert len(stored(connection, fence)) == min(100 * stop_after, 437)
        sync_wallet(take(connection, WALLET, "again"), client_of(server), connection, Listener(), ALL)
        assert_whole(connection, fence, lines)
        end = max(page_calls(server), key=lambda key: key.count(msgspec.json.decode(lines[0])["signature"]))
        repeated = {key for key, times in page_calls(server).items() if times > 1 and key != end}
        assert not repeated
        assert page_calls(server)[end] == 2, "the empty page after the last one is asked for twice, as proof"


def test_sync_stopped_at_every_page_reaches_the_end_step_by_step(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    client = client_of(replay(lines))
    counts = []
    for _ in range(4):
        fence = take(connection, WALLET, "test")
        with pytest.raises(WorkerStopping):
            sync_wallet(fence, client, connection, Listener(stop_after=2), ALL)
        counts.append(len(stored(connection, fence)))
    assert counts == [200, 300, 400, 437]


def test_head_that_moved_on_while_the_sync_was_stopped_leaves_no_hole(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(900)
    server = replay(lines, head_slot=1000 + 299)
    with pytest.raises(WorkerStopping):
        sync_wallet(fence, client_of(server), connection, Listener(1), ALL)  # 200 to 299
    server.change(head_slot=1000 + 649)
    with pytest.raises(WorkerStopping):
        sync_wallet(fence, client_of(server), connection, Listener(2), ALL)  # 450 to 649
    server.change(head_slot=0)
    with pytest.raises(WorkerStopping):
        sync_wallet(fence, client_of(server), connection, Listener(1), ALL)  # 800 to 899
    ranges = TransactionRepository(connection).ranges(fence.wallet_id)
    assert [(found.newest.slot, found.oldest.slot) for found in ranges] == [
        (1899, 1800),
        (1649, 1450),
        (1299, 1200),
    ]
    receipt = sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert receipt.gaps == ()
    assert_whole(connection, fence, lines)


@pytest.mark.parametrize("seed", range(6))
def test_any_course_of_news_and_stops_ends_in_the_whole_history(
    seed: int, replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    dice = random.Random(seed)
    slot, slots = 1000, []
    for _ in range(900):
        slot += dice.choice([0, 0, 0, 1, 3])
        slots.append(slot)
    lines = history(900, slots.__getitem__)
    server = replay(lines)
    for head in sorted(dice.sample(slots, 6)):
        server.change(head_slot=head)
        fence = take(connection, WALLET, "test")
        try:
            sync_wallet(fence, client_of(server), connection, Listener(dice.choice([1, 1, 2, 3, 9])), ALL)
        except WorkerStopping:
            continue
    server.change(head_slot=0)
    sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert_whole(connection, fence, lines)


def _lose(connection: Connection, fence: Fence, *, rows_too: bool) -> None:
    """Forget the third page from the head of a history of five, as if it had never been fetched."""
    repository = TransactionRepository(connection)
    (whole,) = repository.ranges(fence.wallet_id)
    pages = list(repository.pages(fence.wallet_id))[::-1]

    def end(page: int, line: int) -> tuple[int, str]:
        found = msgspec.json.decode(pages[page].body.split(b"\n")[line])
        return found["slot"], found["signature"]

    if rows_too:
        lost = ("DELETE FROM raw_page WHERE sequence = %s RETURNING id", [pages[2].sequence])
        (page_id,) = connection.execute(*lost).fetchone() or (None,)
        connection.execute("DELETE FROM wallet_transaction WHERE page_id = %s", [page_id])
    connection.execute("DELETE FROM sync_range")
    for newest, oldest, top, bottom, count, start in (
        (end(0, -1), end(1, 0), whole.top, pages[1].sequence, 200, False),
        (end(3, -1), end(-1, 0), pages[3].sequence, whole.bottom, 137, True),
    ):
        connection.execute(
            """
            INSERT INTO sync_range (wallet_id, newest_slot, newest_signature, oldest_slot, oldest_signature,
                                    top, bottom, transactions, reached_start)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [fence.wallet_id, *newest, *oldest, top, bottom, count, start],
        )


@pytest.mark.parametrize("rows_too", [True, False])
@pytest.mark.parametrize("same_slot", [1, 500])
def test_lost_middle_of_a_history_is_seen_as_a_gap_and_fetched_again(
    rows_too: bool, same_slot: int, replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437, lambda number: 1000 + number // same_slot)
    server = replay(lines)
    sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    _lose(connection, fence, rows_too=rows_too)
    server.stats.clear()
    receipt = sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert receipt.new == (100 if rows_too else 0)
    assert server.requests["addresses"] <= 3, (
        "the head page, the lost page, and at most where it meets the rest"
    )
    assert_whole(connection, fence, lines)


def test_late_transaction_inside_a_fetched_range_is_stored_in_its_place(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    late = [msgspec.json.decode(lines[number])["signature"] for number in (430, 380)]
    server = replay(lines, hidden=late)
    sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    server.change(hidden=())
    receipt = sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert receipt.new == 2
    assert stored(connection, fence) == lines


def test_cap_keeps_the_latest_transactions_and_says_so(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines, listener = history(437), Listener()
    server = replay(lines)
    receipt = sync_wallet(fence, client_of(server), connection, listener, 250)
    assert stored(connection, fence) == lines[-250:]
    assert receipt.capped
    assert [gap.older for gap in receipt.gaps] == [None]
    assert listener.notices == [
        ("high_frequency_wallet", "High-frequency wallet: analysis covers the latest 250 transactions.")
    ]
    wallet = wallet_row(connection)
    assert (wallet.capped, wallet.wallet_class) == (True, "high_frequency")
    assert wallet.synced_at is not None


def test_higher_cap_goes_on_where_the_lower_one_stopped(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    server = replay(lines)
    sync_wallet(fence, client_of(server), connection, Listener(), 250)
    server.stats.clear()
    sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert_whole(connection, fence, lines)
    assert server.requests["addresses"] == 5, "the head page, two older ones, and the end twice"
    assert (wallet_row(connection).capped, wallet_row(connection).wallet_class) == (False, "normal")


def test_news_beyond_the_cap_leave_a_gap_that_is_told(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(900)
    server = replay(lines, head_slot=1000 + 199)
    sync_wallet(fence, client_of(server), connection, Listener(), 150)
    server.change(head_slot=0)
    receipt = sync_wallet(fence, client_of(server), connection, Listener(), 150)
    assert receipt.capped
    assert [
        (gap.newer.slot if gap.newer else 0, gap.older.slot if gap.older else 0) for gap in receipt.gaps
    ] == [
        (1750, 1199),
        (1050, 0),
    ]


def test_wallet_of_another_class_keeps_it(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    connection.execute("UPDATE wallet SET class = 'exchange'")
    sync_wallet(fence, client_of(replay(history(437))), connection, Listener(), 100)
    assert wallet_row(connection).wallet_class == "exchange"


def test_wallet_without_transactions_is_synced_and_has_no_gap(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    server = replay(history(3), head_slot=1)
    receipt = sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert (receipt.transactions, receipt.gaps) == (0, ())
    assert wallet_row(connection).synced_at is not None
    server.change(head_slot=0)
    assert sync_wallet(fence, client_of(server), connection, Listener(), ALL).new == 3


def test_repeated_page_is_asked_for_again(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    server = replay(lines, fault={"addresses.repeat": 1.0}, fault_attempts=2)
    sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert_whole(connection, fence, lines)


@pytest.mark.parametrize("same_slot", [1, 500])
def test_server_that_ignores_the_cursor_is_an_error_and_no_endless_loop(
    same_slot: int, replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437, lambda number: 1000 + number // same_slot)
    server = replay(lines, fault={"addresses.repeat": 1.0})
    with pytest.raises(ProviderUnavailable, match="repeats a page"):
        sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert stored(connection, fence) == lines[-100:]
    assert wallet_row(connection).synced_at is None


def test_empty_answer_in_the_middle_is_not_taken_for_the_start(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    server = replay(lines, fault={"addresses.empty_page": 1.0}, fault_attempts=2)
    sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert_whole(connection, fence, lines)


def test_what_the_address_route_keeps_back_comes_by_its_signatures(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    server = replay(lines, fault={"addresses.empty_page": 1.0})
    receipt = sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert server.requests["parse"] >= 5
    assert receipt.new == 437
    assert_whole(connection, fence, lines)


def test_empty_head_of_a_known_wallet_is_a_fault_of_the_provider(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    server = replay(history(50))
    sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    synced_at = wallet_row(connection).synced_at
    server.change(fault={"empty_page": 1.0})
    with pytest.raises(ProviderUnavailable, match="older than what is stored"):
        sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert wallet_row(connection).synced_at == synced_at


@pytest.mark.parametrize("seed", range(12))
def test_history_under_every_fault_equals_the_one_without(
    seed: int, replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    faults = ("5xx", "cut", "cut_body", "empty", "empty_page", "null", "repeat", "duplicate", "malformed")
    lines = history(437, lambda number: 1000 + number // 3)
    server = replay(lines, fault=dict.fromkeys(faults, 0.04), seed=seed)
    while True:
        try:
            sync_wallet(fence, client_of(server), connection, Listener(), ALL)
            break
        except ProviderUnavailable:
            continue  # as the job does: another attempt goes on at the cursor
    assert_whole(connection, fence, lines)


def test_provider_that_is_down_leaves_what_is_stored_and_no_freshness(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    server = replay(lines)
    with pytest.raises(WorkerStopping):
        sync_wallet(fence, client_of(server), connection, Listener(2), ALL)
    server.change(down=("all",))
    with pytest.raises(ProviderUnavailable):
        sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert stored(connection, fence) == lines[-200:]
    assert wallet_row(connection).synced_at is None


def test_slow_down_with_retry_after_is_waited_for_and_told(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines, listener = history(437), Listener()
    server = replay(lines, rate={"rest": 4})
    sync_wallet(fence, client_of(server), connection, listener, ALL)
    assert server.stats.statuses["addresses 429"] >= 1
    assert_whole(connection, fence, lines)


def test_long_wait_for_the_budget_is_told_once(
    replay: Replay,
    client_of: ClientOf,
    connection: Connection,
    fence: Fence,
    redis_client: "redis.Redis[bytes]",
) -> None:
    listener, server = Listener(), replay(history(50))
    HeliusLimits.shared(redis_client, config_of(server)).rest.pause(1.5)
    sync_wallet(fence, client_of(server), connection, listener, ALL)
    assert [code for code, _ in listener.notices] == ["waiting_for_provider"]


def test_credits_used_up_end_the_sync_with_clear_words(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(437)
    server = replay(lines, quota=300)
    with pytest.raises(QuotaExhausted, match="credits"):
        sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert stored(connection, fence) == lines[-300:]


def test_wrong_key_is_refused_and_not_repeated(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    server = replay(history(5), api_key="another")
    with pytest.raises(ProviderRefused) as refused:
        sync_wallet(fence, client_of(server), connection, Listener(), ALL)
    assert "key" in refused.value.detail
    assert "a-secret-key" not in refused.value.detail
    assert dict(server.requests) == {"addresses": 1}


def test_holder_that_lost_the_wallet_writes_nothing(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    take(connection, WALLET, "another")
    with pytest.raises(LockLost):
        sync_wallet(fence, client_of(replay(history(50))), connection, Listener(), ALL)
    assert stored(connection, fence) == []
    assert TransactionRepository(connection).mints(fence.wallet_id) == set()


def test_gap_of_a_wallet_never_synced_is_everything(connection: Connection, fence: Fence) -> None:
    assert gaps(TransactionRepository(connection).ranges(fence.wallet_id)) == [Gap(None, None)]


def test_only_the_newest_are_fetched_where_no_more_is_wanted(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines, listener = history(450), Listener()
    client = client_of(replay(lines))
    receipt = sync_newest(fence, client, connection, listener, Newest(250))
    assert stored(connection, fence) == lines[-250:]
    assert (receipt.new, receipt.capped, listener.notices) == (250, False, [])
    row = wallet_row(connection)
    assert (row.synced_at, row.capped, row.wallet_class) == (None, False, "normal"), "a part is not the whole"
    sync_wallet(fence, client, connection, Listener(), ALL)
    assert_whole(connection, fence, lines)


def test_the_newest_since_a_time_are_fetched_and_at_most_a_page_more(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(450)  # a second each; the last one at slot 1449
    receipt = sync_newest(
        fence, client_of(replay(lines)), connection, Listener(), Newest(ALL, since=1_700_000_000 + 1300)
    )
    assert (receipt.new, receipt.pages) == (200, 2)


def test_a_part_of_what_is_stored_fetches_the_head_alone(
    replay: Replay, client_of: ClientOf, connection: Connection, fence: Fence
) -> None:
    lines = history(450)
    client = client_of(replay(lines))
    sync_wallet(fence, client, connection, Listener(), ALL)
    receipt = sync_newest(fence, client, connection, Listener(), Newest(250))
    assert (receipt.new, receipt.pages) == (0, 1)
    assert_whole(connection, fence, lines)
