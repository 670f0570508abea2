"""Deleting one message: the matrix of storage R2.9.1."""

import pytest

from tests.builders import new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import (
    WELL_FORMED,
    claim,
    everything,
    exists,
    ids,
    listed,
    numbers,
    post,
)
from zaqar.errors import ClaimNotHeld, MessageClaimed
from zaqar.storage.ids import UNKNOWN, named

MISSING = [named(WELL_FORMED), UNKNOWN]
"""Ids that no message and no claim has."""


@pytest.fixture
def message_id(store, queue):
    (only,) = post(store, queue, new_message())
    return only


@pytest.mark.parametrize("claim_id", [None, *MISSING], ids=repr)
def test_deleting_what_does_not_exist_is_silent(store, queue, message_id, claim_id):
    for missing in MISSING:
        store.messages.delete(queue, missing, claim_id=claim_id)
        store.messages.delete(queue_key(), named(message_id), claim_id=claim_id)

    assert exists(store, queue, message_id)


def test_deleting_a_missing_message_with_a_live_claim_is_silent(store, queue, message_id):
    held = claim(store, queue)

    store.messages.delete(queue, named(WELL_FORMED), claim_id=named(held.id))

    assert exists(store, queue, message_id)


def test_an_unclaimed_message_is_deleted(store, queue, message_id):
    store.messages.delete(queue, named(message_id), claim_id=None)

    assert not exists(store, queue, message_id)
    assert everything(store, queue) == []


def test_a_delayed_message_is_deleted(store, queue):
    (delayed,) = post(store, queue, new_message(delay=60))

    store.messages.delete(queue, named(delayed), claim_id=None)

    assert everything(store, queue) == []


def test_deleting_twice_is_silent(store, queue, message_id):
    held = claim(store, queue)
    for claim_id in (named(held.id), named(held.id), None):
        store.messages.delete(queue, named(message_id), claim_id=claim_id)

    assert not exists(store, queue, message_id)


def test_only_the_named_message_is_deleted(store, queue):
    message_ids = post(store, queue, *numbered_messages(3))

    store.messages.delete(queue, named(message_ids[1]), claim_id=None)

    assert numbers(listed(store, queue)) == [0, 2]


def test_a_message_whose_claim_expired_is_deleted(store, queue, message_id, clock):
    claim(store, queue, ttl=60)
    clock.move(60)

    store.messages.delete(queue, named(message_id), claim_id=None)

    assert not exists(store, queue, message_id)


def test_a_message_whose_claim_was_released_is_deleted(store, queue, message_id):
    store.claims.release(queue, named(claim(store, queue).id))

    store.messages.delete(queue, named(message_id), claim_id=None)

    assert not exists(store, queue, message_id)


def test_a_claimed_message_is_not_deleted_without_its_claim(store, queue, message_id):
    held = claim(store, queue)

    with pytest.raises(MessageClaimed):
        store.messages.delete(queue, named(message_id), claim_id=None)

    assert ids(store.claims.get(queue, named(held.id)).messages) == [message_id]


@pytest.mark.parametrize("claim_id", MISSING, ids=repr)
def test_an_unclaimed_message_is_not_deleted_with_an_unknown_claim(store, queue, message_id, claim_id):
    with pytest.raises(ClaimNotHeld):
        store.messages.delete(queue, named(message_id), claim_id=claim_id)

    assert exists(store, queue, message_id)


@pytest.mark.parametrize("claim_id", MISSING, ids=repr)
def test_a_claimed_message_is_not_deleted_with_an_unknown_claim(store, queue, message_id, claim_id):
    claim(store, queue)

    with pytest.raises(ClaimNotHeld):
        store.messages.delete(queue, named(message_id), claim_id=claim_id)

    assert exists(store, queue, message_id)


def test_an_unclaimed_message_is_not_deleted_with_the_claim_of_another(store, queue, message_id):
    held = claim(store, queue)
    (free,) = post(store, queue, new_message())

    with pytest.raises(ClaimNotHeld):
        store.messages.delete(queue, named(free), claim_id=named(held.id))

    assert exists(store, queue, free)


def test_an_expired_claim_no_longer_deletes(store, queue, message_id, clock):
    held = claim(store, queue, ttl=60)
    clock.move(60)

    with pytest.raises(ClaimNotHeld):
        store.messages.delete(queue, named(message_id), claim_id=named(held.id))

    assert exists(store, queue, message_id)


def test_a_released_claim_no_longer_deletes(store, queue, message_id):
    held = claim(store, queue)
    store.claims.release(queue, named(held.id))

    with pytest.raises(ClaimNotHeld):
        store.messages.delete(queue, named(message_id), claim_id=named(held.id))

    assert exists(store, queue, message_id)


def test_a_lost_claim_does_not_delete_under_the_new_holder(store, queue, message_id, clock):
    lost = claim(store, queue, ttl=60)
    clock.move(60)
    claim(store, queue)

    with pytest.raises(ClaimNotHeld):
        store.messages.delete(queue, named(message_id), claim_id=named(lost.id))

    assert exists(store, queue, message_id)


def test_another_living_claim_does_not_delete(store, queue):
    (first_id, _) = post(store, queue, *numbered_messages(2))
    claim(store, queue, limit=1)
    other = claim(store, queue, limit=1)

    with pytest.raises(MessageClaimed):
        store.messages.delete(queue, named(first_id), claim_id=named(other.id))

    assert exists(store, queue, first_id)


def test_a_claim_none_of_whose_messages_is_left_counts_as_unknown(store, queue):
    first_id, second_id = post(store, queue, *numbered_messages(2))
    emptied = claim(store, queue, limit=1)
    claim(store, queue, limit=1)
    store.messages.delete(queue, named(first_id), claim_id=named(emptied.id))

    with pytest.raises(ClaimNotHeld):
        store.messages.delete(queue, named(second_id), claim_id=named(emptied.id))

    assert exists(store, queue, second_id)


def test_a_claim_id_with_another_token_does_not_delete(store, queue, message_id):
    held = claim(store, queue)

    with pytest.raises(ClaimNotHeld):
        store.messages.delete(queue, named(message_id), claim_id=named(held.id[:14] + new_token()))

    assert exists(store, queue, message_id)


def test_the_holder_deletes(store, queue):
    first_id, second_id = post(store, queue, *numbered_messages(2))
    held = claim(store, queue)

    store.messages.delete(queue, named(first_id), claim_id=named(held.id))

    assert not exists(store, queue, first_id)
    assert ids(store.claims.get(queue, named(held.id)).messages) == [second_id]


def test_the_holder_deletes_after_renewing(store, queue, message_id, clock):
    held = claim(store, queue, ttl=60)
    clock.move(59)
    store.claims.renew(queue, named(held.id), ttl=60, grace=60)
    clock.move(59)

    store.messages.delete(queue, named(message_id), claim_id=named(held.id))

    assert not exists(store, queue, message_id)


def test_deleting_a_claimed_message_is_counted_at_once(store, queue):
    message_ids = post(store, queue, *numbered_messages(3))
    held = claim(store, queue, limit=2)

    store.messages.delete(queue, named(message_ids[0]), claim_id=named(held.id))

    stats = store.records.stats(queue)
    assert (stats.claimed, stats.free) == (1, 1)
