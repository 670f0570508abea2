"""One tenant never sees another's messages, whatever project and queue are called."""

import pytest

from tests.builders import new_message, numbered_messages
from tests.conformance.acts import claim, everything, listed, numbers, post
from zaqar.errors import ClaimNotFound, ClaimNotHeld, MessageClaimed, QueueNotFound
from zaqar.models import QueueKey
from zaqar.storage.ids import named, parse_ids

NEIGHBOURS = (
    (QueueKey("a", "queue"), QueueKey("b", "queue")),
    (QueueKey("a", "queue"), QueueKey("a", "other")),
    (QueueKey("a", "queue", "queue"), QueueKey("a", "queue", "topic")),
    (QueueKey("", "queue"), QueueKey("a", "queue")),
    (QueueKey("a", "queue"), QueueKey("A", "queue")),
    (QueueKey("a", "queue"), QueueKey("a", "QUEUE")),
    (QueueKey("a", "queue"), QueueKey("a ", "queue")),
    (QueueKey("a.b", "c"), QueueKey("a", "b.c")),
    (QueueKey("a/b", "c"), QueueKey("a", "b")),
    (QueueKey("a:b", "c"), QueueKey("a", "b:c")),
    (QueueKey("é", "queue"), QueueKey("e\u0301", "queue")),
    (QueueKey("é", "queue"), QueueKey("e", "queue")),
    (QueueKey("ß", "queue"), QueueKey("ss", "queue")),
    (QueueKey("%", "queue"), QueueKey("a", "queue")),
    (QueueKey("_", "queue"), QueueKey("a", "queue")),
    (QueueKey("x" * 256, "queue"), QueueKey("x" * 255 + "y", "queue")),
    (QueueKey("a", "q" * 64), QueueKey("a", "q" * 63)),
    (QueueKey("1", "queue"), QueueKey("01", "queue")),
    (QueueKey("' OR 1=1 --", "queue"), QueueKey("😀", "queue")),
)


@pytest.fixture(params=NEIGHBOURS, ids=lambda pair: f"{pair[0][:2]!a:.40}-{pair[1][:2]!a:.40}")
def neighbours(request, store):
    """Return two queues that must know nothing of each other."""
    for key in request.param:
        store.records.create(key)
    return request.param


def test_messages_are_not_read_from_another_queue(store, neighbours):
    """Storage W-R11."""
    mine, other = neighbours
    message_ids = post(store, mine, new_message(), new_message(delay=60))

    assert everything(store, other) == []
    assert store.messages.get(other, parse_ids(message_ids)) == []
    assert len(everything(store, mine)) == 2


def test_messages_are_not_claimed_or_popped_from_another_queue(store, neighbours):
    mine, other = neighbours
    post(store, mine, new_message())

    assert list(claim(store, other).messages) == []
    assert store.messages.pop(other, limit=10) == []
    assert len(listed(store, mine)) == 1


def test_messages_are_not_deleted_through_another_queue(store, neighbours):
    """Storage W-R11."""
    mine, other = neighbours
    (message_id,) = post(store, mine, new_message())

    store.messages.delete(other, named(message_id), claim_id=None)
    store.messages.delete_many(other, parse_ids([message_id]), claim_ids=None)
    store.messages.delete_many(other, parse_ids([message_id]), claim_ids=[])

    assert len(listed(store, mine)) == 1


def test_claims_do_not_exist_in_another_queue(store, neighbours):
    mine, other = neighbours
    post(store, mine, new_message())
    post(store, other, new_message())
    held = claim(store, mine)

    with pytest.raises(ClaimNotFound):
        store.claims.get(other, named(held.id))
    with pytest.raises(ClaimNotFound):
        store.claims.renew(other, named(held.id), ttl=900, grace=60)
    store.claims.release(other, named(held.id))
    assert store.claims.get(mine, named(held.id)) == held


def test_a_claim_of_another_queue_opens_nothing(store, neighbours):
    mine, other = neighbours
    post(store, mine, new_message())
    (message_id,) = post(store, other, new_message())
    foreign = claim(store, mine)
    claim(store, other)

    with pytest.raises(ClaimNotHeld):
        store.messages.delete(other, named(message_id), claim_id=named(foreign.id))
    with pytest.raises(MessageClaimed):
        store.messages.delete_many(other, parse_ids([message_id]), claim_ids=parse_ids([foreign.id]))
    assert len(everything(store, other)) == 1


def test_counters_purge_and_deletion_stop_at_the_queue(store, neighbours):
    mine, other = neighbours
    post(store, mine, *numbered_messages(3))
    held = claim(store, mine, limit=1)
    post(store, other, new_message())
    assert store.records.stats(mine).total == 3

    store.records.purge(other)
    assert store.records.stats(other).total == 0
    store.records.delete(other)

    assert numbers(everything(store, mine)) == [0, 1, 2]
    assert store.claims.get(mine, named(held.id)) == held
    assert (store.records.stats(mine).claimed, store.records.stats(mine).free) == (1, 2)
    with pytest.raises(QueueNotFound):
        post(store, other, new_message())


def test_metadata_stays_with_its_queue(management, neighbours):
    mine, other = neighbours
    assert management.queues.create(mine, {"owner": "me"})
    assert management.queues.create(other, {"owner": "other"})

    management.queues.replace_metadata(other, old={"owner": "other"}, new={})
    management.queues.delete(other)

    assert management.queues.get(mine).metadata == {"owner": "me"}
    assert management.queues.count(mine.project, kind=mine.kind) == 1
    assert management.queues.count(other.project, kind=other.kind) == (mine[::2] == other[::2])
    with pytest.raises(QueueNotFound):
        management.queues.get(other)
