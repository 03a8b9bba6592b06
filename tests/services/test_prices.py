"""What SOL cost when a wallet traded: asked for, stored, and taken from its own conversions where nobody answers."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import psycopg
import pytest
import redis
from scenes import JUPITER, MINT, POOL, Scene
from scenes import WALLET as TRADER
from small_history import Listener, config_of, history
from wires import enhanced

from walletjobs.core.progress import Silence
from walletjobs.core.series import DAY, HOUR, MINUTE, OWN_LEG, Bar, Precision
from walletjobs.core.units import LAMPORTS_PER_SOL, USDC
from walletjobs.db.fence import Fence, take
from walletjobs.db.prices import PriceRepository
from walletjobs.db.transactions import TransactionRepository
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.dev.solprice import cents_at, price_at
from walletjobs.errors import Cancelled
from walletjobs.providers import binance, coinbase
from walletjobs.providers.helius import HeliusClient
from walletjobs.services.prices import PriceSource, fill_prices, stored_prices, wallet_prices
from walletjobs.services.sync import sync_wallet

Connection = psycopg.Connection[Any]
Replay = Callable[..., ReplayServer]
Market = Callable[..., ReplayServer]
ClientOf = Callable[..., HeliusClient]
SourcesOf = Callable[[ReplayServer], tuple[PriceSource, ...]]

NOW = 1_760_000_000
RECENT = NOW - 40 * DAY - (NOW - 40 * DAY) % HOUR  # a full hour
OLD = RECENT - 200 * DAY
SOL = LAMPORTS_PER_SOL
SILENCE = Silence()


@pytest.fixture
def sources_of(redis_client: "redis.Redis[bytes]") -> SourcesOf:
    """Both markets at a replay server, impatient in their retries."""

    def sources(server: ReplayServer) -> tuple[PriceSource, ...]:
        config = config_of(server)
        paces = [replace(module.pace(redis_client, config), backoff=0.002) for module in (binance, coinbase)]
        return binance.BinanceClient(config, paces[0]), coinbase.CoinbaseClient(config, paces[1])

    return sources


@pytest.fixture
def market(replay: Replay) -> Market:
    """Starts a server of both markets; options as keywords."""
    return lambda **options: replay(history(5), **{"invent_sol_price": True, **options})


@pytest.fixture
def trader(replay: Replay, client_of: ClientOf, connection: Connection) -> Callable[..., Fence]:
    """Stores a history of scenes for a wallet, and says which."""

    def store(*scenes: Scene) -> Fence:
        fence = take(connection, TRADER, "test")
        lines = [msgspec.json.encode(enhanced(scene)) for scene in scenes]
        sync_wallet(fence, client_of(replay(lines)), connection, SILENCE, 1000)
        return fence

    return store


def converted(slot: int, at: int, usd: int, lamports: int = SOL) -> Scene:
    """SOL becomes USDC: ``usd`` in millionths."""
    return (
        Scene(slot, at=at).call(JUPITER).pay(TRADER, POOL, lamports).outside().move(USDC, POOL, TRADER, usd)
    )


def bought(slot: int, at: int, usd: int) -> Scene:
    """USDC becomes a token."""
    return Scene(slot, at=at).call(JUPITER).move(USDC, TRADER, POOL, usd).move(MINT, POOL, TRADER, 10**6)


def hour_close(start: int) -> int:
    return round(price_at(start + HOUR) * 100) * 10_000


def minute_close(start: int) -> int:
    return cents_at(start) * 10_000


def test_recent_trades_get_the_close_of_their_minute_and_old_ones_of_their_hour(
    market: Market, sources_of: SourcesOf, connection: Connection
) -> None:
    server = market()
    times = [RECENT + 61, RECENT + 119, OLD + 61]
    priced = fill_prices(connection, sources_of(server), times, SILENCE, NOW)
    assert priced.series.at(RECENT + 61) == minute_close(RECENT + 60)
    assert priced.series.at(OLD + 61) == hour_close(OLD)
    assert priced.precision == Precision(minute=2, hour=1, own_leg=0, unpriced=0)
    assert (priced.missing, dict(priced.reasons)) == ([], {})
    assert dict(server.requests) == {"binance": 2}, "a request for the minutes, one for the hours"
    assert PriceRepository(connection).of_times([OLD]) == [Bar(OLD, HOUR, hour_close(OLD), "binance")]


def test_what_is_stored_is_not_asked_for_again_and_stays_as_it_was(
    market: Market, sources_of: SourcesOf, connection: Connection
) -> None:
    server = market()
    PriceRepository(connection).store([Bar(RECENT, MINUTE, 1, "csv"), Bar(OLD, HOUR, 2, "csv")])
    priced = fill_prices(connection, sources_of(server), [RECENT, OLD + 5], SILENCE, NOW)
    assert [priced.series.at(RECENT), priced.series.at(OLD + 5)] == [1, 2]
    fill_prices(connection, sources_of(server), [RECENT + 60], SILENCE, NOW)
    fill_prices(connection, sources_of(server), [RECENT + 60], SILENCE, NOW)
    assert dict(server.requests) == {"binance": 1}
    assert stored_prices(connection, [RECENT, RECENT + 60]).at(RECENT + 60) == minute_close(RECENT + 60)


def test_a_busy_quarter_takes_as_many_requests_as_its_days_and_no_more(
    market: Market, sources_of: SourcesOf, connection: Connection
) -> None:
    server = market()
    times = [RECENT + day * DAY + 600 * each for day in (0, 1, 7) for each in range(100)]
    priced = fill_prices(connection, sources_of(server), times, SILENCE, NOW)
    assert priced.precision.unpriced == 0
    assert dict(server.requests) == {"binance": 3}, "990 minutes each; the nights between are not fetched"


def test_coinbase_answers_where_binance_is_down_and_an_hour_fills_a_minute_without_trades(
    market: Market, sources_of: SourcesOf, connection: Connection
) -> None:
    server = market(down=("binance",))
    times = list(range(RECENT, RECENT + 200 * MINUTE, MINUTE))
    untraded = [each for each in times if not each // MINUTE % 97]
    priced = fill_prices(connection, sources_of(server), times, SILENCE, NOW)
    assert set(priced.reasons) == {"binance"}
    assert priced.precision == Precision(200 - len(untraded), len(untraded), 0, 0)
    assert all(priced.series.at(each) == hour_close(each - each % HOUR) for each in untraded)
    server.stats.clear()
    fill_prices(connection, sources_of(server), times, SILENCE, NOW)
    assert dict(server.requests) == {}, "the hour is a price too"


def test_a_market_that_dies_half_way_leaves_the_rest_to_the_other(
    market: Market, sources_of: SourcesOf, connection: Connection
) -> None:
    server = market()

    class Fatal(Silence):
        def checkpoint(self) -> None:
            server.change(down=("binance",))

    times = [RECENT, RECENT + 3 * DAY, RECENT + 6 * DAY]
    priced = fill_prices(connection, sources_of(server), times, Fatal(), NOW)
    assert [bar.source for bar in PriceRepository(connection).all()] == ["binance", "coinbase", "coinbase"]
    assert priced.precision.minute == 3
    assert server.requests["coinbase"] == 2


def test_nobody_answering_is_no_error_but_told_with_what_is_missing(
    market: Market, sources_of: SourcesOf, connection: Connection
) -> None:
    server = market(down=("binance",), refuse=("coinbase",))
    priced = fill_prices(connection, sources_of(server), [RECENT + 30, OLD], SILENCE, NOW)
    assert (priced.missing, priced.precision) == ([OLD, RECENT], Precision(0, 0, 0, 2))
    assert "503" in priced.reasons["binance"]
    assert "Coinbase" in priced.reasons["coinbase"]
    assert dict(server.requests) == {"binance": 3, "coinbase": 1}, "neither is asked for the second span"
    server.change(down=(), refuse=())
    assert fill_prices(connection, sources_of(server), [RECENT + 30, OLD], SILENCE, NOW).missing == []


def test_faults_on_the_way_lose_nothing(
    market: Market, sources_of: SourcesOf, connection: Connection
) -> None:
    faults = ("5xx", "cut", "cut_body", "empty", "malformed")
    server = market(fault=dict.fromkeys(faults, 0.2), fault_attempts=2, seed=5)
    times = [RECENT + day * DAY for day in range(20)]
    priced = fill_prices(connection, sources_of(server), times, SILENCE, NOW)
    assert [priced.series.at(each) for each in times] == [minute_close(each) for each in times]
    assert dict(priced.reasons) == {}


def test_no_times_and_no_markets_ask_nobody(
    market: Market, sources_of: SourcesOf, connection: Connection
) -> None:
    server = market()
    assert fill_prices(connection, sources_of(server), [], SILENCE, NOW).precision == Precision(0, 0, 0, 0)
    assert fill_prices(connection, (), [RECENT], SILENCE, NOW).missing == [RECENT]
    assert fill_prices(connection, sources_of(server), [NOW, NOW + DAY, 0], SILENCE, NOW).missing == []
    assert dict(server.requests) == {}


def test_cancelled_filling_keeps_what_was_stored(
    market: Market, sources_of: SourcesOf, connection: Connection
) -> None:
    class Cancelling(Silence):
        def checkpoint(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        fill_prices(connection, sources_of(market()), [RECENT, RECENT + 9 * DAY], Cancelling(), NOW)
    assert len(list(PriceRepository(connection).all())) == 1


def test_a_wallets_minutes_are_those_of_its_transactions_each_once(
    trader: Callable[..., Fence], connection: Connection
) -> None:
    fence = trader(bought(1, OLD + 59, 10**6), bought(2, OLD + 61, 10**6), bought(3, OLD + 119, 10**6))
    assert TransactionRepository(connection).minutes(fence.wallet_id) == [OLD, OLD + 60]


def test_own_conversions_price_their_minutes_while_no_market_answers(
    market: Market, sources_of: SourcesOf, trader: Callable[..., Fence], connection: Connection
) -> None:
    fence = trader(converted(1, OLD + 5, 150_000_000), bought(2, OLD + 50, 10**7), bought(3, OLD + 61, 10**7))
    server, listener = market(down=("all",)), Listener()
    priced = wallet_prices(fence, connection, sources_of(server), listener)
    assert [priced.series.at(OLD + second) for second in (5, 50, 61)] == [150_000_000, 150_000_000, None]
    assert priced.precision == Precision(0, 0, own_leg=1, unpriced=1)
    assert list(PriceRepository(connection).all()) == [Bar(OLD, MINUTE, 150_000_000, OWN_LEG)]
    ((code, message),) = listener.notices
    assert code == "prices_missing"
    assert "in 1 of the 2 minutes" in message
    assert "Binance" in message
    assert "Coinbase" in message
    server.change(down=())
    priced = wallet_prices(fence, connection, sources_of(server), listener)
    assert priced.series.at(OLD + 5) == hour_close(OLD), "the market's price, now that there is one"
    assert len(listener.notices) == 1


def test_own_conversion_at_an_odd_price_or_of_dust_prices_nothing(
    trader: Callable[..., Fence], connection: Connection
) -> None:
    PriceRepository(connection).store([Bar(OLD - HOUR, HOUR, 100_000_000, "binance")])
    fence = trader(
        converted(1, OLD, 1_000_000_000_000),
        converted(2, OLD + 60, 140_000_000),
        converted(3, OLD + 120, 140, lamports=1000),
    )
    priced = wallet_prices(fence, connection, (), Listener())
    assert [priced.series.at(OLD + second) for second in (0, 60, 120)] == [None, 140_000_000, None]


def test_what_a_market_leaves_out_in_the_present_minute_is_no_fault_to_tell(
    market: Market, sources_of: SourcesOf, trader: Callable[..., Fence], connection: Connection
) -> None:
    listener = Listener()
    fence = trader(bought(1, int(time.time()), 10**7))
    priced = wallet_prices(fence, connection, sources_of(market()), listener)
    assert (priced.precision.unpriced, listener.notices) == (1, [])


def test_what_no_market_has_is_told_too(
    market: Market, sources_of: SourcesOf, trader: Callable[..., Fence], connection: Connection
) -> None:
    listener = Listener()
    fence = trader(bought(1, OLD, 10**7))
    wallet_prices(fence, connection, sources_of(market(invent_sol_price=False)), listener)
    ((code, message),) = listener.notices
    assert code == "prices_missing"
    assert message.endswith("No market that we ask has one.")
