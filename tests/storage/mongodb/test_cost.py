"""Round trips of each operation, counted by PyMongo's monitor (storage 10.4)."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, listed, post
from tests.storage.mongodb.operations import OPERATIONS, Scene
from zaqar.storage.ids import named


@pytest.fixture
def held(store, queue):
    return Scene(store, queue)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_takes_so_many_round_trips(store, queue, held, watch, operation):
    """W-M1, W-M9, W-M11, W-M14, W-M18."""
    act, trips = OPERATIONS[operation]

    with watch() as sent:
        act(store, queue, held)

    assert len(sent) == trips, [each.name for each in sent]


@pytest.mark.parametrize("operation", ["list", "claim of 10", "pop of 10", "stats", "list of all", "post of 1"])
def test_an_operation_takes_no_more_in_a_long_queue(store, queue, watch, operation):
    """W-M1, W-M11: no more commands, nor any that may reach more than what is asked for."""
    held = Scene(store, queue, count=3000)
    claim(store, queue, limit=1500)
    store.parts.writer.write_all()
    act, trips = OPERATIONS[operation]

    with watch() as sent:
        act(store, queue, held)

    assert len(sent) == trips
    assert all(each.is_limited for each in sent)
    assert max(each.reached for each in sent) <= 10


def test_an_empty_queue_costs_its_consumers_one(store, queue, watch):
    for act in (lambda: claim(store, queue), lambda: store.messages.pop(queue, limit=10), lambda: listed(store, queue)):
        with watch() as sent:
            act()
        assert [each.name for each in sent] == ["aggregate"]


def test_a_page_of_many_comes_in_one_answer(store, queue, watch):
    post(store, queue, *numbered_messages(900))

    with watch() as sent:
        assert len(listed(store, queue, limit=900)) == 900

    assert [each.name for each in sent] == ["aggregate"]


def test_nothing_is_counted_by_looking(store, queue, watch):
    """W-M1, W-M11, W-M18: no operation asks how many there are; where a purge groups, it has a limit."""
    with watch() as sent:
        for act, _ in OPERATIONS.values():
            act(store, queue, Scene(store, queue))
            store.records.create(queue)

    assert "count" not in {each.name for each in sent}
    assert all(each.is_limited for each in sent if each.name == "aggregate")


def test_settling_costs_a_queue_in_use_two_commands_in_half_a_minute(store, queue, held, watch, clock):
    costs = []
    for _ in range(60):
        clock.move(1)
        with watch() as sent:
            listed(store, queue, limit=1)
        costs.append(len(sent) - 1)

    assert [cost for cost in costs if cost] == [3, 3]


def test_a_queue_is_listed_with_one_command(management, watch):
    key = queue_key()
    management.queues.create(key, {"a.b": {"$c": 1}})
    with watch() as sent:
        management.queues.list(key.project, marker=None, limit=10, name_contains=None, metadata={})
        management.queues.get(key)

    assert [each.name for each in sent] == ["find", "find"]


def test_deletions_leave_the_record_alone(store, queue, held, watch):
    """A busy queue's record is written by posts, and ten times a second at most."""
    with watch() as sent:
        store.messages.delete(queue, named(held.messages[0].id), claim_id=named(held.id))
        store.claims.release(queue, named(held.id))
        claim(store, queue)
        post(store, queue, new_message())

    writes = [each.collection for each in sent if each.name in {"findAndModify", "update", "delete"}]
    assert writes == ["messages", "messages", "messages", "records", "records"]
