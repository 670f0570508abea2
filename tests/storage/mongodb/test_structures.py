"""What is kept, where and by whose time: keys, bodies, counters and records; and how often the sweep looks at them."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, post
from tests.integration.process import wait_until
from tests.parts import opened_with
from tests.storage.mongodb.opening import opened
from zaqar.storage.ids import named
from zaqar.storage.mongodb.driver import DRIVER, Options
from zaqar.storage.mongodb.messages.scope import queue_of, scope_of
from zaqar.storage.server_clock import ServerClock


def test_the_time_is_the_servers(server, name):
    """W-M19: an API host with a wrong clock cannot release the claims of others."""
    store = opened_with(DRIVER.parts(Options(uri=server.uri, database=name), None))
    clock = store.parts.session.clock

    assert isinstance(clock, ServerClock)
    assert abs(clock.microseconds() - store.parts.session.database.microseconds()) < 1_000_000
    store.close()


@pytest.mark.parametrize("project", ["", "/", "a/b", "%2F", "a:b", "queue:", "x" * 256, "ü/😀", ".*", "$where", "a\0b"])
@pytest.mark.parametrize("kind", ["queue", "topic"])
def test_a_scope_stands_for_one_queue_whatever_its_project_is_called(project, kind):
    """W-M17, and the project with a slash of storage R3.2.1."""
    key = queue_key(project=project, name="a.b-c_d", kind=kind)

    assert queue_of(scope_of(key)) == key
    assert scope_of(key).count("/") == 1


def test_a_body_is_one_encoded_value(store, queue, data):
    """W-M21: keys with dots and dollars are nothing to the database."""
    post(store, queue, new_message(b'{"a.b": {"$set": 1}}'))

    assert data.messages.find_one({"state": "ready"})["body"] == b'{"a.b": {"$set": 1}}'


def test_counters_go_with_the_queue_and_are_one(store, data):
    """W-M13: one record per queue, found by its key, deleted with it."""
    key = queue_key()
    for _ in range(3):
        store.records.create(key)
    assert data.records.count_documents({}) == 1

    store.records.delete(key)
    store.parts.session.clock.move(2)
    store.sweep()

    assert data.records.count_documents({}) == 0


def test_health_is_a_ping(store, queue, watch):
    """W-M20."""
    with watch() as sent:
        assert store.is_alive()

    assert [each.name for each in sent] == ["ping"]


def test_counters_are_written_within_a_second(server, name, clock, queue, data, monkeypatch):
    monkeypatch.undo()  # what the other tests have against it
    with opened(server.uri, name, clock) as store:
        posted = post(store, queue, *numbered_messages(3))

        store.messages.delete(queue, named(posted[0]), claim_id=None)

        wait_until(lambda: data.records.find_one({})["total"] == 2, seconds=5, what="the counters")


def test_counters_that_a_crash_lost_are_counted_anew(store, queue, data, clock):
    """W-M11: a tenth of a second of changes."""
    post(store, queue, *numbered_messages(5))
    data.records.update_one({}, {"$set": {"total": 77, "claimed": -3}})
    clock.move(90)

    store.sweep()

    assert (store.records.stats(queue).total, store.records.stats(queue).claimed) == (5, 0)


def test_an_unused_queue_is_left_alone_by_the_sweep(server, name, store, queue, data, clock, watch):
    post(store, queue, new_message(ttl=10**6))
    for _ in range(3):
        clock.move(100)
        store.sweep()

    with watch() as sent:
        store.sweep()

    assert [each.name for each in sent] == ["find"] * 5
    held = claim(store, queue, ttl=60)
    clock.move(60)
    assert len(claim(store, queue).messages) == len(held.messages) == 1


def test_one_process_sweeps_at_a_time(server, name, store, clock):
    with opened(server.uri, name, clock) as other:
        assert [store.is_turn_to_sweep(), other.is_turn_to_sweep(), store.is_turn_to_sweep()] == [True, False, False]
        clock.move(30)
        assert [other.is_turn_to_sweep(), store.is_turn_to_sweep()] == [True, False]
