"""How claims lengthen the life of messages (storage R2.7.3)."""

import pytest

from tests.builders import new_message
from tests.conformance.acts import claim, exists, get, post
from zaqar.storage.ids import named


@pytest.mark.parametrize(
    ("claim_ttl", "grace", "message_ttl"),
    [(777, 0, 777), (777, 23, 800), (121, 22, 143), (60, 30, 120), (120, 30, 120), (119, 60, 120)],
)
def test_a_message_that_would_end_before_its_claim_lives_on(store, queue, clock, claim_ttl, grace, message_ttl):
    """Storage W-R7."""
    (message_id,) = post(store, queue, new_message(ttl=120))

    held = claim(store, queue, ttl=claim_ttl, grace=grace)

    assert [message.ttl for message in held.messages] == [message_ttl]
    assert get(store, queue, message_id).ttl == message_ttl
    clock.move(message_ttl - 1)
    assert exists(store, queue, message_id)
    clock.move(1)
    assert not exists(store, queue, message_id)


@pytest.mark.parametrize(
    ("claim_ttl", "grace", "message_ttl"),
    [(777, 0, 777), (777, 23, 800), (121, 22, 143), (60, 30, 120), (120, 30, 120)],
)
def test_a_renewal_applies_the_grace_again(store, queue, claim_ttl, grace, message_ttl):
    (message_id,) = post(store, queue, new_message(ttl=120))
    held = claim(store, queue, ttl=60, grace=60)

    store.claims.renew(queue, named(held.id), ttl=claim_ttl, grace=grace)

    assert get(store, queue, message_id).ttl == message_ttl
    assert [message.ttl for message in store.claims.get(queue, named(held.id)).messages] == [message_ttl]


def test_the_extended_life_counts_from_the_claim_not_from_the_post(store, queue, clock):
    (message_id,) = post(store, queue, new_message(ttl=120))
    clock.move(100)

    claim(store, queue, ttl=60, grace=60)
    message = get(store, queue, message_id)

    assert (message.ttl, message.age) == (120, 100)
    clock.move(119)
    assert exists(store, queue, message_id)
    clock.move(1)
    assert not exists(store, queue, message_id)


def test_only_messages_that_would_end_before_are_extended(store, queue):
    post(store, queue, new_message(ttl=100), new_message(ttl=500))

    held = claim(store, queue, ttl=300, grace=10)

    assert [message.ttl for message in held.messages] == [310, 500]


def test_a_renewal_extends_only_what_is_still_claimed(store, queue, clock):
    first, second = post(store, queue, new_message(ttl=100), new_message(ttl=100))
    held = claim(store, queue, ttl=60, grace=0)
    store.messages.delete(queue, named(first), claim_id=named(held.id))

    store.claims.renew(queue, named(held.id), ttl=300, grace=5)

    assert get(store, queue, second).ttl == 305
    clock.move(304)
    assert not exists(store, queue, first)
    assert exists(store, queue, second)


def test_a_claimed_message_outlives_its_claim_by_the_grace(store, queue, clock):
    (message_id,) = post(store, queue, new_message(ttl=60))
    claim(store, queue, ttl=100, grace=30)
    clock.move(100)

    assert len(claim(store, queue, ttl=10, grace=0).messages) == 1
    clock.move(29)
    assert exists(store, queue, message_id)
    clock.move(1)
    assert not exists(store, queue, message_id)


def test_a_message_may_end_with_its_claim(store, queue, clock):
    (message_id,) = post(store, queue, new_message(ttl=120))
    claim(store, queue, ttl=120, grace=60)
    clock.move(120)

    assert not exists(store, queue, message_id)
    assert list(claim(store, queue).messages) == []
