"""How many worker processes a queue calls for."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went through a queue lately."""

    arrivals: int  # accepted within ``seconds``
    served: int  # ended within ``seconds``
    seconds: float
    service_seconds: float | None  # mean from start to end; None where none ended
    held: int = 0  # accepted, waiting in Postgres
    oldest_held_seconds: float | None = None


def processes_wanted(waiting: int, traffic: Traffic, patience: float) -> int:
    """Processes that keep up with what arrives, and are through with what waits within ``patience`` seconds.

    What arrived and still waits is counted once, as waiting. Without a job that ended the first process has to show
    how long one takes.

    Units: seconds.
    Source: Little's law: jobs at work = arrivals a second × seconds of service.
    """
    if traffic.service_seconds is None:
        return int(waiting > 0)
    taken = max(traffic.arrivals - waiting, 0) / traffic.seconds
    at_work = (taken + waiting / patience) * traffic.service_seconds
    return max(math.ceil(round(at_work, 6)), int(waiting > 0))  # 3.0000000000000004 is three
