"""Calls at the same time, answered to one thread."""

import threading
import time

from walletjobs.services.crew import Crew


def answers(crew: Crew[str]) -> dict[str, object]:
    found = {}
    while crew.busy:
        done = crew.next(10)
        assert done is not None
        found[done.task] = done.answer if done.error is None else done.error
    return found


def test_calls_are_made_at_the_same_time_and_each_answer_comes_with_its_task() -> None:
    together = threading.Barrier(4, timeout=30)
    with Crew[str](4) as crew:
        for name in "abcd":
            crew.ask(name, lambda name=name: (together.wait(), name.upper())[1])
        assert crew.busy == 4
        assert answers(crew) == {"a": "A", "b": "B", "c": "C", "d": "D"}


def test_error_of_a_call_is_its_answer_and_the_others_go_on() -> None:
    with Crew[str](1) as crew:
        crew.ask("bad", lambda: 1 // 0)
        crew.ask("good", lambda: 1)
        found = answers(crew)
    assert isinstance(found["bad"], ZeroDivisionError)
    assert found["good"] == 1


def test_urgent_call_is_made_before_those_that_wait() -> None:
    go, order = threading.Event(), []
    with Crew[str](1) as crew:
        crew.ask("first", lambda: go.wait(30))
        crew.ask("later", lambda: order.append("later"))
        crew.ask("urgent", lambda: order.append("urgent"), urgent=True)
        go.set()
        answers(crew)
    assert order == ["urgent", "later"]


def test_nothing_done_in_time_is_nothing() -> None:
    with Crew[str](1) as crew:
        assert crew.next(0.01) is None


def test_who_leaves_waits_for_no_call_and_no_call_is_begun_after() -> None:
    go, begun = threading.Event(), []
    with Crew[str](1) as crew:
        crew.ask("hangs", lambda: (begun.append("hangs"), go.wait(30)))
        crew.ask("never", lambda: begun.append("never"))
        while not begun:
            time.sleep(0.01)
    assert crew.over.is_set()
    go.set()
    for thread in crew.threads:
        thread.join(30)
    assert begun == ["hangs"]
