"""What waits for a subscriber: each event once, in order, progress coalesced, bounded."""

from hypothesis import given
from hypothesis import strategies as st

from api.stream.feed import START, Feed, Frame, position


def progress(number: int, step: str = "sync", job: str = "a") -> Frame:
    return Frame(job, f"{number}-0", "job-progress", f"progress {number}", step)


def notice(number: int, job: str = "a") -> Frame:
    return Frame(job, f"{number}-0", "job-notice", f"notice {number}")


def feed(*jobs: str, limit: int = 10_000) -> Feed:
    made = Feed(lambda: None, limit)
    for job in jobs or ("a",):
        made.follow(job)
    return made


def test_progress_within_a_step_is_replaced_by_later_progress() -> None:
    waiting = feed()
    for number in (1, 2, 3):
        waiting.put(progress(number))
    assert waiting.take() == [progress(3)]


def test_every_step_is_told_even_to_the_slowest() -> None:
    waiting = feed()
    frames = [
        progress(number, step) for number, step in enumerate(["lock", "status", "sync", "pnl", "done"], 1)
    ]
    for frame in frames:
        waiting.put(frame)
    assert waiting.take() == frames


def test_what_is_no_progress_is_never_dropped_and_order_is_kept() -> None:
    waiting = feed()
    for frame in (progress(1), notice(2), progress(3), notice(4)):
        waiting.put(frame)
    assert waiting.take() == [notice(2), progress(3), notice(4)]


def test_an_event_that_comes_twice_is_told_once() -> None:
    waiting = feed()
    waiting.put(notice(1))
    waiting.put(notice(1))
    assert waiting.take() == [notice(1)]
    waiting.put(notice(1))
    assert waiting.take() == []


def test_what_was_replayed_is_not_told_again() -> None:
    waiting = feed()
    for number in (1, 2, 3):
        waiting.put(notice(number))
    waiting.replayed("a", (2, 0))
    waiting.put(notice(2))
    assert waiting.take() == [notice(3)]


def test_only_followed_jobs_are_let_in() -> None:
    waiting = feed("a")
    waiting.put(notice(1, "b"))
    assert waiting.take() == []
    waiting.follow("b")
    waiting.put(notice(1, "b"))
    waiting.put(notice(2, "a"))
    waiting.forget("b")
    assert waiting.take() == [notice(2, "a")]


def test_following_twice_changes_nothing() -> None:
    waiting = feed()
    waiting.put(notice(5))
    assert waiting.follow("a") is False
    waiting.put(notice(4))
    assert waiting.take() == [notice(5)]


def test_a_subscriber_that_does_not_take_is_given_up() -> None:
    waiting = feed(limit=30)
    for number in range(1, 9):
        waiting.put(notice(number))
    assert waiting.overflowed
    assert waiting.take() == []


def test_coalesced_progress_does_not_fill_the_feed() -> None:
    waiting = feed(limit=100)
    for number in range(1, 1000):
        waiting.put(progress(number))
    assert not waiting.overflowed
    assert waiting.take() == [progress(999)]


def test_ids_compare_as_numbers() -> None:
    assert position("9-10") > position("9-9") > position("1-0") > START


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.booleans(), st.sampled_from(["sync", "pnl"]), st.booleans()))
)
def test_whatever_comes_ids_rise_in_each_job_and_nothing_but_progress_is_lost(
    script: list[tuple[str, bool, str, bool]],
) -> None:
    waiting, told, sent = feed("a", "b", limit=10**9), [], []
    for number, (job, is_progress, step, takes) in enumerate(script, 1):
        frame = progress(number, step, job) if is_progress else notice(number, job)
        sent.append(frame)
        waiting.put(frame)
        told += waiting.take() if takes else []
    told += waiting.take()
    for job in "ab":
        ids = [frame.at for frame in told if frame.job_id == job]
        assert ids == sorted(set(ids))
        last = [frame for frame in sent if frame.job_id == job][-1:]
        assert last == [frame for frame in told if frame.job_id == job][-1:]
    assert [frame for frame in told if frame.event == "job-notice"] == [
        frame for frame in sent if frame.event == "job-notice"
    ]
