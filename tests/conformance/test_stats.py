"""The counters of a queue and its two ends."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, post, sweep_all
from zaqar.errors import QueueNotFound
from zaqar.models import MessageMark, Stats
from zaqar.storage.ids import named, parse_ids

GRACE_OF_COUNTING = 60
"""Seconds that expired messages may still be counted (http M-5)."""


def counts(stats):
    return stats.claimed, stats.free, stats.total


def test_an_empty_queue_has_zeros_and_no_ends(store, queue):
    assert store.records.stats(queue) == Stats(claimed=0, free=0, oldest=None, newest=None)


def test_a_missing_queue_has_no_stats(store):
    with pytest.raises(QueueNotFound):
        store.records.stats(queue_key())


def test_each_state_is_counted(store, queue):
    post(store, queue, *numbered_messages(5), *numbered_messages(2, delay=60))
    claim(store, queue, limit=3)

    assert counts(store.records.stats(queue)) == (3, 4, 7)


def test_the_ends_tell_id_age_and_creation(store, queue, clock):
    first_day = clock.now()
    first, *_ = post(store, queue, *numbered_messages(2))
    clock.move(10)
    *_, last = post(store, queue, *numbered_messages(2))
    clock.move(5)

    stats = store.records.stats(queue)

    assert stats.oldest == MessageMark(id=first, age=15, created=first_day)
    assert stats.newest == MessageMark(id=last, age=5, created=first_day + 10)


def test_one_message_is_both_ends(store, queue):
    (only,) = post(store, queue, new_message())

    stats = store.records.stats(queue)

    assert stats.oldest == stats.newest
    assert stats.oldest.id == only


@pytest.mark.parametrize("delay", [0, 60])
def test_the_ends_may_be_claimed_or_delayed(store, queue, delay):
    first, last = post(store, queue, new_message(), new_message(delay=delay))
    if delay:
        claim(store, queue)
    else:
        claim(store, queue, limit=2)

    stats = store.records.stats(queue)

    assert (stats.oldest.id, stats.newest.id) == (first, last)


def test_a_queue_of_delayed_messages_has_ends(store, queue):
    first, last = post(store, queue, *numbered_messages(2, delay=60))

    stats = store.records.stats(queue)

    assert counts(stats) == (0, 2, 2)
    assert (stats.oldest.id, stats.newest.id) == (first, last)


def test_a_queue_of_claimed_messages_has_ends(store, queue):
    first, last = post(store, queue, *numbered_messages(2))
    claim(store, queue)

    stats = store.records.stats(queue)

    assert counts(stats) == (2, 0, 2)
    assert (stats.oldest.id, stats.newest.id) == (first, last)


def test_the_ends_follow_deletion(store, queue):
    first, middle, last = post(store, queue, *numbered_messages(3))
    store.messages.delete_many(queue, parse_ids([first, last]), claim_ids=None)

    stats = store.records.stats(queue)

    assert counts(stats) == (0, 1, 1)
    assert (stats.oldest.id, stats.newest.id) == (middle, middle)


def test_deleting_the_last_message_leaves_no_ends(store, queue):
    (only,) = post(store, queue, new_message())
    store.messages.delete(queue, named(only), claim_id=None)

    assert store.records.stats(queue) == Stats()


def test_a_claim_that_expired_is_not_counted(store, queue, clock):
    post(store, queue, *numbered_messages(3))
    claim(store, queue, limit=2, ttl=60)
    clock.move(60)

    assert counts(store.records.stats(queue)) == (0, 3, 3)


def test_a_delay_that_elapsed_changes_no_counter(store, queue, clock):
    post(store, queue, *numbered_messages(3, delay=60))
    clock.move(60)

    assert counts(store.records.stats(queue)) == (0, 3, 3)


def test_stats_survive_the_expiry_of_every_message(store, queue, clock):
    """Storage W-R9."""
    post(store, queue, *numbered_messages(3, ttl=10), new_message(ttl=10, delay=5))
    claim(store, queue, limit=1, ttl=5, grace=0)
    clock.move(10)

    lagging = store.records.stats(queue)

    assert 0 <= lagging.total <= 4
    assert lagging.claimed >= 0
    assert lagging.oldest is None or lagging.total > 0


def test_expired_messages_leave_the_counters_within_a_minute(store, queue, clock):
    post(store, queue, *numbered_messages(500, ttl=10))
    (kept,) = post(store, queue, new_message())
    claim(store, queue, limit=3, ttl=5, grace=5)
    clock.move(10 + GRACE_OF_COUNTING)
    sweep_all(store)

    stats = store.records.stats(queue)

    assert counts(stats) == (0, 1, 1)
    assert stats.oldest == stats.newest
    assert stats.oldest.id == kept


def test_the_ends_are_never_expired_messages(store, queue, clock):
    post(store, queue, new_message(ttl=10))
    (kept,) = post(store, queue, new_message())
    post(store, queue, new_message(ttl=10))
    clock.move(10)

    stats = store.records.stats(queue)

    assert (stats.oldest.id, stats.newest.id) == (kept, kept)


def test_the_age_of_the_ends_is_never_negative(store, queue, clock):
    post(store, queue, new_message())
    clock.move(-100)

    assert store.records.stats(queue).oldest.age == 0
