"""Claims: what they take and how they are read."""

import pytest

from tests.builders import dead_letter_rule, new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import (
    WELL_FORMED,
    claim,
    everything,
    ids,
    listed,
    numbers,
    post,
)
from zaqar.errors import ClaimNotFound
from zaqar.models import Message
from zaqar.storage.ids import UNKNOWN, named, parse_ids


def test_a_claim_shows_each_message_as_claimed(store, queue, clock):
    (message_id,) = post(store, queue, new_message(b'{"a": 1}', ttl=3600, checksum="MD5:abc"))
    clock.move(5)

    held = claim(store, queue, ttl=300)

    assert (held.ttl, held.age) == (300, 0)
    assert list(held.messages) == [
        Message(
            id=message_id,
            body=b'{"a": 1}',
            ttl=3600,
            age=5,
            claim_id=held.id,
            claim_count=1,
            checksum="MD5:abc",
        )
    ]


def test_claimed_messages_look_the_same_in_every_view(store, queue):
    message_ids = post(store, queue, *numbered_messages(3, ttl=100))

    held = claim(store, queue, ttl=300)

    assert list(store.claims.get(queue, named(held.id)).messages) == list(held.messages)
    assert store.messages.get(queue, parse_ids(message_ids)) == list(held.messages)
    assert listed(store, queue, include_claimed=True) == list(held.messages)


def test_claims_take_the_oldest_first_up_to_the_limit(store, queue):
    post(store, queue, *numbered_messages(5))

    taken = [numbers(claim(store, queue, limit=2).messages) for _ in range(4)]

    assert taken == [[0, 1], [2, 3], [4], []]


def test_claim_ids_are_unique_and_opaque(store, queue):
    post(store, queue, *numbered_messages(20))

    claim_ids = {claim(store, queue, limit=1).id for _ in range(20)}

    assert len(claim_ids) == 20
    assert all(claim_id.isalnum() for claim_id in claim_ids)


def test_nothing_claimable_gives_a_claim_without_messages(store, queue):
    post(store, queue, new_message())
    claim(store, queue)

    assert list(claim(store, queue).messages) == []
    assert list(claim(store, queue_key()).messages) == []


def test_a_claim_without_messages_was_not_stored(store, queue):
    empty = claim(store, queue)

    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(empty.id))
    store.claims.release(queue, named(empty.id))


def test_claiming_does_not_create_the_queue(store):
    missing = queue_key()
    claim(store, missing)

    assert everything(store, missing) == []
    store.records.create(missing)
    assert everything(store, missing) == []


def test_own_messages_are_claimable(store, queue):
    post(store, queue, new_message(b"1"), client_id="me")

    assert numbers(claim(store, queue).messages) == [1]


def test_a_claim_goes_past_what_is_claimed_delayed_and_expired(store, queue, clock):
    """Storage W-R1, W-R2."""
    post(store, queue, *numbered_messages(300, ttl=10))
    post(store, queue, *numbered_messages(300, delay=60))
    post(store, queue, *numbered_messages(300))
    clock.move(10)
    claim(store, queue, limit=299)
    post(store, queue, *numbered_messages(3, first=300))

    assert numbers(claim(store, queue, limit=3).messages) == [299, 300, 301]


def test_getting_a_claim_tells_its_age_and_ttl(store, queue, clock):
    message_ids = post(store, queue, *numbered_messages(3))
    held = claim(store, queue, ttl=300)
    clock.move(11)

    shown = store.claims.get(queue, named(held.id))

    assert (shown.id, shown.ttl, shown.age) == (held.id, 300, 11)
    assert ids(shown.messages) == message_ids
    assert [message.age for message in shown.messages] == [11, 11, 11]


@pytest.mark.parametrize("claim_id", [named(WELL_FORMED), UNKNOWN], ids=repr)
def test_an_unknown_claim_does_not_exist(store, queue, claim_id):
    post(store, queue, new_message())
    claim(store, queue)

    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, claim_id)
    with pytest.raises(ClaimNotFound):
        store.claims.renew(queue, claim_id, ttl=60, grace=60)
    store.claims.release(queue, claim_id)
    assert store.records.stats(queue).claimed == 1


def test_a_claim_id_with_another_token_names_nothing(store, queue):
    post(store, queue, new_message())
    forged = claim(store, queue).id[:14] + new_token()

    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(forged))
    with pytest.raises(ClaimNotFound):
        store.claims.renew(queue, named(forged), ttl=60, grace=60)
    store.claims.release(queue, named(forged))
    assert listed(store, queue) == []


def test_a_message_id_is_not_a_claim_id_nor_the_reverse(store, queue):
    (message_id,) = post(store, queue, new_message())
    held = claim(store, queue)

    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(message_id))
    store.claims.release(queue, named(message_id))
    store.messages.delete(queue, named(held.id), claim_id=named(held.id))
    assert ids(store.claims.get(queue, named(held.id)).messages) == [message_id]
    assert store.messages.get(queue, parse_ids([held.id])) == []


def test_a_dead_letter_rule_does_not_bind_claims_below_its_count(store, queue):
    dead = queue_key(project=queue.project)
    post(store, queue, new_message(b"1"))

    held = claim(store, queue, dead_letter=dead_letter_rule(dead, max_claim_count=1))

    assert numbers(held.messages) == [1]


def test_a_claim_of_another_process_is_seen_and_ended(stores, queue):
    store, other = stores.message, stores.reopen().message
    message_ids = post(store, queue, *numbered_messages(2))
    held = claim(store, queue)

    assert list(claim(other, queue).messages) == []
    assert ids(other.claims.get(queue, named(held.id)).messages) == message_ids
    other.claims.renew(queue, named(held.id), ttl=900, grace=60)
    assert store.claims.get(queue, named(held.id)).ttl == 900
    other.claims.release(queue, named(held.id))
    assert ids(claim(store, queue).messages) == message_ids


def test_a_claim_that_was_made_by_a_host_whose_clock_is_ahead_is_no_younger_than_new(store, queue, clock):
    post(store, queue, new_message())
    held = claim(store, queue, ttl=100)
    clock.move(-50)

    assert store.claims.get(queue, named(held.id)).age == 0
    assert [message.age for message in everything(store, queue)] == [0]
    oldest = store.records.stats(queue).oldest
    assert oldest is not None
    assert oldest.age == 0
