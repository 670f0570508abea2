"""Where a redrive brings messages back to, and what they are like there."""

import pytest

from tests.builders import new_message, queue_key
from tests.conformance.acts import claim, everything, get, ids, listed, numbers, post, subscribe
from tests.conformance.outbox_acts import log
from tests.conformance.redrive_acts import (
    bury,
    dead_letters,
    origin_in,
    origins,
    queue_beside,
    redrive,
)
from zaqar.models import NewMessage
from zaqar.storage.ids import named


@pytest.fixture
def dead(store, queue):
    """Return the queue in which the dead letters are; they come from ``queue``."""
    return queue_beside(store, queue)


def test_messages_go_back_in_order_behind_what_is_there(store, queue, dead):
    (before,) = post(store, queue, new_message(b"100"))
    old = bury(store, dead, *dead_letters(origin_in(queue), 5))

    assert redrive(store, dead).moved == 5

    assert numbers(listed(store, queue)) == [100, 0, 1, 2, 3, 4]
    assert numbers(listed(store, queue, marker=before)) == [0, 1, 2, 3, 4]
    assert everything(store, dead) == []
    assert not set(old) & set(ids(listed(store, queue)))


def test_a_message_begins_a_new_life_with_the_ttl_of_its_origin(store, queue, dead, clock):
    body = b'{"b": 1, "a":\n2}'
    bury(store, dead, NewMessage(body, 9000, checksum="MD5:abc", origin=origin_in(queue, ttl=600)))
    clock.move(500)

    redrive(store, dead)

    (message,) = listed(store, queue)
    assert (message.body, message.checksum) == (body, "MD5:abc")
    assert (message.ttl, message.age, message.claim_id, message.claim_count) == (600, 0, None, 0)
    assert get(store, queue, message.id) == message
    clock.move(599)
    assert ids(listed(store, queue)) == [message.id]
    clock.move(1)
    assert everything(store, queue) == []


def test_what_was_claimed_among_the_dead_letters_counts_from_zero(store, queue, dead):
    bury(store, dead, *dead_letters(origin_in(queue), 2))
    for _ in range(3):
        store.claims.release(dead, named(claim(store, dead).id))

    redrive(store, dead)

    assert [message.claim_count for message in listed(store, queue)] == [0, 0]
    assert [message.claim_count for message in claim(store, queue).messages] == [1, 1]


def test_the_origin_stays_and_counts_one_more(store, queue, dead):
    first, second = origin_in(queue), origin_in(queue, reason="expired", redriven=4)
    bury(store, dead, *dead_letters(first, 1), *dead_letters(second, 1))

    redrive(store, dead)

    assert origins(store, queue, ids(listed(store, queue))) == [
        origin_in(queue, redriven=1),
        origin_in(queue, reason="expired", redriven=5),
    ]


def test_nobody_is_told(store, queue, dead):
    subscribe(store, queue)
    bury(store, dead, *dead_letters(origin_in(queue), 3))

    redrive(store, dead)

    assert len(listed(store, queue)) == 3
    assert log(store, queue) == []


def test_each_goes_to_the_queue_it_comes_from(store, queue, dead):
    other = queue_beside(store, queue)
    bury(
        store,
        dead,
        *dead_letters(origin_in(queue), 2),
        *dead_letters(origin_in(other), 2, first=2),
        *dead_letters(origin_in(queue), 1, first=4),
    )

    assert redrive(store, dead).moved == 5

    assert numbers(listed(store, queue)) == [0, 1, 4]
    assert numbers(listed(store, other)) == [2, 3]


def test_what_comes_from_a_topic_goes_back_to_the_topic(store, queue, dead):
    topic = queue_beside(store, queue, name=queue.name, kind="topic")
    bury(store, dead, *dead_letters(origin_in(topic), 2))

    assert redrive(store, dead).moved == 2

    assert numbers(listed(store, topic)) == [0, 1]
    assert everything(store, queue) == []


def test_all_go_to_the_queue_that_is_named(store, queue, dead, clock):
    target = queue_beside(store, queue)
    bury(
        store,
        dead,
        *dead_letters(origin_in(queue, ttl=600), 1),
        *dead_letters(None, 1, first=1, ttl=900),
        *dead_letters(origin_in(queue_key(), ttl=700), 1, first=2),
    )
    clock.move(100)

    ended = redrive(store, dead, to=target.name)

    assert (ended.moved, ended.skipped) == (3, 0)
    found = listed(store, target)
    assert [(int(one.body), one.ttl, one.age) for one in found] == [(0, 600, 0), (1, 900, 0), (2, 700, 0)]
    assert [one and one.redriven for one in origins(store, target, ids(found))] == [1, None, 1]
    assert everything(store, queue) == []
