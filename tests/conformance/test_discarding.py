"""Messages that were claimed too often are thrown away, where the rule names no queue, and counted."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, ids, listed, numbers, post, sweep_all
from zaqar.models import DeadLetterRule, Stats
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.mongodb.messages import taking
from zaqar.storage.redis.messages import dead_letters
from zaqar.storage.sql.messages import claims as sql_claims

MANY = 450
"""More than a step throws away, in any store."""

RULE = DeadLetterRule(queue=None, max_claim_count=1)


pytestmark = pytest.mark.usefixtures("unhurried_claims")


@pytest.fixture
def hurried_claim(monkeypatch):
    """Return what claims a message, and leaves what the first step does not throw away."""

    def hurried(store, queue):
        with monkeypatch.context() as patch:
            patch.setattr(taking, "LONGEST_MOVE", 0.0)
            patch.setattr(dead_letters, "PATIENCE", 0.0)
            patch.setattr(sql_claims, "PATIENCE", 0.0)
            return claim(store, queue, limit=1, dead_letter=RULE)

    return hurried


def exhaust(store, queue, *, times=1):
    """Claim and release ``times`` times."""
    for _ in range(times):
        store.claims.release(queue, named(claim(store, queue, limit=1000).id))


def discarded(store, queue):
    """Return how many messages of a queue were thrown away."""
    return store.records.stats(queue).discarded


@pytest.mark.parametrize("max_claim_count", [1, 2, 5])
def test_a_message_is_thrown_away_at_the_claim_after_the_last_allowed(store, queue, max_claim_count):
    rule = DeadLetterRule(queue=None, max_claim_count=max_claim_count)
    (message_id,) = post(store, queue, new_message(b"1"))

    for _ in range(max_claim_count):
        held = claim(store, queue, dead_letter=rule)
        assert numbers(held.messages) == [1]
        assert discarded(store, queue) == 0
        store.claims.release(queue, named(held.id))

    assert list(claim(store, queue, dead_letter=rule).messages) == []
    assert everything(store, queue) == []
    assert store.messages.get(queue, parse_ids([message_id])) == []
    assert store.records.stats(queue) == Stats(discarded=1)


@pytest.mark.parametrize("limit", [1, 3])
def test_the_claim_goes_on_behind_them(store, queue, limit):
    post(store, queue, *numbered_messages(500))
    exhaust(store, queue)
    post(store, queue, *numbered_messages(5, first=500))

    held = claim(store, queue, limit=limit, dead_letter=RULE)

    assert numbers(held.messages) == [500, 501, 502][:limit]
    assert numbers(everything(store, queue)) == [500, 501, 502, 503, 504]
    assert list(store.claims.get(queue, named(held.id)).messages) == list(held.messages)
    stats = store.records.stats(queue)
    assert (stats.claimed, stats.free, stats.discarded) == (limit, 5 - limit, 500)


def test_another_process_counts_them_too(stores, queue):
    post(stores.message, queue, *numbered_messages(3))
    exhaust(stores.message, queue)
    claim(stores.message, queue, dead_letter=RULE)
    other = stores.reopen().message
    post(other, queue, *numbered_messages(2))
    exhaust(other, queue)

    claim(other, queue, dead_letter=RULE)

    assert discarded(stores.message, queue) == discarded(other, queue) == 5


def test_they_are_counted_from_the_making_of_the_queue_on(store, queue):
    post(store, queue, *numbered_messages(3))
    exhaust(store, queue)
    claim(store, queue, dead_letter=RULE)

    store.records.purge(queue)
    assert discarded(store, queue) == 3

    store.records.delete(queue)
    store.records.create(queue)
    assert store.records.stats(queue) == Stats()


def test_nothing_else_is_touched(store, queue):
    other = queue_key(project=queue.project)
    store.records.create(other)
    kept = post(store, other, *numbered_messages(2))
    exhaust(store, other)
    post(store, queue, new_message(b"0"))
    exhaust(store, queue)
    post(store, queue, new_message(b"1"))
    held = claim(store, queue, limit=2)
    post(store, queue, new_message(b"2", delay=60), new_message(b"3"))

    assert numbers(held.messages) == [0, 1]
    assert numbers(claim(store, queue, dead_letter=RULE).messages) == [3]

    assert numbers(everything(store, queue)) == [0, 1, 2, 3]
    assert ids(listed(store, other)) == kept
    assert discarded(store, queue) == discarded(store, other) == 0


def test_messages_beyond_the_limit_stay(store, queue, clock):
    post(store, queue, new_message(b"0", delay=60), new_message(b"1"))
    exhaust(store, queue)
    clock.move(60)

    held = claim(store, queue, limit=1, dead_letter=RULE)

    assert numbers(held.messages) == [0]
    assert numbers(listed(store, queue)) == [1]
    assert discarded(store, queue) == 0


def test_a_claim_throws_away_a_bounded_number_and_the_next_goes_on(store, queue, hurried_claim):
    post(store, queue, *numbered_messages(MANY))
    exhaust(store, queue)
    live = post(store, queue, *numbered_messages(2, first=MANY))

    hurried_claim(store, queue)

    assert len(everything(store, queue)) > 2
    taken = []
    for _ in range(MANY):
        taken += claim(store, queue, limit=1, dead_letter=RULE).messages
        if len(taken) == 2:
            break
    assert ids(taken) == ids(everything(store, queue)) == live
    assert discarded(store, queue) == MANY


def test_the_sweep_throws_away_what_a_claim_left_and_no_more(store, queue, clock, hurried_claim):
    post(store, queue, *numbered_messages(MANY))
    exhaust(store, queue)
    live = post(store, queue, *numbered_messages(2, first=MANY))
    hurried_claim(store, queue)
    assert discarded(store, queue) < MANY
    clock.move(60)

    sweep_all(store)

    assert ids(everything(store, queue)) == live
    assert discarded(store, queue) == MANY
    assert store.records.stats(queue).total == 2
