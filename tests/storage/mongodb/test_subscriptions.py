"""Subscriptions beside the records of their queues: until when posts leave notices, and for whom."""

import pytest

from tests.builders import new_message, new_token, numbered_messages
from tests.conformance.acts import PRODUCER, post
from tests.storage.mongodb.steps import replace_step
from tests.storage.mongodb.subscribers import (
    deliver_all,
    lease,
    new_subscription,
    noticed_ids,
    subscribe,
)
from zaqar.errors import QueueNotFound, SubscriberTaken, SubscriptionNotFound
from zaqar.storage.ids import named
from zaqar.storage.mongodb.messages import trimming
from zaqar.storage.mongodb.messages.litter import NEXT_LOOK
from zaqar.storage.mongodb.messages.subscribing import UNDER_WAY


def kept(data) -> int:
    return data.messages.count_documents({"state": "notice"})


def test_subscriptions_outlive_the_queue_however_long_it_is_gone(store, queue, data, clock):
    """notifications N-68: what says that posts leave notices must be there when the queue is."""
    subscription = subscribe(store, queue, ttl=10_000)
    store.records.delete(queue)
    for _ in range(3):
        clock.move(1000)
        store.sweep()
    with pytest.raises(QueueNotFound):
        subscribe(store, queue, "http://b.example/")
    old = store.subscriptions.get(queue, named(subscription.id))
    store.subscriptions.replace(queue, old=old, new=old, restarts=True)
    clock.move(9000)
    store.sweep()
    store.records.create(queue)

    posted = post(store, queue, *numbered_messages(2))

    assert noticed_ids(store, queue) == posted
    assert deliver_all(store, queue) == [("http://a.example/", 0), ("http://a.example/", 1)]


def test_the_remains_go_with_the_last_subscription(store, queue, data, clock):
    subscribe(store, queue, ttl=1000)
    store.records.delete(queue)
    clock.move(999)
    store.sweep()
    assert data.records.count_documents({}) == 1

    clock.move(1)
    store.sweep()

    assert data.records.count_documents({}) == data.subscriptions.count_documents({}) == 0


def test_the_remains_do_not_wait_for_the_end_of_a_subscription_that_was_deleted(store, queue, data, clock):
    """Whose end may be thousands of years away."""
    subscription = subscribe(store, queue, ttl=220_367_260_800)
    store.records.delete(queue)
    clock.move(1000)
    store.sweep()
    assert data.records.count_documents({}) == 1
    store.subscriptions.delete(queue, named(subscription.id))
    clock.move(NEXT_LOOK)

    store.sweep()

    assert data.records.count_documents({}) == 0


def test_posts_leave_no_notices_any_more_when_the_last_subscription_was_deleted(store, queue, data, clock):
    subscription = subscribe(store, queue, ttl=100_000)
    store.subscriptions.delete(queue, named(subscription.id))
    post(store, queue, new_message())
    assert lease(store, queue) == []
    assert kept(data) == 0
    assert "notify_until" in data.records.find_one({})  # somebody else may be about to subscribe
    clock.move(UNDER_WAY)
    post(store, queue, new_message())
    assert lease(store, queue) == []

    posted = store.messages.post(queue, [new_message()], client_id=PRODUCER, token=new_token())

    assert not posted.has_notice
    assert kept(data) == 0


def test_whoever_subscribes_while_the_log_is_trimmed_is_told_of_all_that_comes(store, other, queue, clock, monkeypatch):
    def late(*arguments):
        found = usual(*arguments)
        if next(turns, False):
            subscribe(other, queue)
            post(other, queue, new_message(b"1"))
        return found

    store.subscriptions.delete(queue, named(subscribe(store, queue).id))
    post(store, queue, new_message(b"0"))
    for number in range(3):
        clock.move(UNDER_WAY)
        usual, turns = trimming._least_low, iter([False] * number + [True])
        with monkeypatch.context() as patched:
            replace_step(patched, store, trimming, "_least_low", late)
            lease(store, queue)
        assert [body for _, body in deliver_all(store, queue)][-1:] == [1]
        store.subscriptions.delete_all(queue)
        post(store, queue, new_message(b"0"))


def test_a_subscriber_whose_subscription_ended_is_free(store, queue, data, clock):
    first = subscribe(store, queue, ttl=60)
    second = subscribe(store, queue, "http://b.example/")
    clock.move(60)

    with pytest.raises(SubscriptionNotFound):
        store.subscriptions.replace(queue, old=first, new=first)
    store.subscriptions.replace(queue, old=second, new=first)
    changed = store.subscriptions.get(queue, named(second.id))
    assert (changed.subscriber, changed.version) == ("http://a.example/", second.version + 1)
    third = subscribe(store, queue, "http://b.example/")
    with pytest.raises(SubscriberTaken):
        store.subscriptions.replace(queue, old=changed, new=third)
    assert [each.id for each in store.subscriptions.list(queue, marker=None, limit=10)] == [second.id, third.id]


def test_subscribing_takes_two_commands(store, queue, watch):
    store.records.stats(queue)
    with watch() as sent:
        store.subscriptions.create(queue, new_subscription(), token=new_token())

    assert [each.name for each in sent] == ["findAndModify", "insert"]
