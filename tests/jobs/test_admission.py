"""Admission: one job a wallet, whoever asks and however many at once."""

from concurrent.futures import ThreadPoolExecutor

import fakeredis
import pytest
from jobservice import OTHER, WALLET, Service
from psycopg_pool import ConnectionPool
from redis import Redis

from walletjobs.db.connection import connect, open_pool
from walletjobs.errors import AnalysisInProgress, DatabaseUnavailable, QueueUnavailable
from walletjobs.jobs import keys
from walletjobs.jobs.admission import Submission, submit_analysis
from walletjobs.jobs.connection import web_redis
from walletjobs.jobs.ids import make_job_id


@pytest.fixture
def service(make_service) -> Service:
    return make_service(fakeredis.FakeRedis())


def test_an_accepted_request_is_queued_and_recorded(service):
    accepted = service.submit(request_id="dashboard-1-a")
    assert accepted.job_id == make_job_id("dashboard", WALLET, "dashboard-1-a")
    assert accepted.queue == "analysis-operations"
    assert service.redis.lrange("rq:queue:analysis-operations", 0, -1) == [accepted.job_id.encode()]
    run = service.run(accepted.job_id)
    assert (run.status, run.wallet, run.arguments["timeout_minutes"]) == ("queued", WALLET, 15)


def test_a_wallet_that_is_current_has_less_time(service):
    assert service.run(service.submit(needs_sync=False).job_id).arguments["timeout_minutes"] == 8


def test_a_second_request_meets_the_job_of_the_first(service):
    first = service.submit()
    with pytest.raises(AnalysisInProgress) as refused:
        service.submit()
    assert refused.value.job_id == first.job_id
    assert service.redis.llen("rq:queue:analysis-operations") == 1
    assert service.one("SELECT count(*) FROM analysis_run") == 1


def test_wallets_and_scopes_do_not_stand_in_each_others_way(service):
    ids = {service.submit(scope="7d").job_id, service.submit(OTHER).job_id, service.submit().job_id}
    assert len(ids) == 3


@pytest.mark.parametrize("forgetful", [False, True])
def test_a_request_that_a_running_analysis_covers_meets_that_one(service, forgetful):
    running = service.submit(scope="30d").job_id
    if forgetful:
        service.redis.flushall()
    for scope in ("7d", "30d"):
        with pytest.raises(AnalysisInProgress) as refused:
            service.submit(scope=scope)
        assert refused.value.job_id == running
    assert service.submit(scope="all").job_id != running
    assert service.one("SELECT count(*) FROM analysis_run") == 2


def test_a_claim_whose_job_is_gone_counts_for_nothing(service):
    service.redis.set(keys.active(WALLET, "all"), "dashboard-0000000000000000")
    assert service.submit().job_id


def test_after_redis_has_forgotten_postgres_still_knows_the_running_job(service):
    first = service.submit()
    service.redis.flushall()
    with pytest.raises(AnalysisInProgress) as refused:
        service.submit()
    assert refused.value.job_id == first.job_id
    assert service.redis.llen("rq:queue:analysis-operations") == 0
    assert service.redis.get(keys.active(WALLET, "all")) is None


def test_without_postgres_nothing_is_queued(service, database_url):
    closed = connect(database_url)
    closed.close()
    with pytest.raises(DatabaseUnavailable):
        submit_analysis(service.redis, closed, Submission(WALLET, request_id="dashboard-1-a"))
    assert service.redis.keys("rq:queue:*") == []
    assert service.redis.get(keys.active(WALLET, "all")) is None


def test_without_redis_nothing_is_recorded(service):
    away = web_redis("redis://127.0.0.1:1/0")
    with pytest.raises(QueueUnavailable):
        submit_analysis(away, service.connection, Submission(WALLET))
    assert service.one("SELECT count(*) FROM analysis_run") == 0


def test_of_fifty_simultaneous_requests_one_becomes_a_job(database_url, redis_url):
    with open_pool(database_url, 10) as pool, ThreadPoolExecutor(50) as threads:
        pool.timeout = 30.0
        answers = list(threads.map(lambda _: _submit(web_redis(redis_url), pool), range(50)))
    assert len(set(answers)) == 1, "everyone is told of the same job"
    with connect(database_url) as connection, web_redis(redis_url) as redis:
        assert connection.execute("SELECT count(*) FROM analysis_run").fetchone() == (1,)
        assert redis.llen("rq:queue:analysis-operations") == 1


def _submit(redis: Redis, pool: ConnectionPool) -> str:
    with pool.connection() as connection:
        try:
            return submit_analysis(redis, connection, Submission(WALLET)).job_id
        except AnalysisInProgress as running:
            return running.job_id
