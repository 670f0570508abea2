"""How the sweep finds notices that are past without an index of their ends: going round, a bounded number at a time."""

import pytest

from tests.builders import new_message, queue_key
from tests.conformance.acts import post, subscribe
from zaqar.storage.sql.messages import past_notices

HOUR = 3600


@pytest.fixture
def subscribed(store, queue):
    """The queue, with a subscriber that nobody delivers to for days."""
    subscribe(store, queue, ttl=100 * HOUR)
    return queue


@pytest.fixture
def few(monkeypatch):
    """Let a sweep look at no more than three."""
    monkeypatch.setattr(past_notices, "MOST", 3)


def _bodies(store, queue):
    found = store.deliveries.notices(queue, after=0, most_bytes=10**9)
    return [message.body for notice in found for message in notice.messages]


@pytest.mark.usefixtures("few")
def test_each_sweep_goes_on_where_the_last_one_stopped(store, subscribed, clock):
    for number in range(8):
        post(store, subscribed, new_message(str(number).encode(), ttl=60 if number % 2 else 50 * HOUR))
    clock.move(60 + HOUR)

    left = []
    for _ in range(3):
        store.sweep()
        left.append(_bodies(store, subscribed))

    assert left == [
        [b"0", b"2", b"3", b"4", b"5", b"6", b"7"],
        [b"0", b"2", b"4", b"6", b"7"],
        [b"0", b"2", b"4", b"6"],
    ]


@pytest.mark.usefixtures("few")
def test_it_begins_anew_after_the_last(store, subscribed, clock):
    for number in range(4):
        post(store, subscribed, new_message(str(number).encode(), ttl=2 * HOUR if number == 0 else 50 * HOUR))
    clock.move(2 * HOUR)
    for _ in range(2):
        store.sweep()
    assert len(_bodies(store, subscribed)) == 4

    clock.move(HOUR)
    for _ in range(2):
        store.sweep()

    assert _bodies(store, subscribed) == [b"1", b"2", b"3"]


def test_those_of_all_queues_go(store, subscribed, clock):
    queues = [subscribed, *(queue_key() for _ in range(3))]
    for queue in queues[1:]:
        store.records.create(queue)
        subscribe(store, queue, ttl=100 * HOUR)
    for _ in range(100):
        for queue in queues:
            post(store, queue, new_message(ttl=60))
    clock.move(60 + HOUR)

    store.sweep()

    assert [_bodies(store, queue) for queue in queues] == [[]] * 4
