"""What Redis has of subscriptions and outboxes, and nothing that is over."""

import random

import pytest

from tests.builders import new_message, new_token, numbered_messages
from tests.conformance.acts import post, subscribe
from tests.conformance.outbox_acts import (
    HOLDER,
    OTHER,
    failing,
    finish,
    kept,
    lease,
    log,
    post_noticed,
    released,
    save,
    subscribe_many,
)
from tests.storage.redis.outboxes import Outbox
from zaqar.models import Progress
from zaqar.storage.ids import named
from zaqar.storage.redis.keys import keys_of


def test_a_queue_with_a_subscription_has_its_keys_and_loses_them_with_it(store, queue, client):
    subscription = subscribe(store, queue)
    assert Outbox(client, queue).keys == {
        "subscribers",
        "subscriptions",
        "order",
        "endings",
        "progress",
        "needed",
        "behind",
    }
    post(store, queue, new_message())
    lease(store, queue)
    store.deliveries.hurry(queue, named(subscription.id))
    assert Outbox(client, queue).keys >= {"notices", "pending", "taken", "holders", "hurried"}

    store.subscriptions.delete(queue, named(subscription.id))

    assert Outbox(client, queue).keys == set()
    assert client.hkeys(keys_of(queue).record) == [b"next", b"begins", b"noted"]


@pytest.mark.parametrize("how", ["delete_all", "delivery", "end", "end after the queue"])
def test_nothing_is_left_of_what_is_over(store, queue, client, clock, how):
    subscriptions = subscribe_many(store, queue, 3)
    post(store, queue, *numbered_messages(3))
    leases = lease(store, queue)
    store.deliveries.hurry(queue, named(subscriptions[0].id))
    if how == "delete_all":
        store.subscriptions.delete_all(queue)
    elif how == "delivery":
        finish(store, queue, *leases)
        assert not {"notices", "pending", "taken", "holders"} & Outbox(client, queue).keys
        for one in subscriptions:
            store.subscriptions.delete(queue, named(one.id))
    elif how == "end after the queue":
        store.records.delete(queue)

    clock.move(4000)
    store.sweep()
    store.deliveries.sources()
    lease(store, queue)

    assert Outbox(client, queue).keys == set()
    left = {key for key in client.scan_iter() if b"search" not in key and b"posted" not in key}
    assert left <= {keys_of(queue).record, keys_of(queue).resume}


class Wanderer:
    """Does whatever there is to do with one queue, in an order that is drawn."""

    def __init__(self, store, queue, clock, drawn):
        self._store = store
        self._queue = queue
        self._clock = clock
        self._drawn = drawn
        self._held = {HOLDER: {}, OTHER: {}}

    def step(self):
        self._drawn.choice(
            [
                *[self._subscribe] * 2,
                *[self._post] * 4,
                *[self._deliver] * 6,
                *[self._wait] * 3,
                self._change_one,
                self._store.sweep,
                self._change_queue,
            ]
        )()

    def _subscribe(self):
        subscribe(self._store, self._queue, f"http://{new_token()}.example", ttl=self._drawn.choice([60, 600, 600]))

    def _post(self):
        post(
            self._store, self._queue, *numbered_messages(self._drawn.randrange(1, 4), ttl=self._drawn.choice([9, 5000]))
        )

    def _wait(self):
        self._clock.move(self._drawn.choice([0.5, 2, 30]))

    def _deliver(self):
        holder = self._drawn.choice([HOLDER, OTHER])
        held = self._held[holder]
        for one in lease(self._store, self._queue, holder=holder, limit=self._drawn.choice([1, 3])):
            held[one.subscription.id] = one
        for id_, one in list(held.items()):
            say = self._drawn.choice([released, kept])
            save(self._store, self._queue, say(one, self._progress(one)), holder=holder)
            if say is released:
                del held[id_]

    def _progress(self, one):
        notices = log(self._store, self._queue)[: self._drawn.randrange(4)]
        high = max([one.progress.high, *(notice.last for notice in notices)])
        places = range(high - self._drawn.choice([0, 0, 1, 20]) + 1, high + 1)
        return Progress(high, failing(places, next_ms=self._clock.microseconds() // 1000 + self._drawn.randrange(9000)))

    def _change_one(self):
        there = self._store.subscriptions.list(self._queue, marker=None, limit=100)
        if not there:
            return
        one = self._drawn.choice(there)
        act = self._drawn.choice(["delete", "hurry", "renew"])
        if act == "delete":
            self._store.subscriptions.delete(self._queue, named(one.id))
        elif act == "hurry":
            self._store.deliveries.hurry(self._queue, named(one.id))
        else:
            self._store.subscriptions.replace(self._queue, old=one, new=one, restarts=True)

    def _change_queue(self):
        act = self._drawn.choice(["remake", "remake", "purge", "purge", "purge subscriptions"])
        if act == "remake":
            self._store.records.delete(self._queue)
            self._store.records.create(self._queue)
        elif act == "purge":
            self._store.records.purge(self._queue)
        else:
            self._store.subscriptions.delete_all(self._queue)


def test_a_purge_of_the_subscriptions_ends_the_notices(store, queue):
    subscribe_many(store, queue, 2)

    store.subscriptions.delete_all(queue)

    assert not post_noticed(store, queue, new_message()).has_notice


def test_the_structures_agree_after_any_sequence(store, queue, client, clock):
    """Of subscribing, posting, delivering and whatever ends them."""
    wanderer = Wanderer(store, queue, clock, random.Random(17))

    for _ in range(600):
        wanderer.step()
        Outbox(client, queue).check()
