"""How many processes a queue calls for."""

import pytest

from walletjobs.core.demand import Traffic, processes_wanted

MINUTE = 60.0


@pytest.mark.parametrize(
    ("waiting", "arrivals", "service", "wanted"),
    [
        (0, 0, None, 0),
        (0, 0, 30.0, 0),
        (3, 3, None, 1),  # how long one takes is not known yet
        (0, 60, 1.0, 1),  # six seconds of work a minute
        (0, 60, 10.0, 1),  # exactly one process' work
        (0, 61, 10.0, 2),
        (0, 60, 60.0, 6),
        (12, 12, 5.0, 1),  # a minute's work waits, and nothing else came
        (12, 12, 10.0, 2),
        (12, 72, 10.0, 3),  # what waits, and what comes
    ],
)
def test_processes_keep_up_with_what_comes_and_clear_what_waits(waiting, arrivals, service, wanted):
    assert processes_wanted(waiting, Traffic(arrivals, 0, 600.0, service), MINUTE) == wanted


def test_a_batch_that_may_take_longer_calls_for_fewer():
    traffic = Traffic(1000, 0, 600.0, 10.0)
    assert processes_wanted(1000, traffic, MINUTE) == 167
    assert processes_wanted(1000, traffic, 30 * MINUTE) == 6
