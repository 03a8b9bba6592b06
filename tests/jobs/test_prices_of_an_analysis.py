"""An analysis values stablecoin trades by what SOL cost at the time, and says so where nobody knows."""

from typing import Any

import fakeredis
import pytest
from jobservice import Service
from scenes import JUPITER, MINT, OTHER_MINT, POOL, START, WALLET, Scene
from wires import enhanced

from walletjobs.core.series import HOUR, MINUTE, Bar
from walletjobs.core.units import LAMPORTS_PER_SOL, USDC
from walletjobs.db.prices import PriceRepository
from walletjobs.dev.solprice import price_at
from walletjobs.jobs import events

PRICE = round(price_at(START + HOUR) * 100) * 10_000  # of the hour in which all of it happens
USD = 1_000_000


def history() -> list[dict[str, Any]]:
    """A conversion, a token bought and sold for USDC, another bought for SOL."""
    scenes = [
        Scene(1, at=START).call(JUPITER).pay(WALLET, POOL, LAMPORTS_PER_SOL).move(USDC, POOL, WALLET, 149 * USD),
        Scene(2, at=START + 61).call(JUPITER).move(USDC, WALLET, POOL, 30 * USD).move(MINT, POOL, WALLET, 900),
        Scene(3, at=START + 122).call(JUPITER).move(MINT, WALLET, POOL, 900).move(USDC, POOL, WALLET, 45 * USD),
        Scene(4, at=START + 183).call(JUPITER).pay(WALLET, POOL, 10**8).move(OTHER_MINT, POOL, WALLET, 5),
    ]  # fmt: skip
    return [enhanced(scene) for scene in scenes]


@pytest.fixture
def analyze(make_service):
    """Runs an analysis against markets as the options have them; returns its service and its job."""

    def run(**options: Any) -> tuple[Service, str]:
        service = make_service(fakeredis.FakeRedis(), history(), invent_sol_price=True, **options)
        job_id = service.submit(WALLET, enrich_metadata=False).job_id
        service.work()
        return service, job_id

    return run


def figures(service: Service, mint: str = MINT) -> dict[str, Any]:
    return service.one("SELECT figures FROM token_result WHERE method = 'fifo' AND mint = %s", mint)


def test_stablecoin_trades_are_worth_their_sol_of_that_time(analyze):
    service, job_id = analyze()
    token = figures(service)
    assert token["unpricedTrades"] == 0
    fee = 5000
    cost = 30 * USD * LAMPORTS_PER_SOL // PRICE + fee
    proceeds = 45 * USD * LAMPORTS_PER_SOL // PRICE - fee
    assert (token["costLamports"], token["proceedsLamports"]) == (cost, proceeds)
    assert token["realizedPnlLamports"] == proceeds - cost
    minutes = service.run(job_id).result["pricedMinutes"]
    assert minutes == {"byMinute": 0, "byHour": 4, "byOwnLeg": 0, "unpriced": 0}
    assert dict(service.provider.requests)["binance"] == 1
    told = [event.data["message"] for event in service.events(job_id) if "message" in event.data]
    assert "Asking what SOL cost in 4 minutes." in told


def test_markets_that_are_down_are_told_and_the_analysis_goes_on_without(analyze):
    service, job_id = analyze(down=("binance", "coinbase"))
    token = figures(service)
    assert (token["unpricedTrades"], token["costLamports"], token["realizedPnlLamports"]) == (2, 0, 0)
    assert figures(service, OTHER_MINT)["costLamports"] == 10**8 + 5000, "what was paid in SOL needs no price"
    assert service.run(job_id).status == "completed"
    notices = [event.data for event in service.events(job_id) if event.event == events.NOTICE]
    (notice,) = (each for each in notices if each["code"] == "prices_missing")
    assert "in 3 of the 4 minutes" in notice["message"], "the conversion's own minute has a price"
    assert service.run(job_id).result["pricedMinutes"] == {
        "byMinute": 0, "byHour": 0, "byOwnLeg": 1, "unpriced": 3,
    }  # fmt: skip


def test_the_next_analysis_values_what_the_last_one_could_not(analyze):
    service, _ = analyze(down=("binance", "coinbase"))
    service.provider.change(down=())
    job_id = service.submit(WALLET, enrich_metadata=False).job_id
    service.work()
    assert figures(service)["unpricedTrades"] == 0
    assert not [event for event in service.events(job_id) if event.event == events.NOTICE]


def test_imported_prices_need_no_market(analyze, connection):
    minutes = [START, START + 60, START + 120, START + 180]
    PriceRepository(connection).store([Bar(start, MINUTE, 200 * USD, "csv") for start in minutes])
    service, _ = analyze(down=("binance", "coinbase"))
    assert figures(service)["costLamports"] == 30 * LAMPORTS_PER_SOL // 200 + 5000
    assert "binance" not in service.provider.requests
