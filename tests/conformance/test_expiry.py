"""The end of messages and the sweep that reclaims their space."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, exists, listed, numbers, post, sweep_all
from zaqar.storage.ids import UNKNOWN, named, parse_ids


def test_a_message_is_there_until_the_second_before_its_end(store, queue, clock):
    (message_id,) = post(store, queue, new_message(ttl=60))

    clock.move(59)

    assert exists(store, queue, message_id)
    assert len(listed(store, queue)) == 1
    assert len(claim(store, queue, ttl=1, grace=0).messages) == 1


def test_a_message_is_gone_from_every_view_at_its_end(store, queue, clock):
    """Storage W-M8."""
    (message_id,) = post(store, queue, new_message(ttl=60))

    clock.move(60)

    assert not exists(store, queue, message_id)
    assert everything(store, queue) == []
    assert list(claim(store, queue).messages) == []
    assert store.messages.pop(queue, limit=1) == []


def test_times_are_whole_seconds(store, queue, clock):
    # Posted at the very end of a second: the ttl counts from that second's beginning.
    clock.move(0.999_999)
    (message_id,) = post(store, queue, new_message(ttl=60))

    clock.move(59)
    assert exists(store, queue, message_id)
    clock.move(0.000_001)
    assert not exists(store, queue, message_id)


@pytest.mark.parametrize("ttl", [1, 2, 3])
def test_the_store_has_no_least_ttl(store, queue, clock, ttl):
    (message_id,) = post(store, queue, new_message(ttl=ttl))
    assert exists(store, queue, message_id)

    clock.move(ttl)

    assert not exists(store, queue, message_id)


def test_a_very_long_ttl_is_kept(store, queue, clock):
    (message_id,) = post(store, queue, new_message(ttl=2**31))

    clock.move(2**31 - 1)

    assert exists(store, queue, message_id)


def test_messages_expire_each_at_its_own_time(store, queue, clock):
    for number, ttl in enumerate([30, 10, 20]):
        post(store, queue, new_message(str(number).encode(), ttl=ttl))

    seen = []
    for _ in range(3):
        clock.move(10)
        seen.append(numbers(listed(store, queue)))

    assert seen == [[0, 2], [0], []]


def test_deleting_an_expired_message_is_silent_whatever_the_claim(store, queue, clock):
    (message_id,) = post(store, queue, new_message(ttl=60))
    held = claim(store, queue, ttl=30, grace=0)
    clock.move(60)

    for claim_id in (None, named(held.id), UNKNOWN):
        store.messages.delete(queue, named(message_id), claim_id=claim_id)
    store.messages.delete_many(queue, parse_ids([message_id]), claim_ids=[])


def test_the_sweep_tells_how_many_messages_went(store, queue, clock):
    post(store, queue, *numbered_messages(700, ttl=10))
    post(store, queue, *numbered_messages(5))
    clock.move(10)

    assert sweep_all(store) == 700
    assert numbers(everything(store, queue)) == [0, 1, 2, 3, 4]


def test_the_sweep_of_nothing_is_zero(store, queue):
    assert store.sweep() == 0
    post(store, queue, new_message(), new_message(delay=60))
    claim(store, queue)

    assert store.sweep() == 0
    assert len(everything(store, queue)) == 2


def test_the_sweep_reclaims_expired_claims(store, queue, clock):
    post(store, queue, *numbered_messages(60))
    while claim(store, queue, ttl=60, limit=1).messages:
        pass
    clock.move(60)

    assert sweep_all(store) == 60
    assert store.records.stats(queue).claimed == 0
    assert numbers(claim(store, queue, limit=100).messages) == list(range(60))


def test_the_sweep_does_not_count_messages_that_fell_due(store, queue, clock):
    post(store, queue, *numbered_messages(5, delay=60))
    clock.move(60)

    assert sweep_all(store) == 0
    assert numbers(listed(store, queue)) == [0, 1, 2, 3, 4]


def test_the_sweep_takes_expired_messages_in_every_state(store, queue, clock):
    post(store, queue, *numbered_messages(3, ttl=10), new_message(ttl=10, delay=60))
    claim(store, queue, ttl=10, grace=0, limit=2)
    clock.move(10)

    assert sweep_all(store) >= 4
    assert store.records.stats(queue).total == 0


def test_the_sweep_serves_every_queue(store, clock):
    """Storage W-R10."""
    keys = [queue_key(), queue_key(project=""), queue_key(kind="topic")]
    for key in keys:
        store.records.create(key)
        post(store, key, *numbered_messages(2, ttl=10))
    clock.move(10)

    assert sweep_all(store) == 6
    assert [store.records.stats(key).total for key in keys] == [0, 0, 0]


def test_the_sweep_after_a_deletion_leaves_a_new_queue_alone(store, queue):
    post(store, queue, *numbered_messages(700))
    store.records.delete(queue)
    store.records.create(queue)
    post(store, queue, new_message(b"1"))

    sweep_all(store)

    assert numbers(everything(store, queue)) == [1]


def test_two_processes_may_sweep(stores, queue, clock):
    store, other = stores.message, stores.reopen().message
    post(store, queue, *numbered_messages(50, ttl=10))
    clock.move(10)

    swept = sweep_all(store) + sweep_all(other)

    assert swept == 50
    assert everything(other, queue) == []
