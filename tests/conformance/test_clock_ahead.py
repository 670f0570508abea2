"""One look at a clock that stands far ahead spoils no id."""

import pytest

from tests.builders import numbered_messages
from tests.conformance.acts import claim, everything, exists, ids, listed, numbers, post
from zaqar.errors import ClaimNotFound
from zaqar.storage.ids import named, parse_ids

CENTURIES = 8_000_000_000
"""Seconds to a year whose microseconds an id has no room for."""


@pytest.fixture
def posted(store, queue, clock):
    """Return the ids of what was posted before, while and after the clock stood far ahead."""
    before = post(store, queue, *numbered_messages(1))
    clock.move(CENTURIES)
    ahead = post(store, queue, *numbered_messages(2, first=1))
    clock.move(-CENTURIES)
    return [*before, *ahead, *post(store, queue, *numbered_messages(2, first=3))]


def test_messages_keep_their_order_and_markers_go_on(store, queue, posted):
    assert posted == sorted(posted)
    assert numbers(listed(store, queue)) == [0, 1, 2, 3, 4]
    for number, marker in enumerate(posted):
        assert ids(listed(store, queue, marker=marker)) == posted[number + 1 :]


def test_each_is_deleted_by_its_id(store, queue, posted):
    for message_id in posted[:3]:
        assert exists(store, queue, message_id)
        store.messages.delete(queue, named(message_id), claim_id=None)
    store.messages.delete_many(queue, parse_ids(posted[3:]), claim_ids=None)

    assert everything(store, queue) == []


def test_a_claim_made_meanwhile_is_renewed_and_released_by_its_id(store, queue, posted, clock):
    clock.move(CENTURIES)
    post(store, queue, *numbered_messages(1, first=5))
    held = claim(store, queue)

    assert ids(store.claims.get(queue, named(held.id)).messages) == ids(held.messages)
    store.claims.renew(queue, named(held.id), ttl=60, grace=60)
    store.messages.delete(queue, named(held.messages[0].id), claim_id=named(held.id))
    store.claims.release(queue, named(held.id))

    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(held.id))
