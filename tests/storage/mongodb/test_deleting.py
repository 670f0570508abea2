"""Deleting: the condition is part of the deletion, also beside others and after a deletion that was broken off."""

import pytest

from tests.builders import new_message, numbered_messages
from tests.conformance.acts import claim, everything, exists, ids, post
from tests.storage.mongodb.opening import opened
from tests.storage.mongodb.steps import replace_step
from zaqar.errors import MessageClaimed
from zaqar.storage.ids import UNKNOWN, named, parse_ids
from zaqar.storage.mongodb.messages import deletion
from zaqar.storage.mongodb.messages.encoding import CLAIMED, DOOMED


def test_a_claim_between_looking_and_deleting_is_respected(store, queue, monkeypatch):
    """W-M5: looking comes after deleting, and decides nothing."""
    (message_id,) = post(store, queue, new_message())
    claim(store, queue)
    look = deletion.look

    def slowly(*arguments):
        found = look(*arguments)
        store.claims.release(queue, named(found["claim"]))
        claim(store, queue)
        return found

    replace_step(monkeypatch, store, deletion, "look", slowly)
    with pytest.raises(MessageClaimed):
        store.messages.delete(queue, named(message_id), claim_id=None)

    assert exists(store, queue, message_id)


def doom(data, message_id):
    """Leave a message as a bulk deletion leaves it that was broken off."""
    key = {"_id": {"$regex": f"{message_id}$"}, "state": CLAIMED}
    assert data.messages.update_one(key, {"$set": {"state": DOOMED, "mark": "x"}}).modified_count == 1


def test_a_bulk_deletion_beside_a_claim_that_changes_hands_is_all_or_nothing(server, name, clock, store, queue):
    """W-M22: whether all are held is decided by the step that takes them, not by a look before it."""
    first, second = post(store, queue, *numbered_messages(2))
    mine, theirs = claim(store, queue, limit=1), claim(store, queue, limit=1)

    for doomed, claims in (([first, second], [named(mine.id)]), ([second, first], [named(theirs.id), UNKNOWN])):
        with pytest.raises(MessageClaimed):
            store.messages.delete_many(queue, parse_ids(doomed), claim_ids=claims)

    with opened(server.uri, name, clock) as other:
        assert ids(everything(other, queue)) == [first, second]
        assert ids(other.claims.get(queue, named(mine.id)).messages) == [first]
        other.messages.delete_many(queue, parse_ids([second, first]), claim_ids=parse_ids([mine.id, theirs.id]))
    assert everything(store, queue) == []


def test_nothing_is_deleted_by_a_claim_id_of_no_claim(store, queue):
    """W-M22: neither what is free nor what was claimed and released."""
    posted = post(store, queue, *numbered_messages(3))
    claim(store, queue, limit=1)
    store.claims.release(queue, named(claim(store, queue, limit=1).id))

    for message_id in posted:
        with pytest.raises(MessageClaimed):
            store.messages.delete_many(queue, parse_ids([message_id]), claim_ids=[UNKNOWN])

    assert ids(everything(store, queue)) == posted


def test_what_a_bulk_deletion_broken_off_has_doomed_is_still_held(store, queue, data, clock):
    """W-M22: by its claim, until that ends."""
    first, second = post(store, queue, *numbered_messages(2))
    mine, theirs = claim(store, queue, limit=1, ttl=600), claim(store, queue, limit=1, ttl=600)
    doom(data, first)

    with pytest.raises(MessageClaimed):
        store.messages.delete(queue, named(first), claim_id=None)
    for claims in ([named(theirs.id)], []):
        with pytest.raises(MessageClaimed):
            store.messages.delete_many(queue, parse_ids([first, second]), claim_ids=claims)
    with pytest.raises(MessageClaimed):
        store.messages.delete(queue, named(first), claim_id=named(theirs.id))

    clock.move(600)
    assert ids(claim(store, queue, limit=10).messages) == [first, second]
    with pytest.raises(MessageClaimed):
        store.messages.delete_many(queue, parse_ids([first]), claim_ids=parse_ids([mine.id]))


@pytest.mark.parametrize("is_single", [True, False])
def test_what_was_deleted_after_a_deletion_was_broken_off_does_not_come_back(store, queue, data, clock, is_single):
    """W-M22: the holder tries again, and is told that it is done."""
    first, second = post(store, queue, *numbered_messages(2))
    held = claim(store, queue, ttl=600)
    doom(data, first)

    if is_single:
        store.messages.delete(queue, named(first), claim_id=named(held.id))
    else:
        store.messages.delete_many(queue, parse_ids([first]), claim_ids=parse_ids([held.id]))

    clock.move(600)
    assert ids(everything(store, queue)) == [second]
    store.sweep()
    assert store.records.stats(queue).total == 1


def test_what_was_deleted_after_a_pop_was_broken_off_does_not_come_back(store, queue, data, clock):
    posted = post(store, queue, *numbered_messages(2))
    data.messages.update_one(
        {"position": int(posted[0][:14], 16)}, {"$set": {"state": "popped", "mark": "x", "until": 1}}
    )

    store.messages.delete(queue, named(posted[0]), claim_id=None)

    clock.move(60)
    assert ids(everything(store, queue)) == posted[1:]
    assert store.records.stats(queue).total == 1
