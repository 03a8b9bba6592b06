"""The kinds of jobs, the queues they wait in, and how one is put into its queue."""

from typing import Any

from redis import Redis
from redis.client import Pipeline
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from walletjobs.core.run import NewRun, Run
from walletjobs.core.scope import covering
from walletjobs.jobs import keys

DASHBOARD, ENRICHMENT = "dashboard-wallet-analysis", "enrich-token-balances"
SYNC, PNL, BEHAVIOR = "sync-wallet", "analyze-pnl", "analyze-behavior"
BALANCE = "fetch-balance"

#: The function of each job type, by name: a web process enqueues without importing the services.
FUNCTIONS = {
    DASHBOARD: "walletjobs.jobs.analysis.run_dashboard_analysis",
    ENRICHMENT: "walletjobs.jobs.enrichment.run_enrichment",
    SYNC: "walletjobs.jobs.steps.run_sync",
    PNL: "walletjobs.jobs.steps.run_pnl",
    BEHAVIOR: "walletjobs.jobs.steps.run_behavior",
    BALANCE: "walletjobs.jobs.steps.run_balance",
}

ANALYSIS_QUEUE, WALLET_QUEUE, ENRICHMENT_QUEUE = (
    "analysis-operations",
    "wallet-operations",
    "enrichment-operations",
)
BACKGROUND_QUEUE = "analysis-background"  # of batches and schedules: nobody waits before a screen
QUEUES = (
    ANALYSIS_QUEUE,
    WALLET_QUEUE,
    "similarity-operations",
    ENRICHMENT_QUEUE,
    "maintenance",
    BACKGROUND_QUEUE,
)

SYNC_TIMEOUT, READ_TIMEOUT, ENRICHMENT_TIMEOUT, BACKGROUND_TIMEOUT = 15, 8, 20, 30  # minutes
#: Of each part of an analysis that may be a job of its own: what its ids begin with, its queue, its minutes at most.
STEPS = {
    SYNC: ("sync", WALLET_QUEUE, 10),
    PNL: ("pnl", ANALYSIS_QUEUE, READ_TIMEOUT),
    BEHAVIOR: ("behavior", ANALYSIS_QUEUE, READ_TIMEOUT),
    BALANCE: ("balance", WALLET_QUEUE, 10),
    ENRICHMENT: ("enrichment", ENRICHMENT_QUEUE, ENRICHMENT_TIMEOUT),
}
RESULT_TTL, FAILURE_TTL = keys.DAY, 7 * keys.DAY


def enqueue(
    redis: Redis,
    run: NewRun | Run,
    pipeline: Pipeline | None = None,
    *,
    at_front: bool = False,
    snapshot: dict[str, Any] | None = None,
) -> None:
    """Puts a job into its queue, with what its row holds; within ``pipeline`` where that is given.

    ``snapshot`` is how far the job is, where it has been further than the queue.
    """
    meta = {"type": run.type, "walletAddress": run.wallet, "requestId": run.request_id, "progress": 0}
    queue_of(redis, run.queue).enqueue(
        FUNCTIONS[run.type],
        kwargs=run.arguments,
        job_id=run.id,
        timeout=run.arguments["timeout_minutes"] * 60,
        result_ttl=RESULT_TTL,
        failure_ttl=FAILURE_TTL,
        description=f"{run.type} {run.wallet}",
        meta=meta | (snapshot or {}),
        pipeline=pipeline,
        at_front=at_front,
    )


def queue_of(redis: Redis, name: str) -> Queue:
    """A queue by name; arguments travel as JSON, never as pickles."""
    return Queue(name, connection=redis, serializer=JSONSerializer)


def fetch_job(redis: Redis, job_id: str) -> Job | None:
    """What RQ knows of a job."""
    found = Job.fetch_many([job_id], connection=redis, serializer=JSONSerializer)
    return found[0]


def forget_job(redis: Redis, job_id: str) -> None:
    """Takes a job out of its queue or the schedule, and out of Redis.

    One that is in neither is left to the worker that has it, and finds its row over or another job live: deleted under
    its hands, half of it would come back with the next heartbeat, for ever.
    """
    job = fetch_job(redis, job_id)
    if job is None:
        return
    queue = queue_of(redis, job.origin)
    with redis.pipeline() as pipeline:
        pipeline.lrem(queue.key, 1, job_id)
        pipeline.zrem(queue.scheduled_job_registry.key, job_id)
        waited = any(pipeline.execute())
    if not waited:
        redis.expire(job.key, RESULT_TTL)
        return
    try:
        job.delete()
    except ValueError:  # RQ reads executions one by one, and stumbles over one that is gone
        redis.delete(job.execution_registry.key)
        job.delete()


def claims_against(run: NewRun | Run) -> list[str]:
    """The keys whose holders keep a job away, its own first; an analysis gives way to each wider one too.

    The enrichment of an analysis has none: its id is made from the analysis.
    """
    if run.parent is not None:
        return []
    if run.type in STEPS:
        return [keys.active(run.wallet, run.type)]
    return [keys.active(run.wallet, scope) for scope in covering(run.scope)]


def claim_of(run: NewRun | Run) -> str | None:
    """The key by which a job keeps others like it away."""
    return next(iter(claims_against(run)), None)


def release_claim(redis: Redis, run: NewRun | Run) -> None:
    """Lets another job like this one begin, where this is the one that claims the wallet."""
    claim = claim_of(run)
    if claim is not None:
        compare_and_delete(redis, claim, run.id)


def compare_and_delete(redis: Redis, key: str, value: str) -> bool:
    """Deletes a key that still has this value."""
    script = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
    return bool(redis.eval(script, 1, key, value))
