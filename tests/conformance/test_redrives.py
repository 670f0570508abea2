"""Redrives: how one begins, whose it is and how it goes on."""

import pytest

from tests.builders import new_token, numbered_messages, queue_key
from tests.conformance.acts import everything, listed, numbers, post
from tests.conformance.outbox_acts import OTHER, position
from tests.conformance.redrive_acts import (
    begin,
    bury,
    dead_letters,
    origin_in,
    queue_beside,
    redrive,
    step,
    step_to_end,
)
from zaqar.errors import QueueNotFound, RedriveRunning
from zaqar.models import RedriveTerms
from zaqar.storage.ids import named


@pytest.fixture
def dead(store, queue):
    """Return the queue in which the dead letters are; they come from ``queue``."""
    return queue_beside(store, queue)


@pytest.fixture
def buried(store, queue, dead):
    """Return the ids of ten dead letters."""
    return bury(store, dead, *dead_letters(origin_in(queue), 10))


def test_one_that_begins_has_its_terms_and_nothing_done(store, dead, buried, clock):
    terms = RedriveTerms(to="elsewhere", limit=7, rate=50, reason="gone", is_dry_run=True)
    token = new_token()

    made = store.redrives.create(dead, terms, token=token)

    assert named(made.id).token == token
    assert (made.terms, made.state, made.created, made.ended) == (terms, "running", clock.now(), None)
    assert (made.moved, made.skipped) == (0, 0)
    assert made.until > position(buried[-1])
    assert store.redrives.get(dead) == made


def test_a_queue_has_none_before_the_first(stores, queue):
    assert stores.message.redrives.get(queue) is None
    assert stores.message.redrives.get(queue_key()) is None
    assert step(stores.message, queue) is None
    assert step(stores.message, queue_key()) is None


def test_none_begins_where_there_is_no_queue(store):
    missing = queue_key()

    with pytest.raises(QueueNotFound):
        begin(store, missing)

    assert store.redrives.get(missing) is None


def test_one_runs_at_a_time(store, dead, buried):
    first = begin(store, dead, limit=1)

    with pytest.raises(RedriveRunning):
        begin(store, dead)

    assert store.redrives.get(dead) == first


@pytest.mark.parametrize("end", ["done", "cancelled"])
def test_another_begins_after_the_last_has_ended(store, queue, dead, buried, end):
    first = begin(store, dead, limit=3)
    if end == "done":
        step_to_end(store, dead)
    else:
        store.redrives.cancel(dead, named(first.id))

    second = begin(store, dead)

    assert second.id != first.id
    assert (second.moved, second.skipped, second.state, second.ended) == (0, 0, "running", None)
    assert step_to_end(store, dead, holder=OTHER).moved == (7 if end == "done" else 10), "it is nobody's yet"
    assert numbers(listed(store, queue)) == list(range(10))


def test_each_queue_has_its_own(store, queue, dead, buried):
    other = queue_beside(store, queue)
    bury(store, other, *dead_letters(origin_in(queue), 2, first=10))
    begin(store, dead)

    begin(store, other)

    assert step_to_end(store, other).moved == 2
    assert step_to_end(store, dead).moved == 10


def test_a_step_tells_how_far_it_is_and_so_does_get(store, queue, dead, buried, clock):
    begin(store, dead)
    clock.move(5)
    seen = []

    ended = step_to_end(store, dead, limit=3, each=seen.append)

    assert [one.moved for one in seen][:3] == [3, 6, 9]
    assert [one.after for one in seen][:3] == [position(buried[at]) for at in (2, 5, 8)]
    assert {one.state for one in seen[:-1]} == {"running"}
    assert (ended.state, ended.ended, ended.moved, ended.skipped) == ("done", clock.now(), 10, 0)
    assert store.redrives.get(dead) == ended


def test_a_step_looks_at_no_more_than_it_is_asked_to(store, queue, dead, buried):
    begin(store, dead)

    step(store, dead, limit=4)

    assert numbers(listed(store, queue)) == [0, 1, 2, 3]
    assert numbers(listed(store, dead)) == [4, 5, 6, 7, 8, 9]


def test_a_redrive_goes_on_from_another_process(stores, queue, dead, buried):
    begin(stores.message, dead)
    step(stores.message, dead, limit=4)

    ended = step_to_end(stores.reopen().message, dead)

    assert ended.moved == 10
    assert numbers(listed(stores.message, queue)) == list(range(10))


def test_more_than_a_step_looks_at_come_back(store, queue, dead):
    for first in range(0, 500, 100):
        bury(store, dead, *dead_letters(origin_in(queue), 100, first=first))

    assert redrive(store, dead).moved == 500

    assert numbers(listed(store, queue)) == list(range(500))
    assert everything(store, dead) == []


def test_of_an_empty_queue_nothing_is_moved(store, dead):
    ended = redrive(store, dead)

    assert (ended.state, ended.moved, ended.skipped) == ("done", 0, 0)


def test_it_is_the_holders_until_the_lease_ends(store, dead, buried, clock):
    begin(store, dead)
    assert step(store, dead, seconds=3, limit=1).moved == 1

    assert step(store, dead, holder=OTHER, limit=1) is None
    clock.move(2)
    assert step(store, dead, holder=OTHER, limit=1) is None
    assert len(everything(store, dead)) == 9

    clock.move(1)
    assert step(store, dead, holder=OTHER, limit=1).moved == 2
    assert step(store, dead) is None


def test_each_step_renews_the_lease(store, dead, buried, clock):
    begin(store, dead)
    step(store, dead, seconds=3, limit=1)
    clock.move(2)
    step(store, dead, seconds=3, limit=1)
    clock.move(2)

    assert step(store, dead, holder=OTHER) is None


def test_the_statistics_of_both_queues_follow(store, queue, dead, buried):
    post(store, queue, *numbered_messages(2))

    redrive(store, dead, limit=4)

    assert store.records.stats(queue).total == 6
    assert store.records.stats(dead).total == 6
