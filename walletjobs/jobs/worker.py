"""RQ's worker with a short lease, a safe dequeue from several queues, and a graceful end.

Source: rq 3.0, ``worker/base.py``, ``worker/worker_classes.py`` and ``queue.py``; what is overridden says why.
"""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import psycopg
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, worker_registration
from rq.exceptions import DequeueTimeout, StopRequested
from rq.executions import Execution
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import BaseTimeoutException
from rq.utils import now
from rq.worker import BaseWorker, HerokuWorker

from walletjobs.config import Config
from walletjobs.errors import InvalidJob, Superseded, WalletjobsError
from walletjobs.jobs import recovery
from walletjobs.jobs.connection import worker_redis
from walletjobs.jobs.pulse import stopping

LEASE = 10  # seconds that a job stays with a worker of which nothing is heard
HEARTBEAT_EVERY = 3  # seconds
IDLE_TTL = 30  # seconds; RQ blocks half of it for a job, so a hung Redis is noticed within it
LARGEST_PAYLOAD = 100_000  # bytes of a job's function and arguments, packed; ours take 300
POLL = 0.1  # seconds between two looks at several queues
_OF_THE_END = {signal.SIGRTMIN, signal.SIGTERM}


class SafeQueue(Queue):
    """Takes from several queues by way of their intermediate lists, where RQ would lose a job between pop and
    start (it uses BLPOP for more than one queue), and survives a job that cannot be read."""

    @classmethod
    def dequeue_any(cls, queues: Iterable[Queue], timeout: int | None, *args: Any, **options: Any) -> Any:
        """As RQ's; from several queues the first that has a job, looked at again each ``POLL`` seconds."""
        listed = list(queues)
        if len(listed) == 1:
            return super().dequeue_any(listed, timeout, *args, **options)
        deadline = time.monotonic() + (timeout or 0)
        while True:
            for queue in listed:
                found = super().dequeue_any([queue], None, *args, **options)
                if found is not None:
                    return found
            if timeout is None:
                return None
            if time.monotonic() >= deadline:
                raise DequeueTimeout(timeout, [queue.key for queue in listed])
            time.sleep(POLL)

    @classmethod
    def _fetch_dequeued_job(
        cls, connection: Redis, queue_key: str, job_id: str, *args: Any, **options: Any
    ) -> Any:
        """As RQ's, but a hash that cannot be read ends that job, not this worker and the next one; one that is too
        large is not read at all."""
        try:
            size = connection.hstrlen(Job.key_for(job_id), "data")
            if size > LARGEST_PAYLOAD:
                raise InvalidJob(
                    f"Its arguments take {size:,} bytes, and {LARGEST_PAYLOAD:,} at most may be."
                )
            return super()._fetch_dequeued_job(connection, queue_key, job_id, *args, **options)
        except StopRequested:  # a signal's exception comes anywhere
            raise
        except Exception as error:
            if isinstance(error, RedisError) and not str(error).startswith("WRONGTYPE"):
                raise
            recovery.bury(connection, job_id, error)
            IntermediateQueue(queue_key, connection).remove(job_id)
            return None


class Careful(BaseWorker):
    """What our workers do otherwise than RQ's, however they run a job."""

    queue_class = SafeQueue

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """RQ's own lease is over a minute."""
        return LEASE

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """As RQ's; a Redis that has forgotten everything learns anew that there is this worker."""
        super().heartbeat(timeout, pipeline)
        if pipeline is None and not self.connection.sismember(self.redis_workers_keys, self.key):
            with self.connection.pipeline() as registration:
                registration.hset(self.key, mapping=self.serialize())
                worker_registration.register(self, registration)
                registration.execute()

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """As RQ's, of an execution that Redis knows; of one that it has forgotten, or that the recovery took away,
        RQ's would leave half a hash, and nobody could read this worker any more."""
        if self.connection.exists(execution.key):
            super().maintain_heartbeats(job, execution)
        else:
            self.heartbeat()

    def prepare_job_execution(self, job: Job, remove_from_intermediate_queue: bool = False) -> None:
        """RQ leaves the intermediate list alone where a worker has several queues; ours goes through it always."""
        super().prepare_job_execution(job, remove_from_intermediate_queue=True)

    def _shutdown(self) -> None:
        """As RQ's, which ends an idle worker by an exception alone: raised inside a line of the log it is swallowed
        there, and the worker would take one job after the other and hand each back."""
        self._stop_requested = True
        super()._shutdown()  # type: ignore[no-untyped-call]

    def run_maintenance_tasks(self) -> None:
        """The recovery process does it, every second; RQ's would fail jobs that ours runs again."""
        self.last_cleaned_at = now()  # type: ignore[assignment]  # RQ's own type is None

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: Any = None,
        exc_string: str = "",
        execution: Execution | None = None,
    ) -> None:
        """As RQ's for a job whose end is recorded; one that is still live has lost its horse, and runs again.

        A worker that stood still so long that its job was given to another has nothing to answer for.
        """
        stopped, self._stopped_job_id = self._stopped_job_id == job.id, None
        named = execution is None or self.connection.zscore(
            job.started_job_registry.key, execution.composite_key
        )
        self._drop(job, execution)
        if named is not None and not recovery.answer_for_lost(self.connection, job.id, stopped):
            super().handle_job_failure(job, queue, started_job_registry, exc_string, execution)

    def _finalize_failure(self, job: Job, queue: Queue, execution: Execution, exc_info: Any) -> None:
        """As RQ's, but a start that a newer one has overtaken ends without a word, and what never reached our
        code (arguments that do not fit, a function that is gone) is recorded."""
        error = exc_info[1]
        if isinstance(error, Superseded):
            self._drop(job, execution)
            return
        if not isinstance(error, (RedisError, psycopg.Error, WalletjobsError, BaseTimeoutException)):
            recovery.bury(self.connection, job.id, error)
        super()._finalize_failure(job, queue, execution, exc_info)

    def _drop(self, job: Job, execution: Execution | None) -> None:
        with self.connection.pipeline() as pipeline:
            self.cleanup_execution(job, pipeline=pipeline, execution=execution)
            pipeline.execute()


class WalletWorker(Careful, HerokuWorker):
    """A worker whose horse always hears that it shall end, and hands its job back.

    RQ tells a horse by SIGRTMIN. Told before it listens, the horse would die of it; told before it has a group
    of its own, the whole pool would.
    """

    def handle_warm_shutdown_request(self) -> None:
        """A horse that is forked from now on knows it too."""
        stopping.set()
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]

    def request_force_stop(self, signum: int, frame: Any) -> None:
        """Nothing: a dyno's end reaches every process, and the pool tells its workers once more.

        RQ takes a second signal for impatience, and kills the horse. What does not end in time is killed by the pool.
        """

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Signals wait until the horse listens; one that came during the fork is sent after it."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _OF_THE_END)
        try:
            super().fork_work_horse(job, queue)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _OF_THE_END)
        if stopping.is_set():
            self.kill_horse(signal.SIGRTMIN)

    def setup_work_horse_signals(self) -> None:
        """From here on the horse listens."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _OF_THE_END)

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """The horse with its children, or, just born and still of our group, the horse alone."""
        with suppress(ProcessLookupError):
            if os.getpgid(self.horse_pid) == self.horse_pid:
                os.killpg(self.horse_pid, sig)
            else:
                os.kill(self.horse_pid, sig)

    def request_stop_sigrtmin(self, signum: Any, frame: Any) -> None:
        """In the work horse, when the worker is told to end: the job's pulse ends the work at a safe point.

        RQ's raises in the midst of it, and takes the alarm that the job's timeout needs.
        """
        stopping.set()


def work(config: Config, queues: list[str]) -> None:
    """Takes jobs from these queues, the first ones first, until a signal ends it."""
    redis = worker_redis(config.redis_url)
    listened = [SafeQueue(name, connection=redis, serializer=JSONSerializer) for name in queues]
    worker = WalletWorker(
        listened,
        connection=redis,
        serializer=JSONSerializer,
        job_monitoring_interval=HEARTBEAT_EVERY,
        worker_ttl=IDLE_TTL,
    )
    worker.work(logging_level="INFO")
