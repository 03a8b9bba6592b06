"""What must be true after a run, however much broke: every claim that does not hold is one line."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from psycopg import Connection
from redis import Redis

from chaos import audit
from chaos.client import Promises
from chaos.follower import Follower, Heard
from chaos.wallets import Invented
from walletjobs.core.run import LIVE, OVER
from walletjobs.jobs.queue import QUEUES, queue_of

Complaints = Iterator[str]


def check_runs(connection: Connection[Any], promises: Promises) -> Complaints:
    """Every promised job is recorded, has ended, and ended once for each time that it was opened."""
    rows = dict(connection.execute("SELECT id, status FROM analysis_run").fetchall())
    yield from (f"{job_id} was promised and is not recorded" for job_id in promises.accepted.keys() - rows)
    yield from (f"{job_id} is stuck: {status}" for job_id, status in rows.items() if status in LIVE)
    ends: dict[str, int] = dict.fromkeys(rows, 0)
    opened: dict[str, int] = dict.fromkeys(rows, 1)
    for change in audit.changes(connection):
        ends[change.id] += change.becomes in OVER
        opened[change.id] += change.was in OVER and change.becomes in LIVE
        if change.was in OVER and change.becomes in OVER:
            yield f"{change.id} ended as {change.becomes} after it had ended as {change.was}"
        if change.old_turn is not None and change.turn < change.old_turn:
            yield f"{change.id} went back from turn {change.old_turn} to {change.turn}"
    for job_id in rows:
        if ends[job_id] != opened[job_id]:
            yield f"{job_id} was opened {opened[job_id]} times and ended {ends[job_id]} times"
        if opened[job_id] > 1 + promises.reopened.get(job_id, 0):
            yield f"{job_id} was opened {opened[job_id]} times, retries aside"


def check_batches(connection: Connection[Any], promises: Promises) -> Complaints:
    """Every promised batch is recorded, over, and its end is told."""
    query = b"SELECT id, ended_at, told_at FROM batch"
    rows = {batch_id: times for batch_id, *times in connection.execute(query)}
    yield from (
        f"{batch_id} was promised and is not recorded" for batch_id in set(promises.batches) - rows.keys()
    )
    yield from (f"{batch_id} is not over: {times}" for batch_id, times in rows.items() if None in times)


def check_fence(connection: Connection[Any]) -> Complaints:
    """Nobody wrote a wallet but the newest drawer of its fencing number."""
    for at, wallet, table, fence in audit.trespasses(connection):
        yield f"at {at:%H:%M:%S.%f} someone wrote {table} of wallet {wallet}, whose fence {fence} another drew"


def check_wallet(connection: Connection[Any], wallet: Invented) -> Complaints:
    """All of the wallet is stored once, and its figures are the true ones."""

    def one(query: str) -> Any:
        row = connection.execute(query.encode(), [wallet.address]).fetchone()
        return row[0] if row else None

    of = "JOIN wallet ON wallet.id = wallet_id WHERE address = %s"
    found = {
        "rows": one(f"SELECT count(*) FROM wallet_transaction {of}"),
        "rows in pages": one(f"SELECT sum(transactions) FROM raw_page {of}"),
        "pages without rows": wallet.transactions
        - one(f"SELECT count(*) FROM wallet_transaction t JOIN raw_page p ON p.id = t.page_id {_of('t')}"),
        "whole ranges": one(f"SELECT count(*) FROM sync_range {of} AND reached_start"),
        "ranges": one(f"SELECT count(*) FROM sync_range {of}"),
        "behaviors": one(f"SELECT count(*) FROM behavior_result {of} AND time_window = 'all'"),
    }
    count = wallet.transactions
    for name, wanted in zip(found, (count, count, 0, 1, 1, 1), strict=True):
        if found[name] != wanted:
            yield f"{wallet.address} has {found[name]} {name}, not {wanted}"
    for method, realized in wallet.realized.items():
        figures = one(
            f"SELECT figures ->> 'realizedPnlLamports' FROM pnl_result {of} AND method = '{method}'"
            " AND mode = 'strict' AND time_window = 'all'"
        )
        if figures != str(realized):
            yield f"{wallet.address} realized {figures} lamports by {method}, not {realized}"


def _of(table: str) -> str:
    return f"JOIN wallet ON wallet.id = {table}.wallet_id WHERE address = %s"


def check_redis(redis: Redis) -> Complaints:
    """No wallet is claimed or locked, no queue holds anything, and every key of ours ends."""
    for pattern in ("walletjobs:active:*", "walletjobs:lock:*"):
        yield from (f"{key.decode()} is still held: {redis.get(key)!r}" for key in redis.scan_iter(pattern))
    for key in redis.scan_iter("walletjobs:*"):
        if redis.ttl(key) == -1:
            yield f"{key.decode()} never ends"
    for key in redis.scan_iter("rq:job:*"):
        if redis.ttl(key) == -1:
            yield f"{key.decode()} never ends: {redis.hget(key, 'status')!r}"
    for queue in (queue_of(redis, name) for name in QUEUES):
        left = {
            "waiting": redis.llen(queue.key),
            "popped": redis.llen(queue.intermediate_queue_key),
            "started": redis.zcard(queue.started_job_registry.key),
            "scheduled": redis.zcard(queue.scheduled_job_registry.key),
        }
        yield from (f"{queue.name} still has {count} {name}" for name, count in left.items() if count)


def check_events(follower: Follower, promises: Promises) -> Complaints:
    """What the subscriber heard of each promised job is one story: in order, with one end for each opening."""
    for job_id in promises.jobs():
        heard = follower.heard.get(job_id)
        if heard is None or not heard.over:
            yield f"{job_id}: its follower never heard the end; last: {heard.events[-1:] if heard else None}"
            continue
        lives = 1 + promises.reopened.get(job_id, 0)
        if len(heard.ends) > lives:
            yield f"{job_id} ended {len(heard.ends)} times in {lives} lives, for its follower"
        yield from (f"{job_id}: {complaint}" for complaint in _story(heard))


def _story(heard: Heard) -> Complaints:
    ids = [tuple(map(int, event["id"].split("-"))) for event in heard.events]
    yield from (f"{after} came after {before}" for before, after in pairwise(ids) if after <= before)
    told = [event["data"] for event in heard.events if event["event"] == "job-progress"]
    if any(not 0 <= data["progress"] <= 100 for data in told):
        yield "progress left 0 to 100"
    for before, after in pairwise(told):
        if after["progress"] < before["progress"] and not after.get("message"):
            yield f"progress fell from {before['progress']} to {after['progress']} without a word"
