"""A wallet with a known history, and a service of jobs that a test can question."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import base58
from psycopg import Connection
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from walletjobs import ops
from walletjobs.core.run import Run
from walletjobs.db.runs import RunRepository
from walletjobs.dev.replay import ReplayServer
from walletjobs.errors import RateLimited
from walletjobs.jobs import events
from walletjobs.jobs.admission import Accepted, Submission, submit_analysis
from walletjobs.jobs.attempt import Receipt, perform
from walletjobs.jobs.clock import Clock
from walletjobs.jobs.events import Event
from walletjobs.jobs.progress import JobReport, Start
from walletjobs.jobs.queue import QUEUES
from walletjobs.jobs.worker import Careful, SafeQueue

WALLET = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2"
OTHER = "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM"
POOL = base58.b58encode(hashlib.sha256(b"pool").digest()).decode()
PATIENCE = 60.0  # seconds until a test gives up on what must come


def trades(count: int, wallet: str = WALLET, mints: int = 4) -> list[dict[str, Any]]:
    """A history of ``count`` transactions, each a purchase or a sale of one of a few tokens."""
    return [
        _trade(index, wallet, _key(f"mint {index % mints}"), buys=index // mints % 2 == 0)
        for index in range(count)
    ]


def _trade(index: int, wallet: str, mint: str, buys: bool) -> dict[str, Any]:
    lamports, quantity = (-100_000_000, 1_000_000) if buys else (120_000_000, -1_000_000)
    own, pools = _key(f"{wallet} {mint}"), _key(f"pool {mint}")

    def change(owner: str, account: str, amount: int) -> dict[str, Any]:
        raw = {"tokenAmount": str(amount), "decimals": 6}
        return {"userAccount": owner, "tokenAccount": account, "mint": mint, "rawTokenAmount": raw}

    def moved(account: str, native: int, *changes: dict[str, Any]) -> dict[str, Any]:
        return {"account": account, "nativeBalanceChange": native, "tokenBalanceChanges": list(changes)}

    buyer, seller = (wallet, POOL) if buys else (POOL, wallet)
    return {
        "type": "SWAP",
        "source": "PUMP_FUN",
        "fee": 5000,
        "feePayer": wallet,
        "signature": base58.b58encode(hashlib.sha512(f"{wallet} {index}".encode()).digest()).decode(),
        "slot": 1000 + index,
        "timestamp": 1_700_000_000 + index,
        "nativeTransfers": [{"fromUserAccount": buyer, "toUserAccount": seller, "amount": abs(lamports)}],
        "tokenTransfers": [
            {
                "fromUserAccount": seller,
                "toUserAccount": buyer,
                "fromTokenAccount": pools if buys else own,
                "toTokenAccount": own if buys else pools,
                "mint": mint,
                "tokenAmount": 1,
                "tokenStandard": "Fungible",
            }
        ],
        "accountData": [
            moved(wallet, lamports - 5000),
            moved(POOL, -lamports),
            moved(own, 0, change(wallet, own, quantity)),
            moved(pools, 0, change(POOL, pools, -quantity)),
        ],
        "transactionError": None,
        "instructions": [],
        "events": {},
    }


def _key(name: str) -> str:
    return base58.b58encode(hashlib.sha256(name.encode()).digest()).decode()


def always_rate_limited(**_: Any) -> Any:
    """A job whose provider asks it, each time, to come back in seven seconds."""

    def work(start: Start, report: JobReport) -> Receipt:
        raise RateLimited("Helius asks us to slow down.", retry_after=7)

    return perform(work)


def tells_provisional_figures(**_: Any) -> Any:
    """A job that has early figures, and ends."""

    def work(start: Start, report: JobReport) -> Receipt:
        report.partial({"stored": 1000})
        return {}

    return perform(work)


def sleeps_in_postgres(**_: Any) -> Any:
    """A job that Postgres keeps waiting for a minute."""

    def work(start: Start, report: JobReport) -> Receipt:
        start.connection.execute("SELECT pg_sleep(60)")
        return {}

    return perform(work)


def until(happens: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What ``happens`` says once it is something."""
    deadline = time.monotonic() + seconds
    while not (found := happens()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return found


class InlineWorker(Careful, SimpleWorker):
    """Our worker without a fork."""


@dataclass(frozen=True)
class Service:
    """Redis, Postgres and a provider, and what a test asks of them."""

    redis: Redis
    connection: Connection[Any]
    provider: ReplayServer

    def submit(self, wallet: str = WALLET, **options: Any) -> Accepted:
        return submit_analysis(self.redis, self.connection, Submission(wallet, **options))

    def work(self, *queues: str) -> None:
        """Runs what is queued, here, until the queues are empty."""
        names = queues or QUEUES
        listened = [SafeQueue(name, connection=self.redis, serializer=JSONSerializer) for name in names]
        InlineWorker(listened, connection=self.redis, serializer=JSONSerializer).work(burst=True)

    @cached_property
    def clock(self) -> Clock:
        """Ticks where a test says so."""
        return Clock(self.redis, lambda: self.connection)

    def tick(self) -> None:
        self.clock.tick(self.connection)

    def run(self, job_id: str) -> Run:
        run = RunRepository(self.connection).find(job_id)
        assert run is not None
        return run

    def events(self, job_id: str) -> list[Event]:
        return events.replay(self.redis, job_id)

    def percents(self, job_id: str) -> list[int]:
        told = [event.data["progress"] for event in self.events(job_id) if event.event == events.PROGRESS]
        return [percent for index, percent in enumerate(told) if index == 0 or percent != told[index - 1]]

    def checkpoints(self, job_id: str) -> list[int]:
        """The percents that every client sees, without those within the sync."""
        return [percent for percent in self.percents(job_id) if not 15 < percent < 40]

    def endings(self, job_id: str) -> list[str]:
        return [event.event for event in self.events(job_id) if event.ends]

    def ended(self, job_id: str) -> str:
        """How the job ends."""
        return until(lambda: "".join(self.endings(job_id)))

    def stored(self, wallet: str = WALLET) -> int:
        return self.one(
            "SELECT count(*) FROM wallet_transaction JOIN wallet ON wallet.id = wallet_id WHERE address = %s",
            wallet,
        )

    def one(self, query: str, *values: Any) -> Any:
        row = self.connection.execute(query.encode(), values).fetchone()
        return row[0] if row else None

    def worker_of(self, job_id: str) -> int:
        """The process id of the worker that has the job."""
        return until(
            lambda: next((each.pid for each in ops.workers(self.redis) if each.job_id == job_id), None)
        )


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
