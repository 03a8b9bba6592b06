"""Events: one writer, one end, ids to go on from."""

import fakeredis
import pytest

from walletjobs.errors import Superseded
from walletjobs.jobs import events, keys
from walletjobs.jobs.events import Speaker

JOB = "dashboard-0123456789abcdef"


@pytest.fixture
def redis() -> fakeredis.FakeRedis:
    return fakeredis.FakeRedis()


def tell(redis: fakeredis.FakeRedis, progress: int, turn: int | None = None) -> str | None:
    return events.emit(redis, Speaker(JOB, turn), events.PROGRESS, {"jobId": JOB, "progress": progress})


def test_events_come_back_in_order_and_whole(redis):
    ids = [tell(redis, percent) for percent in (5, 10, 15)]
    told = events.replay(redis, JOB)
    assert [event.id for event in told] == ids
    assert [event.data for event in told] == [{"jobId": JOB, "progress": percent} for percent in (5, 10, 15)]


def test_only_what_was_missed_is_replayed(redis):
    ids = [tell(redis, percent) for percent in (5, 10, 15)]
    assert [event.id for event in events.replay(redis, JOB, after=ids[0])] == ids[1:]
    assert events.replay(redis, JOB, after=ids[-1]) == []
    assert len(events.replay(redis, JOB, after="no id")) == 3


def test_the_last_id_goes_with_a_snapshot(redis):
    assert events.last_id(redis, JOB) == events.BEGINNING
    tell(redis, 5)
    newest = tell(redis, 10)
    assert events.last_id(redis, JOB) == newest


def test_a_newer_start_silences_the_older_one(redis):
    events.take_turn(redis, Speaker(JOB, 1), 60)
    tell(redis, 5, turn=1)
    events.take_turn(redis, Speaker(JOB, 2), 60)
    with pytest.raises(Superseded):
        tell(redis, 15, turn=1)
    with pytest.raises(Superseded):
        events.take_turn(redis, Speaker(JOB, 1), 60)
    assert [event.data["progress"] for event in events.replay(redis, JOB)] == [5]


def test_a_job_has_one_end_whoever_tells_it(redis):
    first = events.emit(redis, Speaker(JOB), events.COMPLETED, {"jobId": JOB}, terminal=True)
    again = events.emit(redis, Speaker(JOB), events.FAILED, {"jobId": JOB}, terminal=True)
    assert (first is not None, again) == (True, None)
    assert [event.event for event in events.replay(redis, JOB)] == [events.COMPLETED]


def test_the_snapshot_is_written_with_the_event_but_makes_no_job(redis):
    events.emit(redis, Speaker(JOB), events.PROGRESS, {}, meta=b'{"progress": 5}')
    assert not redis.exists(f"rq:job:{JOB}"), "a hash with nothing but meta would be poison"
    redis.hset(f"rq:job:{JOB}", "status", "started")
    events.emit(redis, Speaker(JOB), events.PROGRESS, {}, meta=b'{"progress": 5}')
    assert redis.hget(f"rq:job:{JOB}", "meta") == b'{"progress": 5}'


def test_what_is_published_is_what_is_kept(redis):
    subscription = redis.pubsub()
    subscription.subscribe(keys.CHANNEL)
    subscription.get_message(timeout=1)
    events.emit(
        redis, Speaker(JOB), events.NOTICE, {"jobId": JOB, "message": 'a "quoted" word – and ünïcode'}
    )
    message = subscription.get_message(timeout=1)
    assert events.published(message["data"]) == (JOB, events.replay(redis, JOB)[0])


def test_following_begins_after_an_id_and_says_when_nothing_comes(redis):
    first = tell(redis, 5)
    second = tell(redis, 10)
    following = events.follow(redis, JOB, after=first, wait=0.01)
    assert next(following).id == second
    assert next(following) is None


def test_a_client_gets_the_time_in_iso_8601(redis):
    tell(redis, 5)
    message = events.replay(redis, JOB)[0].message()
    assert set(message) == {"event", "id", "at", "data"}
    assert message["at"].endswith("Z")


def test_everything_that_is_kept_expires(redis):
    events.take_turn(redis, Speaker(JOB, 1), 60)
    events.emit(redis, Speaker(JOB), events.COMPLETED, {}, terminal=True)
    assert all(redis.ttl(key) > 0 for key in redis.keys("walletjobs:*"))
