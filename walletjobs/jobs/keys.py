"""The names of our keys in Redis. All begin with ``walletjobs:`` and all expire."""

DAY = 86_400  # seconds
CHANNEL = "walletjobs:events"  # one for all jobs: a web process needs one subscription


def active(wallet: str, what: str) -> str:
    """Holds the id of the one job that does this for a wallet: a scope of an analysis, or a type of step."""
    return f"walletjobs:active:{what}:{wallet}"


def wallet_lock(wallet: str) -> str:
    """Holds the job that may write this wallet."""
    return f"walletjobs:lock:wallet:{wallet}"


def turn(job_id: str) -> str:
    """Holds the number of the job's newest start; an older start may no longer speak for the job."""
    return f"walletjobs:turn:{job_id}"


def cancel(job_id: str) -> str:
    """Exists once someone asked to cancel the job (not in ``job.meta``: the job alone writes that)."""
    return f"walletjobs:cancel:{job_id}"


def events(job_id: str) -> str:
    """The job's stream of events."""
    return f"walletjobs:events:{job_id}"


def ended(job_id: str) -> str:
    """Exists once the job's terminal event is in its stream: there is never a second one."""
    return f"walletjobs:ended:{job_id}"


def memory() -> str:
    """Holds a mark that is there as long as Redis forgets nothing."""
    return "walletjobs:memory"


def recovery_leader() -> str:
    """Holds the process that recovers lost jobs just now."""
    return "walletjobs:recovery:leader"


def clock_leader() -> str:
    """Holds the process that does what falls due just now."""
    return "walletjobs:clock:leader"


def worth(wallet_id: int, version: str) -> str:
    """Holds what a wallet's holdings are worth, by one analysis and one state of the prices."""
    return f"walletjobs:worth:{wallet_id}:{version}"


def kept(wallet_id: int, what: str) -> str:
    """Holds an answer that takes long to put together, by one analysis."""
    return f"walletjobs:kept:{wallet_id}:{what}"
