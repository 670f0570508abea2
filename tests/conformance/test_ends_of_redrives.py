"""Redrives: how they end, which are running, and what becomes of one when its queue is emptied or goes."""

import pytest

from tests.builders import new_message, queue_key
from tests.conformance.acts import WELL_FORMED, listed, numbers, post
from tests.conformance.redrive_acts import (
    begin,
    bury,
    dead_letters,
    origin_in,
    queue_beside,
    redrive,
    step,
)
from zaqar.errors import RedriveNotFound
from zaqar.storage.ids import UNKNOWN, named


@pytest.fixture
def dead(store, queue):
    """Return the queue in which the dead letters are; they come from ``queue``."""
    return queue_beside(store, queue)


@pytest.fixture
def buried(store, queue, dead):
    """Return the ids of ten dead letters."""
    return bury(store, dead, *dead_letters(origin_in(queue), 10))


def test_a_redrive_that_was_cancelled_moves_nothing_any_more(store, queue, dead, buried, clock):
    made = begin(store, dead)
    step(store, dead, limit=3)
    clock.move(5)

    store.redrives.cancel(dead, named(made.id))

    assert step(store, dead) is None
    found = store.redrives.get(dead)
    assert (found.state, found.ended, found.moved) == ("cancelled", clock.now(), 3)
    assert numbers(listed(store, dead)) == list(range(3, 10))


def test_to_cancel_again_or_too_late_changes_nothing(store, dead, buried, clock):
    made = redrive(store, dead)
    clock.move(5)

    store.redrives.cancel(dead, named(made.id))

    assert store.redrives.get(dead) == made


def test_another_redrive_than_the_queues_cannot_be_cancelled(store, queue, dead, buried):
    made = begin(store, dead)

    for key, wrong in ((dead, named(WELL_FORMED)), (dead, UNKNOWN), (queue, named(made.id)), (queue_key(), UNKNOWN)):
        with pytest.raises(RedriveNotFound):
            store.redrives.cancel(key, wrong)

    assert store.redrives.get(dead) == made


def test_the_running_ones_are_known_everywhere(stores, dead, buried):
    store, other = stores.message, stores.reopen().message
    assert dead not in store.redrives.running()

    begin(store, dead)

    assert dead in store.redrives.running()
    assert dead in other.redrives.running()
    assert dead in stores.reopen().message.redrives.running()


def test_one_that_ended_is_no_running_one_any_more(store, dead, buried):
    redrive(store, dead)
    assert step(store, dead) is None

    assert dead not in store.redrives.running()


def test_it_is_a_running_one_again_when_another_begins(store, dead, buried):
    redrive(store, dead, limit=1)
    step(store, dead)

    begin(store, dead)

    assert dead in store.redrives.running()


def test_a_purge_ends_it(store, queue, dead, buried):
    begin(store, dead)
    step(store, dead, limit=3)

    store.records.purge(dead)

    assert store.redrives.get(dead).state != "running"
    post(store, dead, *dead_letters(origin_in(queue), 2, first=10))
    assert step(store, dead) is None
    assert numbers(listed(store, dead)) == [10, 11]
    assert numbers(listed(store, queue)) == [0, 1, 2]
    assert redrive(store, dead).moved == 2


def test_it_goes_with_the_queue(store, queue, dead, buried):
    begin(store, dead)
    step(store, dead, limit=3)

    store.records.delete(dead)

    assert store.redrives.get(dead) is None
    assert step(store, dead) is None
    store.records.create(dead)
    assert store.redrives.get(dead) is None
    post(store, dead, new_message())
    assert step(store, dead) is None
    assert numbers(listed(store, queue)) == [0, 1, 2]


def test_what_moved_stays_when_the_queue_of_dead_letters_goes(store, queue, dead, buried):
    redrive(store, dead)

    store.records.delete(dead)

    assert numbers(listed(store, queue)) == list(range(10))
