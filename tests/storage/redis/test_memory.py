"""What is left in Redis, by number and kind of key; ``doc/redis.rst`` tells the bytes. W-R10, W-R16, W-R23."""

import pytest

from tests.builders import dead_letter_rule, new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, claim, everything, listed, post
from tests.storage.redis.opening import management_store
from tests.storage.redis.structures import Structures
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.redis.keys import directory_of, keys_of

SMALL = (b"listpack", b"ziplist")
"""How Redis 7 and 6.2 keep a small hash."""


def test_an_idle_queue_is_one_small_key_and_one_name(server, store, client):
    """200,000 of them fit in a small instance: no structure is there before it is needed."""
    management, queue = management_store(server.uri), queue_key()

    management.queues.create(queue, {})
    store.records.create(queue)

    assert set(client.scan_iter()) == {keys_of(queue).record, directory_of(queue.project, "queue").names}
    assert set(client.hkeys(keys_of(queue).record)) == {b"next", b"begins"}
    assert client.object("ENCODING", keys_of(queue).record) in SMALL
    assert client.zrange(directory_of(queue.project, "queue").names, 0, -1) == [queue.name.encode()]
    management.close()


def test_asking_an_idle_queue_makes_no_key(store, queue, client):
    """Reading what is not there leaves nothing behind, in queues that exist and in others."""
    for key in (queue, queue_key()):
        listed(store, key)
        everything(store, key)
        claim(store, key)
        store.messages.pop(key, limit=10)
        store.claims.release(key, named("0" * 14 + "0123456789abcdef"))
        store.messages.delete_many(key, parse_ids(["0" * 14 + "0123456789abcdef"]), claim_ids=None)
        store.records.purge(key)
    store.records.stats(queue)
    store.sweep()

    assert set(client.scan_iter()) == {keys_of(queue).record}


def _claim_and_delete(store, queue, clock):
    while (held := claim(store, queue, limit=50)).messages:
        for message in held.messages:
            store.messages.delete(queue, named(message.id), claim_id=named(held.id))


def _claim_and_delete_together(store, queue, clock):
    while (held := claim(store, queue, limit=50)).messages:
        store.messages.delete_many(
            queue, parse_ids([message.id for message in held.messages]), claim_ids=parse_ids([held.id])
        )


def _pop(store, queue, clock):
    while store.messages.pop(queue, limit=50):
        pass


def _release_and_pop(store, queue, clock):
    for _ in range(3):
        store.claims.release(queue, named(claim(store, queue, limit=50).id))
    _pop(store, queue, clock)


def _purge(store, queue, clock):
    claim(store, queue, limit=50)
    store.records.purge(queue)


def _expire(store, queue, clock):
    claim(store, queue, limit=50, ttl=60)
    clock.move(4000)
    store.sweep()


def _expire_in_use(store, queue, clock):
    claim(store, queue, limit=50, ttl=60)
    clock.move(4000)
    assert store.records.stats(queue).total == 0


@pytest.mark.parametrize(
    "empty", [_claim_and_delete, _claim_and_delete_together, _pop, _release_and_pop, _purge, _expire, _expire_in_use]
)
def test_an_emptied_queue_is_an_idle_queue(store, queue, clock, client, empty):
    """W-R10, W-R16: but for the tokens of its posts, which Redis ends."""
    for first in range(0, 300, 100):
        post(store, queue, *numbered_messages(100, first=first))
    post(store, queue, *numbered_messages(10, delay=10))
    clock.move(10)

    empty(store, queue, clock)

    found = Structures(client, queue)
    found.check()
    assert found.lasting == {found.record}
    assert all(0 < client.ttl(key) <= 60 for key in found.keys - found.lasting)


def test_dead_letters_leave_nothing_in_their_first_queue(store, queue, client):
    """W-R10, W-R22."""
    dead = queue_key()
    store.records.create(dead)
    post(store, queue, *numbered_messages(10))
    store.claims.release(queue, named(claim(store, queue).id))

    claim(store, queue, dead_letter=dead_letter_rule(dead))

    found = Structures(client, queue)
    assert found.lasting == {found.record}
    _pop(store, dead, None)
    assert Structures(client, dead).lasting == {Structures(client, dead).record}


def test_a_deleted_queue_leaves_nothing(server, store, queue, clock, client):
    """W-R23: its counter, its claims and their messages stayed for good."""
    management = management_store(server.uri)
    management.queues.create(queue, {"colour": "red"})
    post(store, queue, *numbered_messages(20), new_message(delay=60))
    held = claim(store, queue)
    store.claims.renew(queue, named(held.id), ttl=900, grace=60)
    clock.move(1)  # past the last position, else that would be remembered

    store.records.delete(queue)
    management.queues.delete(queue)
    management.close()

    found = Structures(client, queue)
    assert found.lasting == set()
    assert all(0 < client.ttl(key) <= 60 for key in found.keys)
    assert set(client.scan_iter()) == found.keys


@pytest.mark.parametrize("ahead", [10, 100_000])
def test_where_positions_ran_ahead_they_go_on_behind_the_deletion(store, queue, clock, client, ahead):
    """W-R23: the counter is remembered for as long as it matters, and then goes by itself."""
    (marker,) = post(store, queue, new_message())
    clock.move(-ahead)
    store.records.delete(queue)
    (kept,) = Structures(client, queue).keys - Structures(client, queue).others
    assert ahead < client.ttl(kept) <= ahead + 61

    store.records.create(queue)
    post(store, queue, new_message())

    assert len(listed(store, queue, marker=marker)) == 1


def test_a_full_small_message_is_kept_once(store, queue, client):
    """The body is in one place, whatever state the message is in."""
    body = b'"' + b"0123456789" * 100 + b'"'
    store.messages.post(queue, [new_message(body)] * 10, client_id=PRODUCER, token=new_token())
    claim(store, queue, limit=5)

    holding = [key for key in client.scan_iter() if b"0123456789" * 50 in (client.dump(key) or b"")]
    long = sum(client.memory_usage(key, samples=0) for key in client.scan_iter())

    assert holding in ([], [keys_of(queue).messages]), "a dump may be compressed"
    assert long < 10 * 2 * len(body)
