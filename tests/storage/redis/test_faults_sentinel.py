"""A primary that is replaced: under load nothing that the new one has is lost, delivered twice or stuck."""

import threading

import pytest

from tests.builders import new_message, numbered_messages
from tests.clock import MovableClock
from tests.conformance.acts import listed, numbers, post
from tests.integration.process import free_port
from tests.integration.redis_groups import redis_sentinels
from tests.integration.redis_servers import HOST
from tests.storage.redis.faults import HASTY, STEADY, Load, made_queue, wait_until_copied, within
from tests.storage.redis.opening import opened
from zaqar.errors import Unavailable


@pytest.fixture
def group():
    """A group for one failover: the old primary would be taken back only after twenty seconds."""
    with redis_sentinels() as running:
        yield running


@pytest.fixture(scope="module")
def lasting_group():
    with redis_sentinels() as running:
        yield running


@pytest.fixture
def watched(lasting_group):
    """A group whose Sentinels are there again after the test."""
    yield lasting_group
    for sentinel in lasting_group.sentinels:
        sentinel.resume()
        if sentinel.process.poll() is not None:
            sentinel.start()


def test_everything_is_delivered_once_though_the_primary_dies(group):
    with opened(group.uri, **STEADY) as store:
        queues = [made_queue(store) for _ in range(3)]
        with Load(store, queues) as load:
            load.wait_for(messages=100)
            with load.held():
                wait_until_copied(group.primary, group.replicas[0])
                group.primary.kill()
            group.wait_for_failover()
            load.wait_for(messages=100)

        load.drain()
        assert load.failures == []
        assert load.delivered.keys() == load.acknowledged
        assert set(load.delivered.values()) == {1}
        assert [store.records.stats(queue).total for queue in queues] == [0, 0, 0]


def test_work_goes_on_though_the_primary_hangs_and_comes_back(group):
    """Replication is not waited for: what the old primary alone knew is gone; all that the new one has is delivered."""
    clock = MovableClock()
    with opened(group.uri, clock=clock, socket_timeout=0.3, **STEADY) as store:
        queues = [made_queue(store) for _ in range(3)]
        with Load(store, queues) as load:
            load.wait_for(messages=100)
            group.primary.pause()
            group.wait_for_failover()
            before = set(load.acknowledged)
            load.wait_for(messages=100)
            group.replicas[0].resume()
            load.wait_for(messages=100)

        clock.move(600)  # claims whose consumer never learned of them
        load.drain()
        assert load.failures == []
        assert load.acknowledged - before <= load.delivered.keys()
        assert {body for body, times in load.delivered.items() if times > 1} <= before
        assert [store.records.stats(queue).total for queue in queues] == [0, 0, 0]


def test_one_sentinel_is_enough(watched):
    for sentinel in watched.sentinels[:2]:
        sentinel.kill()

    with opened(watched.uri, **HASTY) as store, within(2):
        post(store, made_queue(store), new_message())


def test_a_sentinel_that_hangs_costs_its_timeout_once(watched):
    watched.sentinels[0].pause()

    with opened(watched.uri, socket_timeout=3) as store:
        queue = made_queue(store)
        for _ in range(3):
            store.close()
            with within(2.7):
                post(store, queue, new_message())


def test_open_connections_live_on_without_any_sentinel_and_new_ones_wait_for_one(watched):
    with opened(watched.uri, **HASTY) as store, opened(watched.uri, **HASTY) as late:
        queue = made_queue(store)
        for sentinel in watched.sentinels:
            sentinel.kill()

        post(store, queue, new_message())
        with within(3), pytest.raises(Unavailable) as caught:
            listed(late, queue)
        assert "No master found" in str(caught.value.__cause__)

        watched.sentinels[1].start()
        assert len(listed(late, queue)) == 1


def test_a_primary_that_became_a_replica_refuses_a_pop_without_harm(watched):
    with opened(watched.uri) as store:
        queue = made_queue(store)
        post(store, queue, *numbered_messages(2))
        watched.primary.client().replicaof(HOST, free_port())
        promoting = threading.Timer(0.2, watched.primary.client().replicaof, ("NO", "ONE"))
        promoting.start()

        assert numbers(store.messages.pop(queue, limit=1)) == [0]
        promoting.join()
