"""What SQLite leaves of a claim that has no more time, and what the sweep makes of it."""

import pytest

from tests.builders import dead_letter_rule, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, ids, listed, numbers, post
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.sql.messages import claims, dead_letters, left_rules

MANY = 3 * dead_letters.BATCH + 1


@pytest.fixture
def dead(store, queue):
    key = queue_key(project=queue.project)
    store.records.create(key)
    return key


@pytest.fixture
def worn(store, queue, monkeypatch):
    monkeypatch.setattr(claims, "PATIENCE", 0.0)
    post(store, queue, *numbered_messages(MANY))
    store.claims.release(queue, named(claim(store, queue, limit=MANY).id))
    return queue


def test_a_claim_without_time_moves_one_batch_and_notes_its_rule(database, store, worn, dead):
    assert not claim(store, worn, limit=1, dead_letter=dead_letter_rule(dead)).messages

    assert numbers(listed(store, dead)) == list(range(dead_letters.BATCH))
    assert [one.rule.queue for one in database.read(left_rules.left)] == [dead]


def test_the_sweep_moves_the_rest_and_forgets_the_rule(database, store, worn, dead):
    live = post(store, worn, *numbered_messages(3, first=MANY))
    claim(store, worn, limit=1, dead_letter=dead_letter_rule(dead))

    store.sweep()

    assert numbers(listed(store, dead)) == list(range(MANY))
    assert ids(everything(store, worn)) == live
    assert database.read(left_rules.left) == []


def test_claims_go_on_where_the_last_ended(store, worn, dead):
    live = post(store, worn, *numbered_messages(3, first=MANY))

    taken = [m for _ in range(5) for m in claim(store, worn, limit=3, dead_letter=dead_letter_rule(dead)).messages]

    assert ids(taken) == live
    assert numbers(listed(store, dead)) == list(range(MANY))


def test_the_rule_is_forgotten_when_the_dead_letter_queue_is_gone(database, store, worn, dead):
    claim(store, worn, limit=1, dead_letter=dead_letter_rule(dead))
    store.records.delete(dead)

    store.sweep()

    assert database.read(left_rules.left) == []
    assert store.records.stats(worn).free == MANY - dead_letters.BATCH


def test_a_claim_filled_in_several_steps_is_one_claim(store, queue, dead):
    post(store, queue, *numbered_messages(2))
    worn = post(store, queue, *numbered_messages(MANY, first=2))
    held = claim(store, queue, limit=MANY + 2)
    store.messages.delete_many(queue, parse_ids(ids(held.messages)[:2]), claim_ids=None)
    store.claims.release(queue, named(held.id))
    live = post(store, queue, *numbered_messages(5, first=MANY + 2))

    held = claim(store, queue, limit=5, dead_letter=dead_letter_rule(dead))

    assert ids(held.messages) == ids(store.claims.get(queue, named(held.id)).messages) == live
    assert len(listed(store, dead)) == len(worn)
