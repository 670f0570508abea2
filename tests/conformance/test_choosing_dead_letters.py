"""Which messages a redrive brings back: by reason, limit, state and age, and none while a queue is missing."""

import pytest

from tests.builders import queue_key
from tests.conformance.acts import claim, everything, listed, numbers
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
from zaqar.errors import QueueNotFound
from zaqar.models import NewMessage


@pytest.fixture
def dead(store, queue):
    """Return the queue in which the dead letters are; they come from ``queue``."""
    return queue_beside(store, queue)


def test_what_has_no_origin_stays_where_none_is_named(store, queue, dead):
    bury(store, dead, *dead_letters(None, 2), *dead_letters(origin_in(queue), 1, first=2))

    ended = redrive(store, dead)

    assert (ended.moved, ended.skipped) == (1, 2)
    assert numbers(listed(store, dead)) == [0, 1]
    assert numbers(listed(store, queue)) == [2]


@pytest.mark.parametrize("is_named", [True, False])
def test_only_those_with_the_reason_move_where_one_is_given(store, queue, dead, is_named):
    target = queue_beside(store, queue) if is_named else queue
    bury(
        store,
        dead,
        *dead_letters(origin_in(queue, reason="expired"), 2),
        *dead_letters(origin_in(queue, reason="max_claim_count"), 2, first=2),
        *dead_letters(None, 1, first=4),
    )

    ended = redrive(store, dead, reason="expired", to=target.name if is_named else None)

    assert (ended.moved, ended.skipped) == (2, 3)
    assert numbers(listed(store, target)) == [0, 1]
    assert numbers(listed(store, dead)) == [2, 3, 4]


@pytest.mark.parametrize("steps_of", [1, 3, 200])
def test_the_limit_is_never_exceeded(store, queue, dead, steps_of):
    for first in range(0, 20, 2):
        bury(store, dead, *dead_letters(origin_in(queue), 1, first=first), *dead_letters(None, 1, first=first + 1))
    begin(store, dead, limit=5)

    ended = step_to_end(store, dead, limit=steps_of)

    assert (ended.state, ended.moved) == ("done", 5)
    assert numbers(listed(store, queue)) == [0, 2, 4, 6, 8]
    assert len(listed(store, dead)) == 15


@pytest.mark.parametrize(("limit", "expected"), [(None, 6), (4, 4)])
def test_a_dry_run_moves_nothing_and_counts(store, queue, dead, limit, expected):
    bury(store, dead, *dead_letters(None, 1), *dead_letters(origin_in(queue), 6, first=1))
    before = listed(store, dead)
    begin(store, dead, is_dry_run=True, limit=limit)

    ended = step_to_end(store, dead, limit=2)

    assert (ended.state, ended.moved, ended.skipped) == ("done", expected, 1)
    assert listed(store, dead) == before
    assert everything(store, queue) == []
    assert redrive(store, dead).moved == 6


def test_what_is_claimed_delayed_or_expired_is_left(store, queue, dead, clock):
    origin = origin_in(queue)
    bury(store, dead, *dead_letters(origin, 2), *dead_letters(origin, 1, first=2, ttl=60))
    held = claim(store, dead, limit=1)
    bury(store, dead, NewMessage(b"3", 3600, 200, origin=origin), *dead_letters(origin, 1, first=4))
    clock.move(60)

    assert redrive(store, dead).moved == 2

    assert numbers(listed(store, queue)) == [1, 4]
    assert numbers(everything(store, dead)) == [0, 3]
    assert [message.claim_id for message in everything(store, dead)] == [held.id, None]


def test_what_is_due_or_whose_claim_has_lapsed_moves(store, queue, dead, clock):
    origin = origin_in(queue)
    bury(store, dead, *dead_letters(origin, 1), NewMessage(b"1", 3600, 60, origin=origin))
    claim(store, dead, ttl=60)
    begin(store, dead)
    clock.move(60)

    assert step_to_end(store, dead).moved == 2

    assert numbers(listed(store, queue)) == [0, 1]


def test_what_became_a_dead_letter_since_it_began_is_left(store, queue, dead):
    bury(store, dead, *dead_letters(origin_in(queue), 3))
    begin(store, dead)
    step(store, dead, limit=1)
    bury(store, dead, *dead_letters(origin_in(queue, redriven=1), 2, first=3))

    ended = step_to_end(store, dead)

    assert ended.moved == 3
    assert numbers(listed(store, queue)) == [0, 1, 2]
    assert numbers(listed(store, dead)) == [3, 4]


@pytest.mark.parametrize("is_named", [True, False])
def test_where_a_queue_is_missing_nothing_moves_until_it_is_there(store, queue, dead, is_named):
    missing = queue_key(project=queue.project)
    bury(store, dead, *dead_letters(origin_in(queue), 2), *dead_letters(origin_in(missing), 2, first=2))
    begin(store, dead, to=missing.name if is_named else None)
    before = listed(store, dead)

    with pytest.raises(QueueNotFound):
        step(store, dead)

    assert listed(store, dead) == before
    assert everything(store, queue) == []
    assert store.redrives.get(dead).moved == 0
    store.records.create(missing)
    assert step_to_end(store, dead).moved == 4
    assert numbers(listed(store, missing)) == ([0, 1, 2, 3] if is_named else [2, 3])
    assert numbers(listed(store, queue)) == ([] if is_named else [0, 1])


def test_a_missing_queue_does_not_matter_where_nothing_moves_to_it(store, queue, dead):
    missing = queue_key(project=queue.project)
    bury(
        store,
        dead,
        *dead_letters(origin_in(queue), 2),
        *dead_letters(origin_in(missing, reason="expired"), 1, first=2),
        *dead_letters(origin_in(missing), 1, first=3),
    )

    ended = redrive(store, dead, limit=2, reason="max_claim_count")

    assert (ended.state, ended.moved) == ("done", 2)
    assert numbers(listed(store, queue)) == [0, 1]
