"""Redrives against consumers, cancelling, purging and one another: each message is in one place, once.

Each race runs over two pairs of stores on the same data, as two processes would.
"""

import contextlib
import functools
import itertools

import pytest

from tests.conformance.acts import claim, everything, listed, numbers
from tests.conformance.backends import RACING
from tests.conformance.outbox_acts import HOLDER, OTHER, bodies, log, subscribe_many
from tests.conformance.redrive_acts import begin, bury, dead_letters, origin_in, queue_beside, step
from tests.conformance.threads import together
from zaqar.errors import RedriveRunning
from zaqar.storage.ids import named

COUNT = 600

pytestmark = pytest.mark.parametrize("stores", RACING, ids=lambda backend: backend.name, indirect=True)


@pytest.fixture
def sides(stores):
    """Return the message stores of two processes."""
    return [stores.message, stores.reopen().message]


@pytest.fixture
def dead(sides, queue):
    """Return a queue with many dead letters, which come from ``queue``."""
    key = queue_beside(sides[0], queue)
    for first in range(0, COUNT, 100):
        bury(sides[0], key, *dead_letters(origin_in(queue), 100, first=first))
    return key


def step_until_ended(store, dead, holder, *, limit=20):
    """Take steps under a lease that is over at once, so that whoever comes next takes the redrive over."""
    while store.redrives.get(dead).state == "running":
        step(store, dead, holder=holder, seconds=0, limit=limit)


def pop_until_ended(store, dead):
    taken = []
    while True:
        is_running = store.redrives.get(dead).state == "running"
        messages = store.messages.pop(dead, limit=3)
        taken += numbers(messages)
        if not messages and not is_running:
            return taken


def claim_until_ended(store, dead):
    taken = []
    while True:
        is_running = store.redrives.get(dead).state == "running"
        messages = claim(store, dead, limit=3).messages
        taken += numbers(messages)
        if not messages and not is_running:
            return taken


def test_several_steppers_move_each_message_once(sides, queue, dead):
    begin(sides[0], dead)

    together(
        *(functools.partial(step_until_ended, store, dead, holder) for store in sides for holder in (HOLDER, OTHER))
    )

    assert sorted(numbers(everything(sides[0], queue))) == list(range(COUNT))
    assert everything(sides[0], dead) == []
    assert sides[0].redrives.get(dead).moved == COUNT


@pytest.mark.parametrize("take", [pop_until_ended, claim_until_ended])
def test_consumers_of_the_dead_letters_and_a_redrive_share_them(sides, queue, dead, take):
    one, other = sides
    begin(one, dead)

    _, _, first, second = together(
        functools.partial(step_until_ended, one, dead, HOLDER),
        functools.partial(step_until_ended, other, dead, OTHER),
        functools.partial(take, one, dead),
        functools.partial(take, other, dead),
    )

    moved = numbers(everything(one, queue))
    assert sorted([*first, *second, *moved]) == list(range(COUNT))
    assert one.redrives.get(dead).moved == len(moved)
    assert one.records.stats(queue).total == len(moved)


def test_steppers_never_exceed_the_limit(sides, queue, dead):
    begin(sides[0], dead, limit=250)

    together(
        *(functools.partial(step_until_ended, store, dead, holder) for store in sides for holder in (HOLDER, OTHER))
    )

    assert len(everything(sides[0], queue)) == 250
    assert len(everything(sides[0], dead)) == COUNT - 250
    assert sides[0].redrives.get(dead).moved == 250


def test_steppers_leave_each_message_once_for_its_subscription(sides, queue):
    one, other = sides
    (subscription,) = subscribe_many(one, queue, 1)
    dead = queue_beside(one, queue)
    origin = origin_in(queue, reason="receiver_down", subscription_id=subscription.id)
    bury(one, dead, *dead_letters(origin, COUNT))
    begin(one, dead)

    together(
        *(functools.partial(step_until_ended, store, dead, holder) for store, holder in ((one, HOLDER), (other, OTHER)))
    )

    assert sorted(map(int, bodies(log(one, queue)))) == list(range(COUNT))
    assert everything(one, dead) == []


def test_of_several_that_begin_at_once_one_does(sides, dead):
    def try_to_begin(store):
        with contextlib.suppress(RedriveRunning):
            return begin(store, dead)

    made = [one for one in together(*[functools.partial(try_to_begin, store) for store in sides * 3]) if one]

    assert made == [sides[0].redrives.get(dead)]


def test_a_redrive_that_is_cancelled_meanwhile_stays_cancelled_and_loses_nothing(sides, queue, dead):
    one, other = sides
    made = begin(one, dead)

    together(
        functools.partial(step_until_ended, one, dead, HOLDER, limit=5),
        functools.partial(other.redrives.cancel, dead, named(made.id)),
    )

    assert one.redrives.get(dead).state == "cancelled"
    everywhere = itertools.chain(everything(one, queue), everything(one, dead))
    assert sorted(numbers(everywhere)) == list(range(COUNT))


def test_a_purge_takes_what_has_not_moved_and_nothing_else(sides, queue, dead):
    one, other = sides
    begin(one, dead)

    together(
        functools.partial(step_until_ended, one, dead, HOLDER, limit=5),
        functools.partial(other.records.purge, dead),
    )

    assert everything(one, dead) == []
    moved = numbers(listed(one, queue))
    assert moved == list(range(len(moved)))
    assert one.redrives.get(dead).state != "running"
