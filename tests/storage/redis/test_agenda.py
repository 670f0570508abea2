"""The sweep in its turn looks at those queues in which something falls due, and at no others."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, post
from tests.storage.redis.structures import Structures


@pytest.fixture
def turn(store, client):
    """Sweep as the service does between two walks over all keys."""
    client.set("zaqar:sweep:search", 1)

    def sweep():
        client.delete("zaqar:sweep")
        assert store.is_turn_to_sweep()
        return store.sweep()

    return sweep


def test_a_queue_in_which_nothing_falls_due_is_not_looked_at(store, queue, turn, watch):
    post(store, queue, *numbered_messages(5))

    with watch() as sent:
        turn()

    assert not [one for one in sent if queue.name in " ".join(one.words[3:]) and "expiry" in " ".join(one.words)]


@pytest.mark.parametrize("ttl", [60, 300])
def test_what_expires_is_reclaimed_by_the_next_turn(store, queue, turn, clock, client, ttl):
    post(store, queue, new_message(ttl=ttl))
    claim(store, queue, ttl=60, grace=0)
    turn()
    clock.move(ttl)

    assert turn() == 1
    assert Structures(client, queue).lasting == {Structures(client, queue).record}
    assert turn() == 0


def test_what_is_posted_into_an_emptied_queue_is_noted_anew(store, queue, turn, clock):
    for _ in range(3):
        post(store, queue, new_message(ttl=60))
        turn()
        store.messages.pop(queue, limit=1)
        clock.move(60)
        assert turn() == 0

    post(store, queue, new_message(ttl=60))
    clock.move(60)
    assert turn() == 1


def test_what_no_agenda_has_is_found_by_the_walk_over_all_keys(store, queue, turn, clock, client):
    """A release without an agenda wrote it, or a crash lost the note."""
    post(store, queue, new_message(ttl=60))
    store.is_turn_to_sweep()
    client.delete(*client.keys("zaqar:{agenda:*"))
    clock.move(60)
    assert turn() == 0

    client.delete("zaqar:sweep:search")
    assert turn() == 1


def test_a_deleted_queue_is_forgotten(store, turn, client, clock):
    queue = queue_key()
    store.records.create(queue)
    post(store, queue, new_message())
    turn()
    clock.move(1)
    store.records.delete(queue)
    turn()

    assert not client.keys("zaqar:{agenda:*")


def test_thousands_of_queues_are_one_page(management):
    keys = [queue_key(project="p", name=f"q{number:05d}") for number in range(9000)]
    for key in keys:
        management.queues.create(key, {})

    page = management.queues.list("p", marker=None, limit=8500, name_contains=None, metadata={})

    assert [queue.name for queue in page] == [key.name for key in keys[:8500]]
