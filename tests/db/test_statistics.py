"""The record of jobs as a whole: what ended long ago is forgotten, and nothing else."""

import pytest

from walletjobs.core.run import Ending, NewRun
from walletjobs.db.batches import BatchRepository
from walletjobs.db.runs import RunRepository
from walletjobs.db.statistics import forget_ended, traffic

WALLET = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2"


@pytest.fixture
def runs(connection) -> RunRepository:
    return RunRepository(connection)


def run(job_id: str, wallet: str = WALLET) -> NewRun:
    return NewRun(job_id, "request", "dashboard-wallet-analysis", wallet, "analysis-background", {})


def ended(runs: RunRepository, connection, job_id: str, days: int) -> None:
    runs.add(run(job_id))
    runs.finish(runs.begin(job_id), Ending("completed"))
    connection.execute(
        "UPDATE analysis_run SET ended_at = now() - make_interval(days => %s) WHERE id = %s", [days, job_id]
    )


def left(connection) -> list[str]:
    return [job_id for (job_id,) in connection.execute("SELECT id FROM analysis_run ORDER BY id")]


def test_what_ended_long_ago_is_forgotten(runs, connection):
    ended(runs, connection, "old", 91)
    ended(runs, connection, "young", 89)
    runs.add(run("live"))
    connection.execute("UPDATE analysis_run SET created_at = now() - interval '1 year' WHERE id = 'live'")
    assert forget_ended(connection, 90) == 1
    assert left(connection) == ["live", "young"]


def test_a_batch_goes_with_its_members_and_not_before_its_last_one(runs, connection):
    batches = BatchRepository(connection)
    for batch_id, wallet in (("batch-1", "a"), ("batch-2", "b")):
        batches.add(
            batch_id, "owner", [run(f"{batch_id}-1", f"{wallet}1"), run(f"{batch_id}-2", f"{wallet}2")]
        )
    connection.execute(
        "UPDATE analysis_run SET status = 'completed', ended_at = now() - interval '91 days' WHERE id <> 'batch-2-2'"
    )
    connection.execute("UPDATE batch SET told_at = now() - interval '91 days' WHERE id = 'batch-1'")
    assert forget_ended(connection, 90) == 3
    assert left(connection) == ["batch-2-1", "batch-2-2"]
    assert batches.find("batch-1") is None
    assert batches.find("batch-2").tally.completed == 1


def test_more_than_one_portion_is_forgotten(runs, connection, monkeypatch):
    monkeypatch.setattr("walletjobs.db.statistics.AT_A_TIME", 2)
    for number in range(5):
        ended(runs, connection, f"old-{number}", 91)
    assert forget_ended(connection, 90) == 5


def test_traffic_is_counted_by_queue(runs, connection):
    ended(runs, connection, "old", 91)
    connection.execute("UPDATE analysis_run SET created_at = now() - interval '91 days'")
    runs.add(run("one"))
    found = traffic(connection, 600)
    assert list(found) == ["analysis-background"]
    assert (found["analysis-background"].arrivals, found["analysis-background"].served) == (1, 0)
