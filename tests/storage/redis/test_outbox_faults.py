"""What a crash leaves of outboxes and of what is known of them, and what goes on where the server is full."""

import pytest

from tests.builders import new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, post, subscribe
from tests.conformance.outbox_acts import (
    OTHER,
    finish,
    kept,
    lease,
    log,
    message_ids,
    position,
    post_noticed,
    released,
    save,
    subscribe_many,
)
from tests.storage.redis.opening import message_store
from tests.storage.redis.structures import Structures
from tests.storage.redis.test_faults_refusals import configured
from zaqar.errors import Unavailable
from zaqar.models import Progress
from zaqar.storage.ids import named
from zaqar.storage.redis.keys import keys_of, outbox_keys_of


def test_a_source_that_a_crash_kept_from_being_noted_is_found_at_the_start_and_every_minute(
    server, store, queue, clock, client
):
    follower = message_store(server.uri, clock=clock)
    assert follower.deliveries.sources() == []
    subscribe(store, queue)
    post(store, queue, new_message())  # and no note is written
    assert follower.deliveries.sources() == []

    started = message_store(server.uri, clock=clock)
    assert started.deliveries.sources() == [queue]
    client.delete(*client.keys("zaqar:{agenda:*"))
    client.delete("zaqar:outboxes:search")  # which ends after a minute
    assert follower.deliveries.sources() == [queue]

    follower.close()
    started.close()


def test_a_process_that_posts_tells_of_a_source_without_being_asked(server, store, queue, clock):
    follower = message_store(server.uri, clock=clock)
    follower.deliveries.sources()
    subscribe(store, queue)
    post(store, queue, new_message())

    store.is_turn_to_sweep()

    assert follower.deliveries.sources() == [queue]
    follower.close()


class Between:
    """A link that does something before the first command of a name."""

    def __init__(self, link, name, step):
        self.losses = 0
        self._link = link
        self._name = name
        self._step = step

    def ask(self, command, **options):
        if command[0] == self._name and self._step:
            step, self._step = self._step, None
            step()
        return self._link.ask(command, **options)

    def __getattr__(self, name):
        return getattr(self._link, name)


@pytest.mark.parametrize("name", ["SREM", "EXISTS"])
def test_a_post_that_comes_while_an_empty_source_is_struck_is_not_lost(server, store, queue, clock, name):
    subscribe(store, queue)
    post(store, queue, new_message())
    finish(store, queue, *lease(store, queue))
    store.deliveries.sources()
    producer = message_store(server.uri, clock=clock)

    def produce():
        post(producer, queue, new_message())
        producer.is_turn_to_sweep()

    store.parts.server.link = Between(store.parts.server.link, name, produce)
    assert lease(store, queue) == []

    assert store.deliveries.sources() == [queue]
    producer.close()


def test_a_log_that_is_ahead_of_a_new_record_moves_it_on(store, queue, client, clock):
    """Where what was remembered of the positions is gone, a post must still find a place behind the last notice."""
    subscribe(store, queue)
    before = post(store, queue, *numbered_messages(2))
    store.records.delete(queue)
    client.delete(keys_of(queue).resume)
    clock.move(-100)
    store.records.create(queue)

    after = post(store, queue, new_message())

    assert message_ids(log(store, queue)) == before + after


def test_an_index_that_does_not_answer_keeps_no_lease_back(store, queue):
    subscribe(store, queue)
    post(store, queue, new_message())
    finish(store, queue, *lease(store, queue))

    def fail():
        raise Unavailable("away")

    store.parts.server.link = Between(store.parts.server.link, "SREM", fail)

    assert lease(store, queue) == []


def test_a_full_server_lets_deliveries_go_on(server, store, queue, clock):
    one, other = subscribe_many(store, queue, 2)
    ids = post(store, queue, *numbered_messages(2))
    with configured(server, maxmemory=1):
        with pytest.raises(Unavailable, match="The store is full"):
            subscribe(store, queue, "http://new.example")
        assert store.deliveries.sources() == [queue]
        first, second = lease(store, queue)
        store.deliveries.hurry(queue, named(one.id))
        save(store, queue, released(first, Progress(position(ids[0]))), kept(second, Progress(position(ids[1]))))
        assert len(log(store, queue)) == 1
        (again,) = lease(store, queue, holder=OTHER)
        finish_as = released(again, Progress(position(ids[1])))
        save(store, queue, finish_as, holder=OTHER)
        assert log(store, queue) == []
        assert lease(store, queue) == []
        store.subscriptions.delete(queue, named(other.id))
        clock.move(4000)
        store.sweep()

    assert store.subscriptions.list(queue, marker=None, limit=10) == []


def test_a_repetition_of_the_first_post_to_a_log_notes_the_source_again(server, store, queue, clock):
    """The first answer, which said that the log was empty, may be the one that was lost."""
    subscribe(store, queue)
    lost = message_store(server.uri, clock=clock)
    store.deliveries.sources()
    token = new_token()
    lost.messages.post(queue, [new_message()], client_id=PRODUCER, token=token)
    lost.close()

    store.messages.post(queue, [new_message()], client_id=PRODUCER, token=token)

    assert store.deliveries.sources() == [queue]


def test_the_search_for_outboxes_finds_topics_and_odd_names(server, clock, store):
    keys = [queue_key(kind="topic"), queue_key(name="a{b}:notices"), queue_key(project="")]
    for key in keys:
        store.records.create(key)
        subscribe(store, key)
        post_noticed(store, key, new_message())

    started = message_store(server.uri, clock=clock)

    assert sorted(started.deliveries.sources()) == sorted(keys)
    started.close()


def test_what_a_subscription_leaves_of_the_queue_is_known(store, queue, client):
    """The test of structures knows the other keys of a queue."""
    subscribe(store, queue)
    post(store, queue, new_message())

    others = Structures(client, queue).others

    assert {key for key in others if b":posted:" not in key} <= set(outbox_keys_of(queue))
