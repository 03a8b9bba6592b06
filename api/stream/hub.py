"""One reader of Redis a web process, which hands every job's events to the subscribers here."""

import threading
from collections.abc import Callable, Iterable

import structlog
from redis import Redis
from redis.exceptions import RedisError

from api.stream.feed import Feed, Position
from api.stream.frames import frame_of
from walletjobs.jobs.connection import reader_redis
from walletjobs.jobs.events import Event, memory_of, published, replay
from walletjobs.jobs.keys import CHANNEL

log = structlog.get_logger(__name__)

LISTEN = 1.0  # seconds between looks at whether to stop
RECONNECT = 0.5  # seconds


class Hub:
    """Subscribers of one process, and the thread that feeds them.

    A subscriber first follows, then reads what is stored, then takes what came meanwhile: nothing falls
    between. Whenever the reader (re)connects it reads what every follower may have missed; where Redis was emptied
    in between, followers look at their jobs anew.
    """

    def __init__(self, redis_url: str, limit: int) -> None:
        self._redis_url = redis_url
        self._limit = limit
        self._lock = threading.Lock()
        self._feeds: set[Feed] = set()
        self._reader: threading.Thread | None = None
        self._stop = threading.Event()

    @property
    def stopping(self) -> bool:
        """Whether this process is going down; subscribers should then leave."""
        return self._stop.is_set()

    def join(self, wake: Callable[[], None]) -> Feed | None:
        """A feed for a new subscriber, or None where there are too many already."""
        with self._lock:
            if len(self._feeds) >= self._limit or self.stopping:
                return None
            feed = Feed(wake)
            self._feeds.add(feed)
            if self._reader is None or not self._reader.is_alive():
                self._reader = threading.Thread(target=self._run, name="event-reader", daemon=True)
                self._reader.start()
            return feed

    def leave(self, feed: Feed) -> None:
        """The subscriber is gone."""
        with self._lock:
            self._feeds.discard(feed)

    def stop(self) -> None:
        """Ends the reader and wakes every subscriber, so that each says good-bye."""
        self._stop.set()
        for feed in self._followers():
            feed.wake()

    def _run(self) -> None:
        while not self.stopping:
            try:
                with reader_redis(self._redis_url) as redis:
                    self._listen(redis)
            except (RedisError, OSError) as error:
                log.warning("event reader lost Redis", error=str(error))
                self._stop.wait(RECONNECT)

    def _listen(self, redis: Redis) -> None:
        with redis.pubsub() as channel:  # type: ignore[no-untyped-call]
            channel.subscribe(CHANNEL)
            while not self.stopping:
                message = channel.get_message(timeout=LISTEN)
                if message is None:
                    continue
                if message["type"] == "subscribe":  # the first time, and after each silent reconnect
                    self._catch_up(redis)
                elif message["type"] == "message":
                    self._take_in(message["data"])

    def _take_in(self, message: bytes) -> None:
        try:
            job_id, event = published(message)
        except (ValueError, KeyError):
            log.warning("a message on our channel is not ours", message=message[:200])
            return
        self._hand_out(job_id, [event])

    def _catch_up(self, redis: Redis) -> None:
        memory = memory_of(redis)
        for feed in self._followers():
            if feed.memory not in (None, memory):
                feed.memory, feed.outdated = memory, True
                feed.wake()
        earliest: dict[str, Position] = {}
        for feed in self._followers():
            for job_id, mark in feed.marks().items():
                earliest[job_id] = min(mark, earliest.get(job_id, mark))
        for job_id, mark in earliest.items():
            self._hand_out(job_id, replay(redis, job_id, "{}-{}".format(*mark)))

    def _hand_out(self, job_id: str, events: Iterable[Event]) -> None:
        followers = [feed for feed in self._followers() if feed.follows(job_id)]
        for event in events if followers else ():
            frame = frame_of(job_id, event)
            for feed in followers:
                feed.put(frame)

    def _followers(self) -> list[Feed]:
        with self._lock:
            return list(self._feeds)
