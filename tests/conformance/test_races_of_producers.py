"""Producers against observers, against a purge and against the deletion of their queue.

Each race runs over two pairs of stores on the same data, as two processes would.
"""

import functools
import itertools
import threading

import pytest

from tests.builders import new_message, numbered_messages
from tests.conformance.acts import claim, everything, ids, listed, post
from tests.conformance.backends import RACING
from tests.conformance.threads import together
from zaqar.errors import QueueNotFound
from zaqar.storage.ids import named

PRODUCERS = 4

pytestmark = pytest.mark.parametrize("stores", RACING, ids=lambda backend: backend.name, indirect=True)


@pytest.fixture
def sides(stores):
    """Return the message stores that the threads take in turn."""
    return [stores.message, stores.reopen().message] * (PRODUCERS // 2)


class Countdown:
    """Tells when all producers have finished."""

    def __init__(self, count):
        self._left = count
        self._lock = threading.Lock()

    def finish(self):
        with self._lock:
            self._left -= 1

    @property
    def is_over(self):
        return self._left == 0


def follow(store, queue, countdown, *, limit):
    """Follow markers until the producers are done and nothing is left; return the ids seen."""
    seen, marker = [], None
    while True:
        was_over = countdown.is_over
        page = listed(store, queue, marker=marker, limit=limit, include_claimed=True, include_delayed=True)
        seen += ids(page)
        if page:
            marker = page[-1].id
        elif was_over:
            return seen


def produce(store, queue, countdown, *, posts):
    """Post batches of one to three messages, some delayed; return the ids of each batch."""
    try:
        return [
            post(store, queue, *numbered_messages(1 + number % 3, delay=60 if number % 7 == 0 else 0))
            for number in range(posts)
        ]
    finally:
        countdown.finish()


def consume(store, queue, countdown):
    """Claim and release, so that messages change their state under the observers."""
    while not countdown.is_over:
        store.claims.release(queue, named(claim(store, queue, limit=5).id))


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_an_observer_sees_every_message_once_and_in_order(sides, queue, limit):
    """Storage W-M3, W-M4."""
    countdown = Countdown(PRODUCERS)
    producers = [functools.partial(produce, store, queue, countdown, posts=100) for store in sides]
    observers = [functools.partial(follow, store, queue, countdown, limit=limit) for store in sides[:2]]

    *posted, first, second, _ = together(*producers, *observers, functools.partial(consume, sides[1], queue, countdown))

    batches = list(itertools.chain(*posted))
    assert first == second == ids(everything(sides[0], queue))
    assert sorted(first) == sorted(itertools.chain(*batches))
    places = {message_id: place for place, message_id in enumerate(first)}
    for batch in batches:
        assert [places[message_id] - places[batch[0]] for message_id in batch] == list(range(len(batch)))
    for one in posted:
        own = [places[message_id] for batch in one for message_id in batch]
        assert own == sorted(own)


def test_what_is_posted_after_a_purge_returned_survives(sides, queue):
    for _ in range(15):
        before = post(sides[0], queue, *numbered_messages(600))
        is_purged, is_over = threading.Event(), threading.Event()

        def purge(is_purged=is_purged, is_over=is_over):
            sides[0].records.purge(queue)
            is_purged.set()
            for _ in range(15):
                post(sides[0], queue, new_message())
            is_over.set()

        def produce_on(store, is_purged=is_purged, is_over=is_over):
            safe = []
            while not is_over.is_set():
                was_purged = is_purged.is_set()
                message_ids = post(store, queue, *numbered_messages(2))
                safe += message_ids if was_purged else []
            return safe

        _, *safe = together(purge, *(functools.partial(produce_on, store) for store in sides[:2]))

        left = everything(sides[1], queue)
        assert set(itertools.chain(*safe)) <= set(ids(left))
        assert not set(before) & set(ids(left))
        assert sides[0].records.stats(queue).total == len(left)
        sides[0].records.purge(queue)


def test_a_post_during_deletion_is_refused_or_goes_with_the_queue(sides, queue):
    for _ in range(25):
        is_recreated = threading.Event()

        def recreate(is_recreated=is_recreated):
            sides[0].records.delete(queue)
            left_between = everything(sides[0], queue)
            sides[0].records.create(queue)
            is_recreated.set()
            return left_between

        def produce_on(store, is_recreated=is_recreated):
            acknowledged, safe = [], []
            for _ in range(15):
                was_recreated = is_recreated.is_set()
                try:
                    message_ids = post(store, queue, *numbered_messages(2))
                except QueueNotFound:
                    assert not was_recreated
                    continue
                acknowledged += message_ids
                safe += message_ids if was_recreated else []
            return acknowledged, safe

        before = post(sides[0], queue, *numbered_messages(300))
        left_between, *produced = together(recreate, *(functools.partial(produce_on, store) for store in sides[:2]))

        shown = ids(everything(sides[1], queue))
        acknowledged = {message_id for one, _ in produced for message_id in one}
        safe = {message_id for _, one in produced for message_id in one}
        assert left_between == []
        assert safe <= set(shown) <= acknowledged
        assert not set(before) & set(shown)
        assert sides[0].records.stats(queue).total == len(shown)


def test_no_orphan_shows_up_after_the_last_deletion(sides, queue):
    for _ in range(25):

        def produce_on(store):
            for _ in range(25):
                try:
                    post(store, queue, new_message())
                except QueueNotFound:
                    return

        together(
            functools.partial(sides[0].records.delete, queue),
            *(functools.partial(produce_on, store) for store in sides),
        )
        sides[0].records.delete(queue)
        sides[0].records.create(queue)

        assert everything(sides[1], queue) == []
        assert sides[1].records.stats(queue).total == 0


def test_the_sweep_takes_nothing_that_lives(sides, queue, clock):
    post(sides[0], queue, *numbered_messages(500, ttl=10))
    clock.move(10)
    countdown = Countdown(2)
    producers = [functools.partial(produce, store, queue, countdown, posts=30) for store in sides[:2]]

    def sweep():
        while not countdown.is_over:
            sides[0].sweep()

    first, second, _ = together(*producers, sweep)

    posted = sorted(itertools.chain(*first, *second))
    assert ids(everything(sides[1], queue)) == posted
