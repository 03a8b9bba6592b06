"""Refreshes of wallets that a webhook has told something of: one small job each, in the background.

A wallet whose analysis is queued or runs waits for its end, so that what came meanwhile has one more refresh after it.
"""

from typing import Any

from psycopg import Connection
from redis import Redis

from walletjobs.db.news import NewsRepository
from walletjobs.errors import AnalysisInProgress
from walletjobs.jobs.admission import Submission, submit_analysis
from walletjobs.jobs.queue import BACKGROUND_QUEUE, BACKGROUND_TIMEOUT

AT_ONCE = 20  # jobs queued in one look


def refresh_due(redis: Redis, connection: Connection[Any]) -> None:
    """Queues the refresh of each wallet whose time has come.

    The wallet stops waiting in the transaction that records its job: should this process die in between, it is
    refreshed once more, never once less.
    """
    for _ in range(AT_ONCE):
        try:
            with connection.transaction():
                address = NewsRepository(connection).claim()
                if address is None:
                    return
                submit_analysis(redis, connection, _refresh(address))
        except AnalysisInProgress:  # a moment ago somebody else asked for it
            return


def _refresh(address: str) -> Submission:
    return Submission(address, force_refresh=True, timeout_minutes=BACKGROUND_TIMEOUT, queue=BACKGROUND_QUEUE)
