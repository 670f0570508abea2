"""Producers against those who deliver: a subscription that goes through the log misses no notice, whoever leases it.

Each race runs over two pairs of stores on the same data, as two processes would. The clock stands still, so no lease lapses.
"""

import collections
import functools
import itertools
import threading

import pytest

from tests.builders import new_message, numbered_messages
from tests.conformance.acts import post, subscribe
from tests.conformance.backends import RACING
from tests.conformance.outbox_acts import (
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
from tests.conformance.threads import together
from zaqar.models import Progress
from zaqar.storage.ids import named

PRODUCERS = 3
POSTS = 60

pytestmark = pytest.mark.parametrize("stores", RACING, ids=lambda backend: backend.name, indirect=True)


@pytest.fixture
def sides(stores):
    """Return the message stores that the threads take in turn."""
    return [stores.message, stores.reopen().message] * 2


class Deliveries:
    """What was delivered to each subscription, in order, by anybody."""

    def __init__(self, producers=0):
        self.ids = collections.defaultdict(list)
        self._producing = producers
        self._lock = threading.Lock()

    def produce(self, store, queue):
        """Post some messages at a time; return the ids."""
        try:
            return [
                message_id
                for number in range(POSTS)
                for message_id in post(store, queue, *numbered_messages(1 + number % 3))
            ]
        finally:
            with self._lock:
                self._producing -= 1

    def deliver(self, store, queue, holder):
        """Deliver a few notices at a time until the producers are done and nothing is left."""
        while True:
            was_over = self._producing == 0
            taken = lease(store, queue, holder=holder, seconds=1000, limit=2)
            for one in taken:
                self._deliver(store, queue, holder, one)
            if not taken and was_over:
                return

    def _deliver(self, store, queue, holder, one):
        high = one.progress.high
        for is_last in (False, True):
            notices = log(store, queue, after=high, most_bytes=3)
            new = [message_id for message_id in message_ids(notices) if position(message_id) > high]
            self.ids[one.subscription.id] += new
            high = max((position(message_id) for message_id in new), default=high)
            say = released if is_last else kept
            assert save(store, queue, say(one, Progress(high)), holder=holder, seconds=1000)


def test_every_subscription_gets_every_message_once_and_in_order(sides, queue):
    subscriptions = subscribe_many(sides[0], queue, 4)
    deliveries = Deliveries(PRODUCERS)
    producers = [functools.partial(deliveries.produce, store, queue) for store in sides[:PRODUCERS]]
    notifiers = [
        functools.partial(deliveries.deliver, store, queue, f"holder-{number}") for number, store in enumerate(sides)
    ]

    *posted, _, _, _, _ = together(*producers, *notifiers)

    expected = sorted(itertools.chain(*posted[:PRODUCERS]))
    for one in subscriptions:
        assert deliveries.ids[one.id] == expected
    assert log(sides[0], queue) == []


def test_a_subscription_gets_what_is_posted_from_then_on_and_others_come_and_go(sides, queue):
    lasting = subscribe(sides[0], queue, "http://lasting.example")
    for number in range(12):
        deliveries = Deliveries()

        def come_and_go(number=number):
            passing = subscribe(sides[1], queue, f"http://passing-{number}.example")
            assert post_noticed(sides[1], queue, new_message()).has_notice
            sides[1].subscriptions.delete(queue, named(passing.id))

        def come(number=number):
            subscription = subscribe(sides[1], queue, f"http://late-{number}.example")
            return subscription, post(sides[1], queue, *numbered_messages(3))

        *posted, _, (late, after) = together(
            *(functools.partial(post, store, queue, *numbered_messages(2)) for store in sides), come_and_go, come
        )
        deliveries.deliver(sides[0], queue, "holder")

        assert set(itertools.chain(after, *posted)) <= set(deliveries.ids[lasting.id])
        assert set(after) <= set(deliveries.ids[late.id])
        sides[0].subscriptions.delete(queue, named(late.id))


def test_nobody_takes_what_somebody_else_takes_at_the_same_time(sides, queue):
    subscribe_many(sides[0], queue, 40)
    post(sides[0], queue, new_message())

    def take(store, holder):
        found = []
        while taken := lease(store, queue, holder=holder, seconds=1000, limit=3):
            found += [one.subscription.id for one in taken]
        return found

    takers = [functools.partial(take, store, f"holder-{number}") for number, store in enumerate(sides)]

    found = list(itertools.chain(*together(*takers)))

    assert len(found) == len(set(found)) == 40


def test_a_queue_that_is_emptied_while_it_is_posted_to_stays_a_source_while_there_is_something(sides, queue, clock):
    subscribe(sides[0], queue)

    def drain():
        for _ in range(5):
            for one in lease(sides[0], queue, holder="holder", seconds=1000):
                high = max((notice.last for notice in log(sides[0], queue)), default=one.progress.high)
                save(sides[0], queue, released(one, Progress(high)), holder="holder")
            sides[0].deliveries.sources()

    for _ in range(30):
        clock.move(2)
        together(drain, *(functools.partial(post, store, queue, new_message()) for store in sides[:3]))

        for side in sides[:2]:
            side.is_turn_to_sweep()  # as each process does every two seconds
        if log(sides[0], queue):
            assert queue in sides[0].deliveries.sources()
            assert queue in sides[1].deliveries.sources()
