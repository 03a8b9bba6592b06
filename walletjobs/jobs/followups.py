"""After a quick look the next wider one, by itself: 7 days, 30 days, all."""

from walletjobs.core.run import NewRun
from walletjobs.core.scope import following
from walletjobs.db.runs import RunRepository
from walletjobs.jobs.attempt import Receipt
from walletjobs.jobs.ids import make_job_id
from walletjobs.jobs.progress import Start


def follow_up(start: Start) -> Receipt:
    """Records the analysis of the next wider scope, held until this one has completed; empty where none follows.

    Where one that covers it is live already, that one is named. Its id follows from this job's: a second start of
    this job makes no second follow-up.
    """
    run, scope = start.run, following(start.run.scope)
    if scope is None:
        return {}
    request_id = f"{run.request_id}-{scope}"
    wanted = NewRun(
        id=make_job_id("dashboard", run.wallet, request_id),
        request_id=request_id,
        type=run.type,
        wallet=run.wallet,
        queue=run.queue,
        arguments={**run.arguments, "request_id": request_id, "scope": scope},
        scope=scope,
        depends_on=run.id,
        held=True,
    )
    runs = RunRepository(start.connection)
    runs.add(wanted)
    there = runs.find(wanted.id) or runs.live_covering(wanted)
    return {"followUp": {"scope": there.scope, "jobId": there.id}} if there else {}
