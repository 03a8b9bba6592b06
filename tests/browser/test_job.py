"""What the page makes of a job's events."""

from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

BEGIN = 1_700_000_000  # unix seconds


def at(second: float) -> str:
    return f"new Date({(BEGIN + second) * 1000}).toISOString()"


def progress(percent: int, second: float, **more: Any) -> str:
    extra = "".join(f", {name}: {value!r}" for name, value in more.items())
    return f"{{event: 'job-progress', status: 'processing', progress: {percent}, at: {at(second)}{extra}}}"


def after(page: Page, *frames: str, show: str = "job") -> Any:
    """The job after these frames."""
    created = f"{{event: 'subscribed', status: 'queued', progress: 0, createdAt: {at(0)}, at: {at(0)}}}"
    return page.evaluate(
        f"import('/js/job.js').then((m) => {{"
        f"  const job = [{', '.join([created, *frames])}].reduce(m.next, m.newJob('j'));"
        f"  return {show};"
        f"}})"
    )


STAGES = "m.stages(job).map(({ name, state, seconds }) => [name, state, seconds])"
CHECKPOINTS = [
    progress(percent, second)
    for percent, second in [(5, 2), (10, 2.5), (15, 3), (27, 5), (50, 9), (65, 10), (80, 10.5), (85, 11)]
]
COMPLETED = f"{{event: 'job-completed', processingTimeMs: 9500, at: {at(11.5)}}}"


def test_stages_take_the_time_between_checkpoints(modules: Page) -> None:
    assert after(modules, *CHECKPOINTS, COMPLETED, show=STAGES) == [
        ["Queue", "done", 2],
        ["Check", "done", 1],
        ["Transactions", "done", 6],
        ["Profit and loss", "done", 1],
        ["Behavior", "done", 0.5],
        ["Finish", "done", 1],
    ]


def test_only_one_stage_is_under_way(modules: Page) -> None:
    states = after(modules, *CHECKPOINTS[:4], show="m.stages(job).map(({ state }) => state)")
    assert states == ["done", "done", "now", "waiting", "waiting", "waiting"]


def test_a_retry_takes_back_what_it_repeats(modules: Page) -> None:
    failed = f"{{event: 'job-failed', willRetry: true, error: {{code: 'rate_limited', detail: 'slow'}}, at: {at(6)}}}"
    job = after(modules, *CHECKPOINTS[:4], failed, progress(5, 8))
    assert (job["status"], job["progress"]) == ("processing", 5)
    assert all(percent <= 5 for percent, _ in job["reached"])


def test_a_job_that_has_ended_is_not_revived_by_a_replay(modules: Page) -> None:
    retried = f"{{event: 'job-failed', willRetry: true, error: {{code: 'x', detail: ''}}, at: {at(6)}}}"
    job = after(modules, COMPLETED, *CHECKPOINTS, retried)
    assert (job["status"], job["progress"], job["took"]) == ("completed", 100, 9500)


def test_enrichment_goes_on_after_the_end(modules: Page) -> None:
    found = f"{{event: 'enrichment', enriched: 3, total: 9, tokens: [], at: {at(13)}}}"
    job = after(modules, COMPLETED, found)
    assert job["status"] == "completed"
    assert (job["enrichment"]["enriched"], job["enrichment"]["total"]) == (3, 9)


def test_the_same_notice_is_shown_once(modules: Page) -> None:
    notices = [f"{{event: 'job-notice', code: 'rate_limited', message: 'wait {n}'}}" for n in range(3)]
    assert after(modules, *notices)["notices"] == [{"code": "rate_limited", "message": "wait 2"}]


def test_provisional_figures_are_known_from_their_event_and_from_a_snapshot_alike(modules: Page) -> None:
    figures = "wallet: {realizedPnlSol: '1.5'}, coverage: {transactions: 1000}, expected: 4000"
    told = f"{{event: 'partial-result', {figures}, stored: 1100, at: {at(4)}}}"
    snapshot = f"{{event: 'subscribed', status: 'processing', partialResult: {{{figures}}}, at: {at(5)}}}"
    known = [after(modules, *CHECKPOINTS[:3], frame)["partial"] for frame in (told, snapshot)]
    assert known[0] == known[1]
    assert (known[0]["wallet"]["realizedPnlSol"], known[0]["coverage"]["transactions"]) == ("1.5", 1000)
    assert after(modules, *CHECKPOINTS[:3])["partial"] is None


def test_progress_stays_between_0_and_100_whatever_comes(modules: Page) -> None:
    shown = [after(modules, progress(percent, 1))["progress"] for percent in (-5, 250)]
    assert shown == [0, 100]
    nonsense = f"{{event: 'job-progress', progress: 'NaN', at: {at(1)}}}"
    assert after(modules, progress(40, 1), nonsense)["progress"] == 40
