"""Delayed messages."""

import pytest

from tests.builders import new_message, numbered_messages
from tests.conformance.acts import claim, everything, exists, get, ids, listed, numbers, post
from zaqar.storage.ids import named


def test_a_delayed_message_is_not_listed_claimed_or_popped(store, queue):
    """Storage W-R2."""
    post(store, queue, new_message(delay=60))

    assert listed(store, queue) == []
    assert listed(store, queue, include_claimed=True) == []
    assert list(claim(store, queue).messages) == []
    assert store.messages.pop(queue, limit=1) == []


def test_a_delayed_message_is_shown_when_asked_for_and_by_id(store, queue):
    (message_id,) = post(store, queue, new_message(b"1", delay=60))

    assert ids(listed(store, queue, include_delayed=True)) == [message_id]
    assert get(store, queue, message_id).body == b"1"


def test_a_delayed_message_counts_as_free(store, queue):
    post(store, queue, new_message(delay=60))

    stats = store.records.stats(queue)
    assert (stats.claimed, stats.free) == (0, 1)


def test_a_delayed_message_waits_until_the_second_it_is_due(store, queue, clock):
    post(store, queue, new_message(b"1", delay=60))

    clock.move(59)
    assert listed(store, queue) == []
    assert list(claim(store, queue).messages) == []
    clock.move(1)
    assert numbers(listed(store, queue)) == [1]
    assert numbers(claim(store, queue).messages) == [1]


def test_a_due_message_can_be_popped(store, queue, clock):
    post(store, queue, new_message(b"1", delay=60))
    clock.move(60)

    assert numbers(store.messages.pop(queue, limit=1)) == [1]


def test_the_ttl_runs_from_the_post_not_from_the_end_of_the_delay(store, queue, clock):
    (message_id,) = post(store, queue, new_message(ttl=100, delay=60))

    clock.move(99)
    assert [message.age for message in listed(store, queue)] == [99]
    clock.move(1)
    assert not exists(store, queue, message_id)


@pytest.mark.parametrize("delay", [100, 500])
def test_a_message_may_expire_before_it_is_due(store, queue, clock, delay):
    post(store, queue, new_message(ttl=100, delay=delay))

    for _ in range(2):
        clock.move(delay)
        assert everything(store, queue) == []
        assert list(claim(store, queue).messages) == []


def test_due_messages_take_their_place_in_post_order(store, queue, clock):
    for number in range(6):
        post(store, queue, new_message(str(number).encode(), delay=60 if number % 2 else 0))
    clock.move(60)

    assert numbers(listed(store, queue)) == [0, 1, 2, 3, 4, 5]
    assert numbers(claim(store, queue, limit=4).messages) == [0, 1, 2, 3]


def test_delays_end_each_at_its_own_time(store, queue, clock):
    for number, delay in enumerate([30, 10, 20]):
        post(store, queue, new_message(str(number).encode(), delay=delay))

    seen = []
    for _ in range(3):
        clock.move(10)
        seen.append(numbers(listed(store, queue)))

    assert seen == [[1], [1, 2], [0, 1, 2]]


def test_many_messages_that_fall_due_together_keep_their_order(store, queue, clock):
    post(store, queue, *numbered_messages(900, delay=60))
    post(store, queue, *numbered_messages(5, first=900))
    clock.move(60)

    assert numbers(listed(store, queue, limit=20)) == list(range(20))
    assert numbers(claim(store, queue, limit=300).messages) == list(range(300))
    assert numbers(store.messages.pop(queue, limit=1000)) == list(range(300, 905))


def test_pop_straight_after_many_fell_due_is_in_order(store, queue, clock):
    post(store, queue, *numbered_messages(900, delay=60))
    post(store, queue, *numbered_messages(5, first=900))
    clock.move(60)

    assert numbers(store.messages.pop(queue, limit=1000)) == list(range(905))


def test_a_claimed_message_does_not_become_delayed_again(store, queue, clock):
    post(store, queue, new_message(b"1", delay=60))
    clock.move(60)

    store.claims.release(queue, named(claim(store, queue).id))

    assert numbers(listed(store, queue)) == [1]


def test_markers_step_over_delayed_messages(store, queue, clock):
    first, delayed, last = post(store, queue, new_message(b"0"), new_message(b"1", delay=60), new_message(b"2"))

    assert numbers(listed(store, queue, marker=first)) == [2]
    assert numbers(listed(store, queue, marker=delayed, include_delayed=True)) == [2]
    clock.move(60)
    assert numbers(listed(store, queue, marker=first)) == [1, 2]
    assert numbers(listed(store, queue, marker=last)) == []
