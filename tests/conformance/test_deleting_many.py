"""Deleting many messages at once."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import WELL_FORMED, claim, everything, exists, ids, listed, numbers, post
from zaqar.errors import MessageClaimed
from zaqar.storage.ids import UNKNOWN, named, parse_ids

MISSING = [*parse_ids([WELL_FORMED]), UNKNOWN]


def test_deleting_many_takes_claimed_and_delayed_messages_too(store, queue):
    post(store, queue, *numbered_messages(4), new_message(b"4", delay=60))
    claim(store, queue, limit=2)

    store.messages.delete_many(queue, parse_ids(ids(everything(store, queue))), claim_ids=None)

    assert everything(store, queue) == []
    assert store.records.stats(queue).total == 0


def test_deleting_many_ignores_what_does_not_exist(store, queue):
    message_ids = post(store, queue, *numbered_messages(3))

    store.messages.delete_many(queue, [*MISSING, *parse_ids([message_ids[1]])], claim_ids=None)
    store.messages.delete_many(queue, parse_ids([message_ids[1]]), claim_ids=None)
    store.messages.delete_many(queue, [], claim_ids=None)
    store.messages.delete_many(queue_key(), parse_ids(message_ids), claim_ids=None)

    assert numbers(listed(store, queue)) == [0, 2]
    assert store.records.stats(queue).total == 2


def test_deleting_many_with_their_claims_deletes_all(store, queue):
    message_ids = post(store, queue, *numbered_messages(4))
    claim_ids = [claim(store, queue, limit=2).id for _ in range(2)]

    store.messages.delete_many(queue, parse_ids(message_ids), claim_ids=parse_ids(claim_ids))

    assert everything(store, queue) == []
    assert store.records.stats(queue).total == 0


def test_deleting_many_with_claims_ignores_missing_messages_and_further_claims(store, queue):
    message_ids = post(store, queue, *numbered_messages(2))
    held = claim(store, queue)

    store.messages.delete_many(queue, [*MISSING, *parse_ids(message_ids)], claim_ids=[*MISSING, *parse_ids([held.id])])

    assert everything(store, queue) == []


@pytest.mark.parametrize("claim_ids", [[], [MISSING[0]], [UNKNOWN]], ids=["none", "unknown", "malformed"])
def test_deleting_many_with_claims_that_do_not_exist_deletes_nothing(store, queue, claim_ids):
    """Storage W-M22."""
    message_ids = post(store, queue, *numbered_messages(3))
    claim(store, queue, limit=1)

    for message_id in message_ids:
        with pytest.raises(MessageClaimed):
            store.messages.delete_many(queue, parse_ids([message_id]), claim_ids=claim_ids)

    assert ids(everything(store, queue)) == message_ids


def test_deleting_many_is_all_or_nothing_when_one_is_unclaimed(store, queue):
    """Storage W-M22."""
    message_ids = post(store, queue, *numbered_messages(3))
    held = claim(store, queue, limit=2)

    with pytest.raises(MessageClaimed):
        store.messages.delete_many(queue, parse_ids(message_ids), claim_ids=parse_ids([held.id]))

    assert ids(everything(store, queue)) == message_ids
    assert ids(store.claims.get(queue, named(held.id)).messages) == message_ids[:2]
    assert store.records.stats(queue).claimed == 2


def test_deleting_many_is_all_or_nothing_when_one_is_held_by_another_claim(store, queue):
    message_ids = post(store, queue, *numbered_messages(2))
    held, _ = claim(store, queue, limit=1), claim(store, queue, limit=1)

    with pytest.raises(MessageClaimed):
        store.messages.delete_many(queue, parse_ids(message_ids), claim_ids=parse_ids([held.id]))

    assert ids(everything(store, queue)) == message_ids


@pytest.mark.parametrize("ending", ["expired", "released"])
def test_deleting_many_with_a_claim_that_ended_deletes_nothing(store, queue, clock, ending):
    (message_id,) = post(store, queue, new_message())
    held = claim(store, queue, ttl=60)
    if ending == "expired":
        clock.move(60)
    else:
        store.claims.release(queue, named(held.id))

    with pytest.raises(MessageClaimed):
        store.messages.delete_many(queue, parse_ids([message_id]), claim_ids=parse_ids([held.id]))

    assert exists(store, queue, message_id)
