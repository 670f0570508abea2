"""Many messages that were claimed too often: they move in steps, which claims and the sweep take in turn."""

import pytest

from tests.builders import dead_letter_rule, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, ids, listed, numbers, post, sweep_all
from zaqar.models import Stats
from zaqar.storage.ids import named

MANY = 1200
"""More than a step moves, in any store."""


@pytest.fixture
def dead(store, queue):
    """Return a dead-letter queue of the same project."""
    key = queue_key(project=queue.project)
    store.records.create(key)
    return key


@pytest.fixture
def worn(store, queue):
    """Return the queue with many messages in it, each claimed once before."""
    post(store, queue, *numbered_messages(MANY))
    store.claims.release(queue, named(claim(store, queue, limit=MANY).id))
    return queue


def claim_until(store, queue, rule, *, count):
    """Claim one message after the other until there are ``count``; a claim in between may come back empty."""
    taken = []
    for _ in range(MANY):
        taken += claim(store, queue, limit=1, dead_letter=rule).messages
        if len(taken) == count:
            return taken
    raise AssertionError(f"Only {len(taken)} of {count} messages could be claimed.")


def test_small_claims_reach_what_is_behind_and_move_each_once(store, worn, dead):
    live = post(store, worn, *numbered_messages(5, first=MANY))

    taken = claim_until(store, worn, dead_letter_rule(dead), count=5)

    assert ids(taken) == live
    assert numbers(listed(store, dead)) == list(range(MANY))
    assert numbers(everything(store, worn)) == list(range(MANY, MANY + 5))
    assert len(set(ids(listed(store, dead)))) == MANY


def test_stats_of_both_queues_follow(store, worn, dead):
    post(store, worn, *numbered_messages(5, first=MANY))

    claim_until(store, worn, dead_letter_rule(dead), count=3)

    assert (store.records.stats(worn).claimed, store.records.stats(worn).free) == (3, 2)
    assert (store.records.stats(dead).claimed, store.records.stats(dead).free) == (0, MANY)


def test_the_sweep_finishes_what_a_claim_left(store, worn, dead):
    claim(store, worn, limit=1, dead_letter=dead_letter_rule(dead))

    sweep_all(store)

    assert everything(store, worn) == []
    assert store.records.stats(worn) == Stats()
    assert numbers(listed(store, dead)) == list(range(MANY))
    assert store.records.stats(dead).free == MANY


def test_the_sweep_gives_what_it_moves_the_life_of_the_rule(store, worn, dead):
    claim(store, worn, limit=1, dead_letter=dead_letter_rule(dead, ttl=777))

    sweep_all(store)

    assert {(message.ttl, message.claim_count) for message in everything(store, dead)} == {(777, 0)}


def test_the_sweep_leaves_what_may_still_be_claimed(store, worn, dead):
    live = post(store, worn, *numbered_messages(5, first=MANY))
    held = claim(store, worn, limit=1, dead_letter=dead_letter_rule(dead))

    sweep_all(store)

    assert ids(everything(store, worn)) == live
    left = claim(store, worn, limit=10, dead_letter=dead_letter_rule(dead))
    assert ids([*held.messages, *left.messages]) == live
    assert numbers(listed(store, dead)) == list(range(MANY))


def test_nothing_moves_any_more_when_the_dead_letter_queue_is_gone(store, worn, dead):
    claim(store, worn, limit=1, dead_letter=dead_letter_rule(dead))
    left = everything(store, worn)
    store.records.delete(dead)

    sweep_all(store)

    assert everything(store, worn) == left
    store.records.create(dead)
    assert everything(store, dead) == []


@pytest.mark.parametrize("removal", ["purge", "deletion"])
def test_what_was_removed_does_not_move_any_more(store, worn, dead, removal):
    claim(store, worn, limit=1, dead_letter=dead_letter_rule(dead))
    moved = numbers(listed(store, dead))
    if removal == "purge":
        store.records.purge(worn)
    else:
        store.records.delete(worn)
        store.records.create(worn)
    fresh = post(store, worn, *numbered_messages(2))

    sweep_all(store)

    assert numbers(listed(store, dead)) == moved
    assert ids(everything(store, worn)) == fresh


def test_several_queues_may_share_a_dead_letter_queue(store, worn, dead):
    other = queue_key(project=worn.project)
    store.records.create(other)
    post(store, other, *numbered_messages(MANY, first=MANY))
    store.claims.release(other, named(claim(store, other, limit=MANY).id))
    for queue in (worn, other):
        claim(store, queue, limit=1, dead_letter=dead_letter_rule(dead))

    sweep_all(store)

    assert sorted(numbers(listed(store, dead))) == list(range(2 * MANY))
    assert store.records.stats(dead).free == 2 * MANY
