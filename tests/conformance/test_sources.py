"""Sources: the queues that have something in their outboxes."""

import pytest

from tests.builders import new_message, new_token, queue_key
from tests.conformance.acts import post, subscribe
from tests.conformance.outbox_acts import finish, lease, post_noticed
from zaqar.storage.ids import named


def test_no_queue_is_a_source_before_a_notice(store, queue):
    subscribe(store, queue)
    post_noticed(store, queue, new_message(), audience="nobody")

    assert queue not in store.deliveries.sources()


@pytest.mark.parametrize("kind", ["queue", "topic"])
def test_a_queue_is_a_source_from_the_first_notice_on(stores, kind):
    store, queue = stores.message, queue_key(kind=kind)
    store.records.create(queue)
    store.deliveries.sources()
    subscribe(store, queue)

    post(store, queue, new_message())

    assert list(store.deliveries.sources()).count(queue) == 1
    assert queue in stores.reopen().message.deliveries.sources()


def test_a_queue_with_an_addressed_notice_is_a_source(store, queue):
    subscription = subscribe(store, queue)
    store.deliveries.sources()

    store.deliveries.address(queue, named(subscription.id), new_message(), token=new_token())

    assert queue in store.deliveries.sources()


def test_a_queue_is_a_source_no_more_when_everything_is_done(store, queue, clock):
    subscribe(store, queue)
    post(store, queue, new_message())
    assert queue in store.deliveries.sources()

    finish(store, queue, *lease(store, queue))
    clock.move(2)
    assert lease(store, queue) == []

    assert queue not in store.deliveries.sources()

    post(store, queue, new_message())
    assert queue in store.deliveries.sources()


def test_a_deleted_queue_is_a_source_while_there_is_something_to_deliver(stores, queue):
    store = stores.message
    subscribe(store, queue)
    post(store, queue, new_message())

    store.records.delete(queue)

    assert queue in store.deliveries.sources()
    assert queue in stores.reopen().message.deliveries.sources()
