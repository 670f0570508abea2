"""Pop: take and delete in one step."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, exists, listed, numbers, post
from zaqar.errors import ClaimNotFound
from zaqar.models import Message
from zaqar.storage.ids import named


def test_pop_returns_the_whole_message_and_removes_it(store, queue, clock):
    """Storage W-R13."""
    (message_id,) = post(store, queue, new_message(b'{"a": 1}', ttl=120, checksum="MD5:abc"))
    clock.move(3)

    popped = store.messages.pop(queue, limit=10)

    assert popped == [
        Message(id=message_id, body=b'{"a": 1}', ttl=120, age=3, claim_id=None, claim_count=0, checksum="MD5:abc")
    ]
    assert not exists(store, queue, message_id)
    assert everything(store, queue) == []


def test_pop_takes_the_oldest_first_up_to_the_limit(store, queue):
    """Storage W-M9."""
    post(store, queue, *numbered_messages(5))

    popped = [numbers(store.messages.pop(queue, limit=2)) for _ in range(4)]

    assert popped == [[0, 1], [2, 3], [4], []]


def test_pop_of_an_empty_or_missing_queue_is_empty(store, queue):
    assert store.messages.pop(queue, limit=1) == []
    assert store.messages.pop(queue_key(), limit=1) == []


def test_pop_skips_claimed_messages(store, queue):
    post(store, queue, *numbered_messages(303))
    held = claim(store, queue, limit=301)

    assert numbers(store.messages.pop(queue, limit=10)) == [301, 302]
    assert len(store.claims.get(queue, named(held.id)).messages) == 301


def test_pop_skips_delayed_messages(store, queue):
    post(store, queue, *numbered_messages(300, delay=60))
    post(store, queue, *numbered_messages(2, first=300))

    assert numbers(store.messages.pop(queue, limit=10)) == [300, 301]
    assert len(everything(store, queue)) == 300


def test_pop_skips_expired_messages(store, queue, clock):
    post(store, queue, *numbered_messages(300, ttl=10))
    post(store, queue, *numbered_messages(2, first=300))
    clock.move(10)

    assert numbers(store.messages.pop(queue, limit=10)) == [300, 301]


def test_pop_takes_what_a_claim_gave_back(store, queue, clock):
    post(store, queue, *numbered_messages(4))
    released = claim(store, queue, limit=2)
    expired = claim(store, queue, limit=2, ttl=60)
    store.claims.release(queue, named(released.id))
    clock.move(60)

    popped = store.messages.pop(queue, limit=10)

    assert [(int(message.body), message.claim_id, message.claim_count) for message in popped] == [
        (number, None, 1) for number in range(4)
    ]
    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(expired.id))


def test_pop_takes_own_messages(store, queue):
    post(store, queue, new_message(b"1"), client_id="me")

    assert numbers(store.messages.pop(queue, limit=1)) == [1]


def test_pop_is_counted_at_once(store, queue):
    post(store, queue, *numbered_messages(5))
    claim(store, queue, limit=1)

    store.messages.pop(queue, limit=2)

    stats = store.records.stats(queue)
    assert (stats.claimed, stats.free) == (1, 2)


def test_pop_empties_a_long_queue(store, queue):
    post(store, queue, *numbered_messages(1200))

    assert numbers(store.messages.pop(queue, limit=2000)) == list(range(1200))
    assert listed(store, queue) == []
    assert store.records.stats(queue).total == 0
