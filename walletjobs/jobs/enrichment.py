"""The enrichment of an analysis: balances and token metadata, by another process, while the analysis goes on.

Nobody waits for it, and what it meets with never fails the analysis. What it finds is told on the analysis's
own stream.
"""

from walletjobs.core.run import NewRun
from walletjobs.db.runs import RunRepository
from walletjobs.jobs.ids import enrichment_job_id
from walletjobs.jobs.progress import Start
from walletjobs.jobs.queue import ENRICHMENT, ENRICHMENT_QUEUE, ENRICHMENT_TIMEOUT, enqueue


def queue_enrichment(start: Start) -> str:
    """Queues the enrichment of an analysis, unless it is queued already; returns its id.

    The row comes first: should this process die in between, the recovery queues the job.
    """
    run, runs = start.run, RunRepository(start.connection)
    job_id = enrichment_job_id(run.id)
    arguments = {"analysis_id": run.id, "timeout_minutes": ENRICHMENT_TIMEOUT}
    wanted = NewRun(
        id=job_id,
        request_id=run.request_id,
        type=ENRICHMENT,
        wallet=run.wallet,
        queue=ENRICHMENT_QUEUE,
        arguments=arguments,
        scope=run.scope,
        parent=run.id,
    )
    if runs.add(wanted):
        enqueue(start.redis, wanted)
    start.job.meta["enrichmentJobId"] = job_id
    runs.note_enrichment(run, job_id)
    return job_id
