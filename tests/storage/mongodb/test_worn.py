"""Many dead letters at once: a claim moves them step by step, for a while, and the sweep goes on with the rest."""

import pytest

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, listed, numbers, post
from zaqar.models import DeadLetterRule
from zaqar.storage.ids import named
from zaqar.storage.mongodb.messages import candidates, dead_letters, taking
from zaqar.storage.mongodb.messages.scope import scope_of


@pytest.fixture
def dead(store, queue):
    """A dead-letter queue, and 250 messages that have to go there, with one behind that has not."""
    key = queue_key(project=queue.project)
    store.records.create(key)
    post(store, queue, *numbered_messages(250))
    store.claims.release(queue, named(claim(store, queue, limit=250).id))
    post(store, queue, new_message(b"250"))
    return key


def test_a_claim_of_one_moves_a_hundred_with_each_step(store, queue, dead, watch):
    with watch() as sent:
        held = claim(store, queue, limit=1, dead_letter=dead_letter_rule(dead))

    assert numbers(held.messages) == [250]
    assert numbers(listed(store, dead)) == list(range(250))
    assert len(sent) < 50


def test_what_a_claim_has_no_time_for_is_moved_by_the_sweep(store, queue, dead, data, clock, monkeypatch):
    monkeypatch.setattr(taking, "LONGEST_MOVE", -1.0)
    rule = dead_letter_rule(dead)
    assert claim(store, queue, limit=10, dead_letter=rule).messages == ()
    assert len(listed(store, dead)) == 10
    assert data.records.find_one({"_id": scope_of(queue)})["dead_letters"]["count"] == 1

    store.sweep()

    assert numbers(listed(store, dead)) == list(range(250))
    assert "dead_letters" not in data.records.find_one({"_id": scope_of(queue)})
    assert numbers(claim(store, queue, dead_letter=rule).messages) == [250]


def test_a_dead_letter_queue_that_is_gone_ends_it(store, queue, dead, data, monkeypatch):
    monkeypatch.setattr(taking, "LONGEST_MOVE", -1.0)
    claim(store, queue, limit=10, dead_letter=dead_letter_rule(dead))
    store.records.delete(dead)

    store.sweep()

    assert "dead_letters" not in data.records.find_one({"_id": scope_of(queue)})
    assert numbers(listed(store, queue)) == list(range(10, 251))


@pytest.mark.parametrize(
    ("is_discarded", "names"),
    [
        (False, ["find", "update", "find", "findAndModify", "insert", "findAndModify", "delete"]),
        (True, ["update", "find", "findAndModify", "delete"]),
    ],
)
def test_a_hundred_leave_with_so_many_commands(store, queue, dead, watch, is_discarded, names):
    post(store, dead, new_message())
    session = store.parts.session
    worn = list(candidates.ready(session, queue, limit=100, is_brief=True).found)
    rule = DeadLetterRule(None if is_discarded else dead, 1)

    with watch() as sent:
        dead_letters.move(session, queue, worn, rule)

    assert [each.name for each in sent] == names
    assert len(worn) == 100


def test_what_a_claim_has_no_time_to_throw_away_is_thrown_away_by_the_sweep(store, queue, dead, data, monkeypatch):
    monkeypatch.setattr(taking, "LONGEST_MOVE", -1.0)
    rule = DeadLetterRule(queue=None, max_claim_count=1)
    claim(store, queue, limit=10, dead_letter=rule)
    assert data.records.find_one({"_id": scope_of(queue)})["discarded"] == 10
    assert data.records.find_one({"_id": scope_of(queue)})["dead_letters"]["way"] == "discarded"

    store.sweep()

    assert "dead_letters" not in data.records.find_one({"_id": scope_of(queue)})
    assert store.records.stats(queue).discarded == 250
    assert numbers(listed(store, queue)) == [250]


def test_a_record_remembers_few_of_the_moves_that_it_has_counted(store, queue, dead, data):
    claim(store, queue, limit=1, dead_letter=DeadLetterRule(queue=None, max_claim_count=1))
    for _ in range(10):
        store.claims.release(queue, named(claim(store, queue, limit=1).id))
        claim(store, queue, dead_letter=DeadLetterRule(queue=None, max_claim_count=1))
        post(store, queue, new_message(b"251"))

    found = data.records.find_one({"_id": scope_of(queue)})
    assert found["discarded"] == store.records.stats(queue).discarded > 255
    assert len(found["discards"]) == 8
