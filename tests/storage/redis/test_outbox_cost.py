"""What subscriptions and outboxes cost: round trips, and what a post runs. W-R18."""

import pytest

from tests.builders import new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import post, subscribe
from tests.conformance.outbox_acts import kept, lease, log, save, subscribe_many
from zaqar.storage.ids import named

POST_WITHOUT_SUBSCRIPTIONS = ["GET", "HMGET", "HSET", "SET", "HSET", "ZADD", "ZADD", "HSET"]
"""What it was before there were subscriptions."""


def test_a_post_to_a_queue_without_subscriptions_runs_the_same_commands_as_ever(store, queue, watch):
    with watch() as sent:
        post(store, queue, new_message())

    (one,) = sent
    assert [name for name, _ in one.shape] == POST_WITHOUT_SUBSCRIPTIONS
    assert one.inside[1][2:] == ["next", "noted", "notify_until"]


def test_a_post_costs_the_same_with_one_subscription_and_with_many(store, queue, watch):
    shapes = []
    for count in (1, 200):
        subscribe_many(store, queue, count)
        post(store, queue, new_message())
        with watch() as sent:
            post(store, queue, *numbered_messages(2))
        shapes.append([one.shape for one in sent])
        store.subscriptions.delete_all(queue)

    assert shapes[0] == shapes[1]
    assert [name for name, _ in shapes[0][0]].count("XADD") == 1


CALLS = {
    "subscribe": lambda store, queue, one: subscribe(store, queue, "http://new.example"),
    "list": lambda store, queue, one: store.subscriptions.list(queue, marker=None, limit=10),
    "get": lambda store, queue, one: store.subscriptions.get(queue, named(one.subscription.id)),
    "delete": lambda store, queue, one: store.subscriptions.delete(queue, named(one.subscription.id)),
    "delete all": lambda store, queue, one: store.subscriptions.delete_all(queue),
    "lease": lambda store, queue, one: lease(store, queue, limit=10),
    "notices": lambda store, queue, one: log(store, queue),
    "save": lambda store, queue, one: save(store, queue, kept(one, one.progress)),
    "standing": lambda store, queue, one: store.deliveries.standing(queue, named(one.subscription.id)),
    "hurry": lambda store, queue, one: store.deliveries.hurry(queue, named(one.subscription.id)),
    "address": lambda store, queue, one: store.deliveries.address(
        queue, named(one.subscription.id), new_message(), token=new_token()
    ),
}


@pytest.mark.parametrize("project", ["", "p"])
def test_subscribing_works_after_another_one_has_ended_and_without_a_project(store, clock, watch, project):
    """W-R18: it took a round trip for each that was there, failed after an end, and listed in no stable order."""
    queue = queue_key(project=project)
    store.records.create(queue)
    subscribe(store, queue, "http://ended.example", ttl=60)
    there = subscribe_many(store, queue, 50)
    clock.move(60)

    with watch() as sent:
        again = subscribe(store, queue, "http://ended.example")

    assert [each.name for each in sent] == ["EVALSHA"]
    assert len(sent[0].inside) < 50
    ids = [one.id for one in store.subscriptions.list(queue, marker=None, limit=100)]
    assert ids == sorted([again.id, *(one.id for one in there)])


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_one_round_trip(store, queue, watch, call):
    subscribe_many(store, queue, 30)
    for _ in range(5):
        post(store, queue, *numbered_messages(2))
    (one,) = lease(store, queue, limit=1)

    with watch() as sent:
        CALLS[call](store, queue, one)

    assert [each.name for each in sent] == ["EVALSHA"]


def test_a_lease_and_the_standing_read_no_body(store, queue, watch):
    subscription = subscribe(store, queue)
    for _ in range(3):
        post(store, queue, new_message())

    with watch() as sent:
        store.deliveries.standing(queue, named(subscription.id))
        lease(store, queue)

    assert not [words for one in sent for words in one.inside if words[0].upper() in ("XRANGE", "XREVRANGE", "XREAD")]
