"""Purging a queue."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, listed, numbers, post
from zaqar.errors import ClaimNotFound, QueueNotFound
from zaqar.models import Stats
from zaqar.storage.ids import named, parse_ids


def test_a_purge_removes_free_claimed_and_delayed_messages(store, queue):
    message_ids = post(store, queue, *numbered_messages(3), new_message(delay=60))
    claim(store, queue, limit=2)

    store.records.purge(queue)

    assert everything(store, queue) == []
    assert store.messages.get(queue, parse_ids(message_ids)) == []
    assert store.records.stats(queue) == Stats()


def test_a_purge_ends_claims(store, queue):
    post(store, queue, *numbered_messages(3))
    held = claim(store, queue)

    store.records.purge(queue)

    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(held.id))
    with pytest.raises(ClaimNotFound):
        store.claims.renew(queue, named(held.id), ttl=60, grace=60)
    store.claims.release(queue, named(held.id))


def test_messages_posted_after_a_purge_stay(store, queue):
    post(store, queue, *numbered_messages(3))
    store.records.purge(queue)

    post(store, queue, new_message(b"4"))

    assert numbers(listed(store, queue)) == [4]
    assert store.records.stats(queue).total == 1


def test_a_marker_from_before_a_purge_shows_what_came_after(store, queue):
    *_, last = post(store, queue, *numbered_messages(3))
    store.records.purge(queue)

    post(store, queue, new_message(b"4"))

    assert numbers(listed(store, queue, marker=last)) == [4]


def test_a_purge_of_a_long_queue_removes_everything(store, queue):
    """Storage W-M10."""
    post(store, queue, *numbered_messages(1500))
    claim(store, queue, limit=700)

    store.records.purge(queue)

    assert everything(store, queue) == []
    assert store.records.stats(queue) == Stats()
    assert list(claim(store, queue).messages) == []


def test_purging_an_empty_or_missing_queue_is_silent(store, queue):
    missing = queue_key()

    store.records.purge(queue)
    store.records.purge(missing)

    with pytest.raises(QueueNotFound):
        post(store, missing, new_message())


def test_a_purge_while_the_clock_was_set_back_is_complete(store, queue, clock):
    post(store, queue, new_message())
    clock.move(-3600)
    post(store, queue, new_message())

    store.records.purge(queue)

    assert everything(store, queue) == []


def test_a_purge_leaves_other_queues_alone(store, queue):
    other = queue_key(project=queue.project)
    store.records.create(other)
    post(store, other, *numbered_messages(2))
    held = claim(store, other, limit=1)

    store.records.purge(queue)

    assert numbers(everything(store, other)) == [0, 1]
    assert len(store.claims.get(other, named(held.id)).messages) == 1
