"""The record of a queue in the message store: what lets messages be posted."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, listed, numbers, post
from zaqar.errors import ClaimNotFound, QueueNotFound
from zaqar.models import Stats


def test_a_new_queue_is_empty_and_can_be_posted_to(store):
    key = queue_key()
    store.create_queue(key)

    assert store.stats(key) == Stats()
    post(store, key, new_message(b"1"))
    assert numbers(listed(store, key)) == [1]


def test_creating_again_keeps_messages_and_claims(store, queue):
    post(store, queue, *numbered_messages(3))
    held = claim(store, queue, limit=1)

    store.create_queue(queue)

    assert numbers(listed(store, queue)) == [1, 2]
    assert len(store.get_claim(queue, held.id).messages) == 1
    assert store.stats(queue).total == 3


def test_a_queue_needs_no_record_in_the_management_store(store, management, queue):
    with pytest.raises(QueueNotFound):
        management.get_queue(queue)

    post(store, queue, new_message())


def test_a_deleted_queue_has_no_messages_claims_or_stats(store, queue):
    message_ids = post(store, queue, *numbered_messages(3), new_message(delay=60))
    held = claim(store, queue, limit=2)

    store.delete_queue(queue)

    assert everything(store, queue) == []
    assert store.get_messages(queue, message_ids) == []
    assert list(claim(store, queue).messages) == []
    assert store.pop_messages(queue, limit=1) == []
    with pytest.raises(ClaimNotFound):
        store.get_claim(queue, held.id)
    with pytest.raises(ClaimNotFound):
        store.renew_claim(queue, held.id, ttl=60, grace=60)
    with pytest.raises(QueueNotFound):
        store.stats(queue)
    with pytest.raises(QueueNotFound):
        post(store, queue, new_message())


def test_everything_silent_stays_silent_on_a_deleted_queue(store, queue):
    message_ids = post(store, queue, *numbered_messages(2))
    held = claim(store, queue)
    store.delete_queue(queue)

    store.delete_message(queue, message_ids[0], claim_id=None)
    store.delete_message(queue, message_ids[0], claim_id=held.id)
    store.delete_messages(queue, message_ids, claim_ids=None)
    store.delete_messages(queue, message_ids, claim_ids=[held.id])
    store.release_claim(queue, held.id)
    store.purge_messages(queue)
    store.delete_queue(queue)


def test_deleting_a_missing_queue_is_silent(store):
    store.delete_queue(queue_key())


def test_a_new_queue_of_the_same_name_shows_nothing_old(store, queue):
    """Storage W-R23."""
    old_ids = post(store, queue, *numbered_messages(3), new_message(delay=60))
    old_claim = claim(store, queue, limit=2)
    store.delete_queue(queue)

    store.create_queue(queue)

    assert everything(store, queue) == []
    assert store.get_messages(queue, old_ids) == []
    assert store.stats(queue) == Stats()
    with pytest.raises(ClaimNotFound):
        store.get_claim(queue, old_claim.id)
    post(store, queue, new_message(b"9"))
    store.release_claim(queue, old_claim.id)
    store.delete_messages(queue, old_ids, claim_ids=None)
    assert numbers(everything(store, queue)) == [9]
    assert store.stats(queue).total == 1


def test_markers_survive_deletion_and_creation(store, queue):
    *_, last = post(store, queue, *numbered_messages(50))
    store.delete_queue(queue)
    store.create_queue(queue)

    post(store, queue, *numbered_messages(3, first=50))

    assert numbers(listed(store, queue, marker=last)) == [50, 51, 52]


def test_a_long_queue_is_deleted_whole(store, queue):
    post(store, queue, *numbered_messages(1500))
    claim(store, queue, limit=700)

    store.delete_queue(queue)
    store.create_queue(queue)

    assert everything(store, queue) == []
    assert store.stats(queue) == Stats()


def test_another_process_sees_creation_and_deletion(stores):
    store, other = stores.message, stores.reopen().message
    key = queue_key()

    store.create_queue(key)
    post(other, key, new_message())
    store.delete_queue(key)

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
    assert len(reopened.get_claim(queue, held.id).messages) == 1
