"""Which posts leave a notice for the subscribers of their queue."""

import pytest

from tests.builders import new_message, new_subscription, new_token
from tests.conformance.acts import leaves_notice, post, replace, subscribe, subscribers, sweep_all
from zaqar.errors import QueueNotFound
from zaqar.storage.ids import named


@pytest.fixture
def other(stores):
    """The same data in what might be another process."""
    return stores.reopen().message


def test_deleting_and_purging_a_queue_keeps_its_subscriptions(store, queue):
    """Notifications N-68."""
    made = subscribe(store, queue)
    post(store, queue, new_message())

    store.records.purge(queue)
    assert store.subscriptions.get(queue, named(made.id)) == made
    assert leaves_notice(store, queue)

    store.records.delete(queue)
    sweep_all(store)
    assert store.subscriptions.get(queue, named(made.id)) == made
    assert subscribers(store, queue) == [made.subscriber]

    store.records.create(queue)
    _, is_new = store.subscriptions.create(queue, new_subscription(), token=new_token())
    assert not is_new
    assert leaves_notice(store, queue)


def test_a_queue_that_nobody_subscribed_to_gets_no_notices(store, queue):
    assert not leaves_notice(store, queue)


def test_every_post_after_the_subscription_leaves_a_notice(store, queue):
    assert not leaves_notice(store, queue)

    subscribe(store, queue)

    assert leaves_notice(store, queue)
    assert leaves_notice(store, queue)


def test_a_silent_post_leaves_no_notice(store, queue):
    subscribe(store, queue)

    assert not leaves_notice(store, queue, audience="nobody")


def test_posts_leave_no_notice_once_the_last_subscription_has_ended(store, queue, clock):
    subscribe(store, queue, "http://1.example", ttl=60)
    subscribe(store, queue, "http://2.example", ttl=120)
    subscribe(store, queue, "http://3.example", ttl=90)
    clock.move(119)
    assert leaves_notice(store, queue)
    clock.move(1)

    assert not leaves_notice(store, queue)


def test_a_subscription_of_another_process_is_known_at_once(store, queue, other):
    assert not leaves_notice(store, queue)
    assert not leaves_notice(other, queue)

    made = subscribe(store, queue, ttl=60)

    assert leaves_notice(other, queue)
    assert other.subscriptions.get(queue, named(made.id)) == made
    _, is_new = other.subscriptions.create(queue, new_subscription(), token=new_token())
    assert not is_new


def test_a_subscription_that_another_process_prolonged_leaves_notices_on(store, queue, other, clock):
    made = subscribe(store, queue, ttl=60)
    assert leaves_notice(store, queue)
    replace(other, queue, made, ttl=600, restarts=True)
    clock.move(300)

    assert leaves_notice(store, queue)


def test_a_queue_that_another_process_made_again_finds_its_subscriptions(store, queue, other):
    subscribe(store, queue)
    assert leaves_notice(other, queue)
    store.records.delete(queue)
    with pytest.raises(QueueNotFound):
        leaves_notice(other, queue)

    store.records.create(queue)

    assert leaves_notice(other, queue)
