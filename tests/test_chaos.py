"""The whole service while things break: a short run of what ``make chaos`` does at length."""

from pathlib import Path

from chaos.round import play

SEED, FAULTS = 7, 10


def test_every_job_ends_once_and_every_row_is_there_once_whatever_breaks(tmp_path: Path) -> None:
    outcome = play(SEED, FAULTS, tmp_path)
    assert outcome.complaints == []
    assert outcome.faults.total() == FAULTS
    assert outcome.jobs["completed"] > 0
