"""One start of a job with a wallet in its hands: the lock, and the fencing number drawn under it."""

from collections.abc import Iterator
from contextlib import contextmanager

from walletjobs.db.fence import Fence, take
from walletjobs.db.runs import RunRepository
from walletjobs.errors import LockLost, Superseded
from walletjobs.jobs.lock import WalletLock, held
from walletjobs.jobs.progress import JobReport, Start


@contextmanager
def holding_the_wallet(start: Start, report: JobReport) -> Iterator[Fence]:
    """The right to write the job's wallet while the block lasts; drawn only where this start is the newest.

    Raises: LockBusy, Superseded.
    """
    lock = WalletLock(start.redis, start.run.wallet, start.speaker)
    with held(lock, on_lost=lambda: report.end_with(LockLost())):
        with start.connection.transaction():
            fence = take(start.connection, start.run.wallet, start.run.id)
            if not RunRepository(start.connection).note_fence(start.run, fence.number):
                raise Superseded
        yield fence
