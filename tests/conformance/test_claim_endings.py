"""How claims end: expiry, release, renewal, deletion of their messages."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, get, ids, listed, numbers, post
from zaqar.errors import ClaimNotFound
from zaqar.storage.ids import named, parse_ids


def test_a_claim_lives_until_the_second_before_its_end(store, queue, clock):
    """Storage W-R8."""
    post(store, queue, new_message())
    held = claim(store, queue, ttl=60)

    clock.move(59.999999)
    assert store.claims.get(queue, named(held.id)).age in (59, 60)
    assert list(claim(store, queue).messages) == []

    clock.move(0.000001)
    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(held.id))


def test_an_expired_claim_has_released_its_messages(store, queue, clock):
    (message_id,) = post(store, queue, new_message(b"1"))
    held = claim(store, queue, ttl=60)
    clock.move(60)

    assert get(store, queue, message_id).claim_id is None
    assert [message.claim_id for message in listed(store, queue)] == [None]
    assert listed(store, queue) == everything(store, queue)
    assert store.records.stats(queue).claimed == 0
    with pytest.raises(ClaimNotFound):
        store.claims.renew(queue, named(held.id), ttl=60, grace=60)
    store.claims.release(queue, named(held.id))
    assert numbers(claim(store, queue).messages) == [1]


def test_releasing_an_expired_claim_leaves_the_new_holder_alone(store, queue, clock):
    post(store, queue, new_message())
    lost = claim(store, queue, ttl=60)
    clock.move(60)
    held = claim(store, queue)

    store.claims.release(queue, named(lost.id))

    assert len(store.claims.get(queue, named(held.id)).messages) == 1


def test_many_claims_that_lapse_together_are_claimable_in_order(store, queue, clock):
    post(store, queue, *numbered_messages(500))
    while claim(store, queue, ttl=60, limit=4).messages:
        pass
    clock.move(60)

    assert numbers(listed(store, queue, limit=20)) == list(range(20))
    assert store.records.stats(queue).claimed == 0
    assert numbers(claim(store, queue, limit=450).messages) == list(range(450))
    assert numbers(store.messages.pop(queue, limit=100)) == list(range(450, 500))


def test_a_release_makes_messages_claimable_at_once(store, queue):
    message_ids = post(store, queue, *numbered_messages(3))
    held = claim(store, queue, limit=2)

    store.claims.release(queue, named(held.id))

    assert [message.claim_id for message in listed(store, queue)] == [None, None, None]
    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(held.id))
    assert store.records.stats(queue).claimed == 0
    assert ids(claim(store, queue).messages) == message_ids


def test_releasing_twice_or_in_a_missing_queue_is_silent(store, queue):
    post(store, queue, new_message())
    held = claim(store, queue)
    store.claims.release(queue, named(held.id))
    again = claim(store, queue)

    store.claims.release(queue, named(held.id))
    store.claims.release(queue_key(), named(again.id))

    assert len(store.claims.get(queue, named(again.id)).messages) == 1


def test_a_release_keeps_ttls(store, queue, clock):
    (message_id,) = post(store, queue, new_message(ttl=100))
    held = claim(store, queue, ttl=200, grace=50)
    clock.move(10)

    store.claims.release(queue, named(held.id))

    message = get(store, queue, message_id)
    assert (message.ttl, message.age) == (250, 10)


def test_claim_counts_survive_renewal_release_and_expiry(store, queue, clock):
    """Storage W-M6."""
    (message_id,) = post(store, queue, new_message())
    first = claim(store, queue)
    store.claims.renew(queue, named(first.id), ttl=60, grace=60)
    assert get(store, queue, message_id).claim_count == 1

    store.claims.release(queue, named(first.id))
    assert get(store, queue, message_id).claim_count == 1

    second = claim(store, queue, ttl=60)
    assert [message.claim_count for message in second.messages] == [2]
    clock.move(60)
    assert get(store, queue, message_id).claim_count == 2
    assert [message.claim_count for message in store.messages.pop(queue, limit=1)] == [2]


def test_a_renewal_restarts_age_and_ttl(store, queue, clock):
    post(store, queue, new_message())
    held = claim(store, queue, ttl=60)
    clock.move(50)

    store.claims.renew(queue, named(held.id), ttl=100, grace=60)
    clock.move(99)

    shown = store.claims.get(queue, named(held.id))
    assert (shown.ttl, shown.age) == (100, 99)
    clock.move(1)
    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(held.id))


def test_a_renewal_may_shorten_a_claim(store, queue, clock):
    post(store, queue, new_message(b"1"))
    held = claim(store, queue, ttl=300)

    store.claims.renew(queue, named(held.id), ttl=60, grace=60)
    clock.move(60)

    assert numbers(claim(store, queue).messages) == [1]


def test_a_claim_shows_only_what_is_left_in_it(store, queue, clock):
    message_ids = post(store, queue, *numbered_messages(3))
    held = claim(store, queue)

    store.messages.delete(queue, named(message_ids[1]), claim_id=named(held.id))

    assert numbers(store.claims.get(queue, named(held.id)).messages) == [0, 2]


@pytest.mark.parametrize("deletion", ["each", "many", "purge"])
def test_a_claim_none_of_whose_messages_is_left_does_not_exist(store, queue, deletion):
    message_ids = post(store, queue, *numbered_messages(2))
    held = claim(store, queue)
    if deletion == "each":
        for message_id in message_ids:
            store.messages.delete(queue, named(message_id), claim_id=named(held.id))
    elif deletion == "many":
        store.messages.delete_many(queue, parse_ids(message_ids), claim_ids=None)
    else:
        store.records.purge(queue)

    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(held.id))
    with pytest.raises(ClaimNotFound):
        store.claims.renew(queue, named(held.id), ttl=60, grace=60)
    store.claims.release(queue, named(held.id))
    assert store.records.stats(queue).claimed == 0
