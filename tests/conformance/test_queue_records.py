"""The record of a queue in the message store: what lets messages be posted."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, listed, numbers, post
from zaqar.errors import ClaimNotFound, QueueNotFound
from zaqar.models import Stats
from zaqar.storage.ids import named, parse_ids


def test_a_new_queue_is_empty_and_can_be_posted_to(store):
    key = queue_key()
    store.records.create(key)

    assert store.records.stats(key) == Stats()
    post(store, key, new_message(b"1"))
    assert numbers(listed(store, key)) == [1]


def test_creating_again_keeps_messages_and_claims(store, queue):
    post(store, queue, *numbered_messages(3))
    held = claim(store, queue, limit=1)

    store.records.create(queue)

    assert numbers(listed(store, queue)) == [1, 2]
    assert len(store.claims.get(queue, named(held.id)).messages) == 1
    assert store.records.stats(queue).total == 3


def test_a_queue_needs_no_record_in_the_management_store(store, management, queue):
    with pytest.raises(QueueNotFound):
        management.queues.get(queue)

    post(store, queue, new_message())


def test_a_deleted_queue_has_no_messages_claims_or_stats(store, queue):
    message_ids = post(store, queue, *numbered_messages(3), new_message(delay=60))
    held = claim(store, queue, limit=2)

    store.records.delete(queue)

    assert everything(store, queue) == []
    assert store.messages.get(queue, parse_ids(message_ids)) == []
    assert list(claim(store, queue).messages) == []
    assert store.messages.pop(queue, limit=1) == []
    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(held.id))
    with pytest.raises(ClaimNotFound):
        store.claims.renew(queue, named(held.id), ttl=60, grace=60)
    with pytest.raises(QueueNotFound):
        store.records.stats(queue)
    with pytest.raises(QueueNotFound):
        post(store, queue, new_message())


def test_everything_silent_stays_silent_on_a_deleted_queue(store, queue):
    message_ids = post(store, queue, *numbered_messages(2))
    held = claim(store, queue)
    store.records.delete(queue)

    store.messages.delete(queue, named(message_ids[0]), claim_id=None)
    store.messages.delete(queue, named(message_ids[0]), claim_id=named(held.id))
    store.messages.delete_many(queue, parse_ids(message_ids), claim_ids=None)
    store.messages.delete_many(queue, parse_ids(message_ids), claim_ids=parse_ids([held.id]))
    store.claims.release(queue, named(held.id))
    store.records.purge(queue)
    store.records.delete(queue)


def test_deleting_a_missing_queue_is_silent(store):
    store.records.delete(queue_key())


def test_a_new_queue_of_the_same_name_shows_nothing_old(store, queue):
    """Storage W-R23."""
    old_ids = post(store, queue, *numbered_messages(3), new_message(delay=60))
    old_claim = claim(store, queue, limit=2)
    store.records.delete(queue)

    store.records.create(queue)

    assert everything(store, queue) == []
    assert store.messages.get(queue, parse_ids(old_ids)) == []
    assert store.records.stats(queue) == Stats()
    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(old_claim.id))
    post(store, queue, new_message(b"9"))
    store.claims.release(queue, named(old_claim.id))
    store.messages.delete_many(queue, parse_ids(old_ids), claim_ids=None)
    assert numbers(everything(store, queue)) == [9]
    assert store.records.stats(queue).total == 1


def test_markers_survive_deletion_and_creation(store, queue):
    *_, last = post(store, queue, *numbered_messages(50))
    store.records.delete(queue)
    store.records.create(queue)

    post(store, queue, *numbered_messages(3, first=50))

    assert numbers(listed(store, queue, marker=last)) == [50, 51, 52]


def test_a_long_queue_is_deleted_whole(store, queue):
    post(store, queue, *numbered_messages(1500))
    claim(store, queue, limit=700)

    store.records.delete(queue)
    store.records.create(queue)

    assert everything(store, queue) == []
    assert store.records.stats(queue) == Stats()


def test_another_process_sees_creation_and_deletion(stores):
    store, other = stores.message, stores.reopen().message
    key = queue_key()

    store.records.create(key)
    post(other, key, new_message())
    store.records.delete(key)

    with pytest.raises(QueueNotFound):
        post(other, key, new_message())


def test_both_bundles_say_that_they_are_alive(store, management):
    assert store.is_alive()
    assert management.is_alive()


def test_what_was_acknowledged_is_there_after_closing(stores, queue):
    post(stores.message, queue, *numbered_messages(3))
    held = claim(stores.message, queue, limit=1)
    stores.message.close()
    stores.management.close()

    reopened = stores.reopen().message

    assert numbers(listed(reopened, queue)) == [1, 2]
    assert len(reopened.claims.get(queue, named(held.id)).messages) == 1
