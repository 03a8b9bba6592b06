"""The dashboard job from its submission to its end, in this process: steps, errors, retries, cancellation."""

import json
import threading
import time

import fakeredis
import pytest
import redis.exceptions
from jobservice import OTHER, WALLET, Service, trades, until
from rq.job import Job
from rq.serializers import JSONSerializer

from walletjobs.db.connection import connect
from walletjobs.errors import AnalysisInProgress, JobIsOver, UnknownJob
from walletjobs.jobs import events, keys, recovery, status
from walletjobs.jobs.attempt import backoff
from walletjobs.jobs.events import Speaker
from walletjobs.jobs.lock import WalletLock
from walletjobs.jobs.queue import queue_of


@pytest.fixture
def service(make_service) -> Service:
    return make_service(fakeredis.FakeRedis())


def test_every_checkpoint_is_told_in_order_and_the_end_once_after_them(service):
    job_id = service.submit().job_id
    service.work()
    assert service.checkpoints(job_id) == [5, 10, 15, 40, 50, 65, 80, 85, 100]
    assert service.endings(job_id) == [events.COMPLETED]
    told = [event.event for event in service.events(job_id)]
    assert told.index(events.COMPLETED) > max(i for i, event in enumerate(told) if event == events.PROGRESS)
    run = service.run(job_id)
    assert (run.status, run.progress, run.attempt, run.attempts) == ("completed", 100, 1, [])
    assert run.result["transactions"] == service.stored() == 250


def test_what_is_told_last_can_be_read_before_it_is_told(service):
    job_id = service.submit().job_id
    service.work()
    end = next(event for event in service.events(job_id) if event.ends)
    assert end.data["resultUrl"] == f"/api/v1/wallets/{WALLET}"
    assert service.one("SELECT run_id FROM pnl_result WHERE method = 'fifo'") == job_id
    assert service.one("SELECT run_id FROM behavior_result") == job_id
    assert service.one("SELECT analyzed_at >= synced_at FROM wallet") is True


def test_provisional_figures_are_gone_once_the_job_is_over(service):
    job_id = service.submit(enrich_metadata=False).job_id
    body = json.dumps(["jobservice.tells_provisional_figures", None, [], {}])
    service.redis.hset(Job.key_for(job_id), "data", body)
    service.work()
    assert [event.event for event in service.events(job_id)] == [events.PARTIAL, events.COMPLETED]
    assert status.job_view(service.redis, service.connection, job_id).partial_result is None
    meta = Job.fetch(job_id, connection=service.redis, serializer=JSONSerializer).meta
    assert meta["status"] == "completed"
    assert "partialResult" not in meta


def test_a_current_wallet_goes_straight_to_forty_and_asks_the_provider_nothing(service):
    service.submit()
    service.work()
    asked = service.provider.requests["addresses"]
    job_id = service.submit().job_id
    service.work()
    assert service.checkpoints(job_id) == [5, 10, 40, 50, 65, 80, 85, 100]
    assert service.provider.requests["addresses"] == asked
    assert service.run(job_id).result["synced"] is False


def test_a_forced_refresh_fetches_again_but_stores_nothing_twice(service):
    service.submit()
    service.work()
    job_id = service.submit(force_refresh=True).job_id
    service.work()
    assert service.run(job_id).result["newTransactions"] == 0
    assert service.stored() == 250


def test_enrichment_is_told_on_the_stream_of_its_analysis(service):
    job_id = service.submit().job_id
    service.work()
    told = [event.data for event in service.events(job_id) if event.event == events.ENRICHMENT]
    assert all(data["jobId"] == job_id for data in told)
    assert told[-1] | {"tokens": []} == {
        "jobId": job_id, "enriched": 5, "total": 5, "tokens": [], "done": True, "missing": [],
    }  # fmt: skip
    assert {token["mint"] for data in told for token in data["tokens"]} >= set(_mints(service))
    view = status.job_view(service.redis, service.connection, job_id)
    enrichment = status.job_view(service.redis, service.connection, view.enrichment_job_id)
    assert (enrichment.status, enrichment.type) == ("completed", "enrich-token-balances")
    assert service.one("SELECT count(*) FROM wallet_balance") > 0


def test_an_analysis_that_wants_no_enrichment_has_none(service):
    job_id = service.submit(enrich_metadata=False).job_id
    service.work()
    assert service.checkpoints(job_id) == [5, 10, 15, 40, 50, 65, 80, 100]
    assert service.one("SELECT count(*) FROM analysis_run") == 1


def test_an_enrichment_without_providers_fails_alone_and_says_so(make_service):
    service = make_service(fakeredis.FakeRedis(), refuse=["das", "dexscreener", "jupiter"])
    job_id = service.submit().job_id
    service.work()
    assert service.run(job_id).status == "completed"
    enrichment = service.run(service.run(job_id).enrichment_job_id)
    assert (enrichment.status, enrichment.error_code) == ("failed", "provider_not_offered")
    notices = [event.data["code"] for event in service.events(job_id) if event.event == events.NOTICE]
    assert notices == ["sync_plan", "enrichment_failed"]


def test_one_provider_that_is_missing_is_named_at_the_end(make_service):
    service = make_service(fakeredis.FakeRedis(), refuse=["dexscreener"])
    job_id = service.submit().job_id
    service.work()
    last = [event.data for event in service.events(job_id) if event.event == events.ENRICHMENT][-1]
    assert last["done"] is True
    assert last["missing"][0].startswith("dexscreener: 5 tokens")


def test_a_permanent_error_fails_the_job_at_once(make_service):
    service = make_service(fakeredis.FakeRedis(), refuse=["all"])
    job_id = service.submit().job_id
    service.work("analysis-operations")
    end = next(event for event in service.events(job_id) if event.ends)
    assert (end.event, end.data["error"]["code"], end.data["willRetry"]) == (
        "job-failed",
        "provider_not_offered",
        False,
    )
    run = service.run(job_id)
    assert (run.status, run.error_code) == ("failed", "provider_not_offered")
    assert [attempt["code"] for attempt in run.attempts] == ["provider_not_offered"]
    assert "NotOffered" in run.attempts[0]["traceback"]
    assert job_id in queue_of(service.redis, "analysis-operations").failed_job_registry.get_job_ids()
    assert service.one("SELECT synced_at FROM wallet") is None, "a failed sync is never fresh"
    assert service.submit().job_id != job_id, "the wallet can be asked for again"


def test_a_transient_error_is_tried_again_when_it_was_asked_for_and_three_times_at_most(service):
    job_id = service.submit().job_id
    body = json.dumps(["jobservice.always_rate_limited", None, [], {}])
    service.redis.hset(Job.key_for(job_id), "data", body)
    scheduled = "rq:scheduled:analysis-operations"
    for attempt in (1, 2):
        before = time.time()
        service.work()
        assert (service.run(job_id).status, len(service.run(job_id).attempts)) == ("retrying", attempt)
        assert service.redis.zscore(scheduled, job_id) >= int(before) + 7
        assert service.endings(job_id) == []
        service.redis.zadd(scheduled, {job_id: 0})
        recovery.enqueue_due(queue_of(service.redis, "analysis-operations"))
    service.work()
    run = service.run(job_id)
    assert (run.status, run.error_code, run.attempt) == ("failed", "rate_limited", 3)
    assert [each["code"] for each in run.attempts] == ["rate_limited"] * 3
    told = [event.data["willRetry"] for event in service.events(job_id) if event.event == events.FAILED]
    assert told == [True, True, False]


def test_a_job_that_takes_too_long_is_interrupted_in_the_call_it_hangs_in(make_service):
    service = make_service(fakeredis.FakeRedis(), latency={"addresses": 20_000})
    job_id = service.submit().job_id
    service.redis.hset(Job.key_for(job_id), "timeout", 1)
    service.work("analysis-operations")
    assert (service.run(job_id).status, service.run(job_id).error_code) == ("failed", "timed_out")
    assert service.endings(job_id) == [events.FAILED]
    assert not service.redis.exists(keys.wallet_lock(WALLET), keys.active(WALLET, "all"))


def test_a_job_that_takes_too_long_is_interrupted_in_the_midst_of_a_query(service):
    job_id, healthy = service.submit().job_id, service.submit(OTHER).job_id
    service.redis.hset(Job.key_for(job_id), "timeout", 1)
    service.redis.hset(
        Job.key_for(job_id), "data", json.dumps(["jobservice.sleeps_in_postgres", None, [], {}])
    )
    service.work("analysis-operations")
    assert (service.run(job_id).status, service.run(job_id).error_code) == ("failed", "timed_out")
    assert service.run(healthy).status == "completed"


def test_a_postgres_that_breaks_off_while_a_job_begins_costs_nothing(service, database_url):
    job_id = service.submit(enrich_metadata=False).job_id
    with connect(database_url) as other, other.transaction():
        other.execute("SELECT 1 FROM analysis_run FOR UPDATE")
        ending = threading.Thread(target=_end_whoever_waits, args=(database_url,))
        ending.start()
        service.work("analysis-operations")
        ending.join()
    assert (service.run(job_id).status, service.run(job_id).attempts) == ("queued", [])
    service.redis.zadd("rq:scheduled:analysis-operations", {job_id: 0})
    recovery.enqueue_due(queue_of(service.redis, "analysis-operations"))
    service.work()
    assert (service.run(job_id).status, service.run(job_id).attempt) == ("completed", 1)


def test_an_end_that_redis_did_not_take_is_told_once_it_does(make_service):
    service = make_service(_DeafToTheEnd())
    job_id = service.submit(enrich_metadata=False).job_id
    service.work()
    assert service.run(job_id).status == "completed"
    assert service.endings(job_id) == [events.COMPLETED]
    assert service.submit().job_id != job_id, "the claim was given back"


@pytest.mark.parametrize(("attempt", "least", "most"), [(1, 2, 3), (2, 4, 6), (3, 8, 12), (20, 300, 450)])
def test_the_wait_doubles_with_jitter_up_to_a_limit(attempt, least, most):
    waits = {backoff(attempt) for _ in range(200)}
    assert least <= min(waits) <= max(waits) <= most
    assert backoff(attempt, asked=1000.0) == 1000


@pytest.mark.parametrize(
    ("wallet", "request_id", "code"),
    [(OTHER, "other", "invalid_job"), ("not-a-wallet", "dashboard-1-a", "invalid_address")],
)
def test_arguments_that_do_not_fit_the_id_or_are_no_address_are_refused(service, wallet, request_id, code):
    job_id = service.submit(request_id="dashboard-1-a").job_id
    job = Job.fetch(job_id, connection=service.redis, serializer=JSONSerializer)
    job.kwargs = job.kwargs | {"wallet": wallet, "request_id": request_id}
    job.save()
    service.work()
    assert (service.run(job_id).status, service.run(job_id).error_code) == ("failed", code)


@pytest.mark.parametrize(
    "data",
    [
        ["walletjobs.jobs.analysis.run_dashboard_analysis", None, [], {"of": "an older release"}],
        ["walletjobs.jobs.analysis.a_function_that_is_gone", None, [], {}],
        ["no four parts"],
        ["walletjobs.jobs.analysis.run_dashboard_analysis", None, [], {"too": "much " * 20_000}],
    ],
    ids=["of an older release", "of a function that is gone", "not of four parts", "too large"],
)
def test_poison_ends_with_a_code_and_the_worker_goes_on(service, data):
    poisoned, healthy = service.submit().job_id, service.submit(OTHER).job_id
    service.redis.hset(Job.key_for(poisoned), "data", json.dumps(data))
    service.work()
    assert (service.run(poisoned).status, service.run(poisoned).error_code) == ("failed", "invalid_job")
    assert service.endings(poisoned) == ["job-failed"]
    assert service.run(healthy).status == "completed"


def test_a_hash_that_cannot_be_read_ends_its_job_and_not_the_worker(service):
    poisoned, healthy = service.submit().job_id, service.submit(OTHER).job_id
    service.redis.hset(Job.key_for(poisoned), "status", "nonsense")
    service.work()
    assert service.run(poisoned).error_code == "invalid_job"
    assert service.run(healthy).status == "completed"
    assert service.redis.lrange("rq:queue:analysis-operations:intermediate", 0, -1) == []


def test_a_job_whose_execution_ends_at_this_moment_is_cancelled_all_the_same(service):
    job_id = service.submit().job_id
    job = Job.fetch(job_id, connection=service.redis, serializer=JSONSerializer)
    service.redis.zadd(job.execution_registry.key, {"an execution that is gone": 1})
    assert status.cancel(service.redis, service.connection, job_id) == "cancelled"
    assert service.redis.keys("rq:job:*") == service.redis.keys("rq:execution*") == []


def test_a_job_that_a_worker_takes_while_it_is_cancelled_leaves_no_half_of_itself(service):
    job_id = service.submit().job_id
    job = Job.fetch(job_id, connection=service.redis, serializer=JSONSerializer)
    service.redis.lpop("rq:queue:analysis-operations")
    assert status.cancel(service.redis, service.connection, job_id) == "cancelled"
    with service.redis.pipeline() as pipeline:
        job.prepare_for_execution("a worker", pipeline)  # as RQ's does next
        pipeline.execute()
    assert service.redis.hexists(job.key, "data")
    assert 0 < service.redis.ttl(job.key) <= keys.DAY


def test_a_key_that_is_no_hash_ends_its_job_and_not_the_worker(service):
    poisoned, healthy = service.submit().job_id, service.submit(OTHER).job_id
    service.redis.set(Job.key_for(poisoned), "no hash")
    service.work()
    assert service.run(poisoned).error_code == "invalid_job"
    assert service.run(healthy).status == "completed"


def test_a_busy_wallet_puts_the_job_back_without_spending_an_attempt(service):
    job_id = service.submit().job_id
    other = WalletLock(service.redis, WALLET, Speaker("another-job"))
    other.take()
    service.work("analysis-operations")
    run = service.run(job_id)
    assert (run.status, run.attempts) == ("queued", [])
    assert service.redis.zcard("rq:scheduled:analysis-operations") == 1
    assert "another job" in status.job_view(service.redis, service.connection, job_id).message.lower()
    other.release()
    service.redis.zadd("rq:scheduled:analysis-operations", {job_id: 0})
    recovery.enqueue_due(queue_of(service.redis, "analysis-operations"))
    service.work()
    assert (service.run(job_id).status, service.run(job_id).attempt) == ("completed", 1)


def test_a_queued_job_that_is_cancelled_never_runs_and_frees_its_wallet(service):
    job_id = service.submit().job_id
    assert status.cancel(service.redis, service.connection, job_id) == "cancelled"
    service.work()
    assert service.endings(job_id) == [events.CANCELLED]
    assert service.run(job_id).status == "cancelled"
    assert service.stored() == 0
    assert service.submit().job_id != job_id
    with pytest.raises(JobIsOver):
        status.cancel(service.redis, service.connection, job_id)


def test_a_job_taken_in_the_moment_of_its_cancellation_ends_without_work(service):
    job_id = service.submit().job_id
    service.redis.set(keys.cancel(job_id), "1")
    service.work()
    assert service.endings(job_id) == [events.CANCELLED]
    assert service.stored() == 0


def test_cancelling_an_analysis_cancels_the_enrichment_that_waits_for_it(service):
    job_id = service.submit().job_id
    service.work("analysis-operations")
    enrichment = service.run(job_id).enrichment_job_id
    service.connection.execute("UPDATE analysis_run SET status = 'processing' WHERE id = %s", [job_id])
    assert status.cancel(service.redis, service.connection, job_id) == "cancelling"
    assert service.run(enrichment).status == "cancelled"
    assert service.redis.llen("rq:queue:enrichment-operations") == 0


def test_a_job_that_is_over_is_not_run_again_and_has_one_end(service):
    job_id = service.submit(enrich_metadata=False).job_id
    service.work()
    status.put_into_queue(service.redis, service.run(job_id), "By mistake.")
    service.work()
    assert service.endings(job_id) == [events.COMPLETED]
    assert service.percents(job_id).count(65) == 1


def test_a_failed_job_runs_again_by_hand_under_its_own_id(make_service):
    service = make_service(fakeredis.FakeRedis(), refuse=["all"])
    job_id = service.submit(enrich_metadata=False).job_id
    service.work()
    service.provider.change(refuse=[])
    assert status.retry(service.redis, service.connection, job_id).status == "queued"
    with pytest.raises(AnalysisInProgress):
        service.submit()
    service.work()
    run = service.run(job_id)
    assert (run.status, run.error_code) == ("completed", None)
    assert [attempt["code"] for attempt in run.attempts] == ["provider_not_offered"], (
        "what went wrong stays known"
    )
    assert service.endings(job_id) == ["job-failed", "job-completed"]
    with pytest.raises(JobIsOver):
        status.retry(service.redis, service.connection, job_id)


def test_a_failed_job_is_not_retried_while_its_wallet_has_another(make_service):
    service = make_service(fakeredis.FakeRedis(), refuse=["all"])
    failed = service.submit().job_id
    service.work("analysis-operations")
    running = service.submit().job_id
    with pytest.raises(AnalysisInProgress) as refused:
        status.retry(service.redis, service.connection, failed)
    assert refused.value.job_id == running


def test_an_unknown_job_is_unknown(service):
    for ask in (status.job_view, status.cancel, status.retry):
        with pytest.raises(UnknownJob):
            ask(service.redis, service.connection, "dashboard-0000000000000000")


def test_a_waiting_job_knows_its_place(service):
    service.submit()
    view = status.job_view(service.redis, service.connection, service.submit(OTHER).job_id)
    assert (view.status, view.queue_position, view.progress) == ("queued", 1, 0)


def test_a_program_is_no_wallet_and_the_job_says_so(make_service):
    service = make_service(fakeredis.FakeRedis())
    program = "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4"
    for submitted in (service.submit(program), service.submit(program, type="sync-wallet")):
        service.work()
        run = service.run(submitted.job_id)
        assert (run.status, run.error_code) == ("failed", "not_a_wallet")
    assert service.one("SELECT class FROM wallet WHERE address = %s", program) == "program"
    assert service.provider.requests.get("addresses", 0) == 0


def test_an_exchange_is_announced_before_its_history_comes(make_service):
    service = make_service(fakeredis.FakeRedis(), trades(250, OTHER))
    job_id = service.submit(OTHER).job_id
    service.work()
    told = [
        (event.event, event.data.get("code") or event.data.get("step")) for event in service.events(job_id)
    ]
    assert told.index((events.NOTICE, "exchange_or_router")) < told.index((events.PROGRESS, "sync"))
    assert service.one("SELECT class FROM wallet WHERE address = %s", OTHER) == "exchange_or_router"


def test_a_capped_history_is_announced(make_service, monkeypatch):
    monkeypatch.setenv("ANALYSIS_MAX_TRANSACTIONS", "200")
    service = make_service(fakeredis.FakeRedis(), trades(450))
    job_id = service.submit().job_id
    service.work()
    codes = [event.data["code"] for event in service.events(job_id) if event.event == events.NOTICE]
    assert codes == ["high_frequency_wallet"]
    assert service.run(job_id).result["capped"] is True


class _DeafToTheEnd(fakeredis.FakeRedis):
    """A Redis that breaks off the first time that a job's end is told."""

    deaf = True

    def execute_command(self, *args, **options):
        if self.deaf and events.COMPLETED in args:
            self.deaf = False
            raise redis.exceptions.ConnectionError
        return super().execute_command(*args, **options)


def _end_whoever_waits(database_url: str) -> None:
    """Ends the session that waits for another one's lock, once there is one."""
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with connect(database_url) as connection:
        until(lambda: connection.execute(query).fetchall())


def _mints(service: Service) -> list[str]:
    return [
        row[0] for row in service.connection.execute("SELECT mint FROM token_result WHERE method = 'fifo'")
    ]
