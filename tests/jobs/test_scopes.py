"""Quick looks: the newest part of a history first, then more, then all, each result beside the others."""

import time
from typing import Any

import fakeredis
import pytest
from jobservice import OTHER, WALLET, Service, trades

from walletjobs.core.scope import DAY
from walletjobs.core.series import MINUTE, Bar
from walletjobs.db.prices import PriceRepository
from walletjobs.db.results import ResultRepository
from walletjobs.jobs import events, status

LENGTH = 600  # transactions, three hours apart: 56 in 7 days, 240 in 30
STEP = 3 * 3600  # seconds


def spread(wallet: str = WALLET, step: int = STEP) -> list[dict[str, Any]]:
    """A history up to now."""
    now = int(time.time())
    return [
        {**trade, "timestamp": now - step * (LENGTH - place) + step // 2}
        for place, trade in enumerate(trades(LENGTH, wallet))
    ]


@pytest.fixture
def service(make_service) -> Service:
    """Every minute's price is known: to ask for those of months takes longer than all the rest."""
    history = spread()
    service = make_service(fakeredis.FakeRedis(), history)
    minutes = (trade["timestamp"] // MINUTE * MINUTE for trade in history)
    PriceRepository(service.connection).store([Bar(at, MINUTE, 150_000_000, "test") for at in minutes])
    return service


def trades_of(service: Service, scope: str) -> int | None:
    stored = ResultRepository(service.connection).pnl(service.one("SELECT id FROM wallet"), scope=scope)
    return stored.figures["buys"] + stored.figures["sells"] if stored else None


def coverage(service: Service, scope: str) -> dict[str, Any]:
    stored = ResultRepository(service.connection).pnl(service.one("SELECT id FROM wallet"), scope=scope)
    assert stored is not None
    return stored.coverage


def run(service: Service, **options: Any) -> str:
    job_id = service.submit(enrich_metadata=False, **options).job_id
    service.work()
    assert service.run(job_id).status == "completed"
    return job_id


def test_a_quick_look_fetches_and_computes_the_newest_days_alone(service):
    job_id = run(service, scope="7d")
    assert trades_of(service, "7d") == 7 * DAY // STEP
    assert trades_of(service, "all") is None
    assert service.stored() == 100, "the page that goes past seven days"
    assert service.checkpoints(job_id) == [5, 10, 15, 40, 50, 65, 80, 100]
    assert (coverage(service, "7d")["complete"], coverage(service, "7d")["capped"]) == (False, False)


def test_a_wallet_is_no_fresher_for_a_quick_look(service):
    run(service, scope="7d")
    assert service.one("SELECT synced_at IS NULL AND analyzed_at IS NULL FROM wallet")
    job_id = run(service)
    assert service.run(job_id).result["synced"] is True
    assert service.stored() == LENGTH
    assert service.one("SELECT synced_at IS NOT NULL AND analyzed_at IS NOT NULL FROM wallet")


def test_results_stand_beside_each_other(service):
    for scope in ("7d", "30d", "all", "7d"):
        run(service, scope=scope)
    expected = {"7d": 7 * DAY // STEP, "30d": 30 * DAY // STEP, "all": LENGTH}
    assert {scope: trades_of(service, scope) for scope in expected} == expected
    scopes = service.connection.execute(
        "SELECT scope FROM behavior_result WHERE time_window = 'all' ORDER BY 1"
    )
    assert scopes.fetchall() == [("30d",), ("7d",), ("all",)]
    assert service.one("SELECT count(*) FROM sync_range") == 1


def test_a_very_active_wallet_is_cut_short_and_its_coverage_says_so(make_service):
    service: Service = make_service(fakeredis.FakeRedis(), spread(step=60))
    run(service, scope="7d")
    assert trades_of(service, "7d") == 250
    assert (coverage(service, "7d")["complete"], coverage(service, "7d")["capped"]) == (False, True)
    assert service.one("SELECT class FROM wallet") == "normal", "nobody knows yet how active it is"


def test_a_history_that_lies_within_the_scope_is_whole(make_service):
    service: Service = make_service(fakeredis.FakeRedis(), spread()[-20:])
    run(service, scope="7d")
    assert (coverage(service, "7d")["complete"], coverage(service, "7d")["capped"]) == (True, False)


def test_what_was_bought_before_the_scope_has_no_known_cost_in_it(service):
    run(service)
    run(service, scope="7d")
    assert coverage(service, "all") != coverage(service, "7d")
    whole = ResultRepository(service.connection).pnl(service.one("SELECT id FROM wallet"))
    part = ResultRepository(service.connection).pnl(service.one("SELECT id FROM wallet"), scope="7d")
    assert int(part.figures["unverifiedProceedsLamports"]) >= 0
    assert int(part.figures["realizedPnlLamports"]) < int(whole.figures["realizedPnlLamports"])


def test_a_wallet_without_transactions_has_an_empty_quick_look(make_service):
    service: Service = make_service(fakeredis.FakeRedis(), spread(OTHER))
    run(service, scope="7d")
    assert trades_of(service, "7d") == 0


def test_follow_ups_widen_the_look_by_themselves(service):
    quick = service.submit(scope="7d", follow_ups=True, enrich_metadata=False).job_id
    for _ in range(3):
        service.work()
        service.tick()
    followed = [quick]
    while follow_up := (service.run(followed[-1]).result or {}).get("followUp"):
        followed.append(follow_up["jobId"])
    assert [service.run(job_id).scope for job_id in followed] == ["7d", "30d", "all"]
    assert [service.endings(job_id) for job_id in followed] == [[events.COMPLETED]] * 3
    (end,) = [event for event in service.events(quick) if event.ends]
    assert end.data["followUpJobId"] == followed[1]
    assert end.data["resultUrl"].endswith("?scope=7d")
    assert trades_of(service, "all") == LENGTH


def test_a_cancelled_quick_look_is_not_followed(service):
    quick = service.submit(scope="7d", follow_ups=True).job_id
    status.cancel(service.redis, service.connection, quick)
    service.tick()
    assert service.one("SELECT count(*) FROM analysis_run") == 1


def test_a_follow_up_that_is_asked_for_anyway_is_the_one_that_runs(service):
    quick = service.submit(scope="7d", follow_ups=True, enrich_metadata=False).job_id
    whole = service.submit(enrich_metadata=False).job_id
    service.work("analysis-operations")
    assert service.run(quick).result["followUp"] == {"scope": "all", "jobId": whole}


def test_a_scope_that_nobody_knows_is_refused(service):
    job_id = service.submit(scope="1y").job_id
    service.work()
    assert (service.run(job_id).status, service.run(job_id).error_code) == ("failed", "invalid_job")
