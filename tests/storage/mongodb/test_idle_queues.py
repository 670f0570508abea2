"""Idle queues cost the sweep nothing: none of their records is in a range that it looks at."""

import pytest

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, ids, listed, numbers, post
from tests.storage.mongodb.plans import plans
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.mongodb.messages import posting, removal
from zaqar.storage.mongodb.messages.scope import scope_of

LATER = 40_000
"""Seconds, for claims and delays."""


def claimed(store, queue):
    post(store, queue, *numbered_messages(3, ttl=10**6))
    claim(store, queue, limit=2, ttl=LATER)


def renewed(store, queue):
    post(store, queue, *numbered_messages(3, ttl=10**6))
    held = claim(store, queue, limit=2, ttl=100)
    store.claims.renew(queue, named(held.id), ttl=LATER, grace=60)


def emptied(store, queue):
    store.messages.delete_many(queue, parse_ids(post(store, queue, *numbered_messages(3))), claim_ids=None)


def purged(store, queue):
    claimed(store, queue)
    post(store, queue, *numbered_messages(6))
    store.records.purge(queue)


def made_again(store, queue):
    purged(store, queue)
    claimed(store, queue)
    store.records.delete(queue)
    store.records.create(queue)


def buried(store, queue):
    dead = queue_key(project=queue.project)
    store.records.create(dead)
    post(store, queue, *numbered_messages(3))
    store.claims.release(queue, named(claim(store, queue).id))
    claim(store, queue, dead_letter=dead_letter_rule(dead))


USES = {
    "never used": lambda store, queue: None,
    "with messages": lambda store, queue: post(store, queue, *numbered_messages(3, ttl=10**6)),
    "emptied": emptied,
    "expired": lambda store, queue: post(store, queue, *numbered_messages(3, ttl=60)),
    "popped": lambda store, queue: (post(store, queue, new_message()), store.messages.pop(queue, limit=1)),
    "with a long delay": lambda store, queue: post(store, queue, new_message(ttl=10**6, delay=LATER)),
    "with a long claim": claimed,
    "with a claim that was renewed": renewed,
    "purged": purged,
    "deleted": lambda store, queue: (claimed(store, queue), store.records.delete(queue)),
    "made again": made_again,
    "with dead letters": buried,
}


@pytest.fixture
def idle(store, queue, clock, monkeypatch):
    """Queues that were used in every way, and then left alone for some minutes."""
    monkeypatch.setattr(removal, "BATCH", 4)
    keys = {use: queue_key(project=queue.project) for use in USES}
    for use, key in keys.items():
        store.records.create(key)
        USES[use](store, key)
    for _ in range(5):
        clock.move(100)
        store.sweep()
    return keys


def test_the_sweep_looks_at_none_of_them(store, idle, data, clock, watch):
    clock.move(30)
    with watch() as sent:
        assert store.is_turn_to_sweep()
        assert store.sweep() == 0

    assert data.records.count_documents({}) > len(USES)
    queries = [query for each in sent for query in each.queries]
    assert {query.collection for query in queries} == {"sweeps", "records", "messages", "subscriptions"}
    assert plans(sent) == ["_id", "_id", "litter", "expiry", "ending", "lapsing", "sweeping"]
    for query in queries[2:]:
        # The condition on the key of the index alone: what the server reads.
        (key,) = query.wanted.keys() - {"state"}
        assert data[query.collection].count_documents({key: query.wanted[key]}) == 0


@pytest.mark.parametrize("use", ["with a long delay", "with a long claim", "with a claim that was renewed"])
def test_what_falls_due_in_an_idle_queue_is_swept_in_time(store, idle, data, clock, use):
    record = data.records.find_one({"_id": scope_of(idle[use])})
    assert record["due"] > clock.now() + LATER - 1000

    clock.move(LATER)
    store.sweep()

    messages = data.messages.find({"queue": scope_of(idle[use]), "state": {"$exists": True}})
    assert {message["state"] for message in messages} == {"ready"}
    for _ in range(3):
        clock.move(100)
        store.sweep()
    assert "due" not in data.records.find_one({"_id": scope_of(idle[use])})


@pytest.mark.parametrize("ttl", [60, 5000])
def test_a_claim_in_a_queue_in_which_something_falls_due_much_later_ends_in_time(store, idle, clock, ttl):
    queue = idle["with a long claim"]
    (message,) = claim(store, queue, limit=1, ttl=ttl).messages

    clock.move(ttl)
    assert ids(listed(store, queue)) == [message.id]


def test_a_claim_renewed_to_end_sooner_than_before_ends_in_time(store, queue, clock):
    post(store, queue, *numbered_messages(2, ttl=10**6))
    held = claim(store, queue, ttl=LATER)
    for _ in range(3):
        clock.move(100)
        store.sweep()

    store.claims.renew(queue, named(held.id), ttl=60, grace=60)
    clock.move(60)

    assert numbers(listed(store, queue)) == [0, 1]


def test_a_move_of_dead_letters_broken_off_in_an_idle_queue_is_finished_in_time(store, queue, clock, monkeypatch):
    """Also where nothing else is left in the queue that a claim would notice."""
    dead = queue_key(project=queue.project)
    store.records.create(dead)
    post(store, queue, *numbered_messages(2, ttl=10**6))
    store.claims.release(queue, named(claim(store, queue).id))
    for _ in range(4):
        clock.move(100)
        store.sweep()

    def dies(*_, **__):
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(posting, "post", dies)
        with pytest.raises(RuntimeError):
            claim(store, queue, dead_letter=dead_letter_rule(dead))
    clock.move(30)
    store.sweep()

    assert numbers(listed(store, dead)) == [0, 1]
