import itertools

import pytest

from tests.builders import queue_key
from zaqar.notification.looks import Looks

QUEUE = queue_key()


class Time:
    """Seconds, moved by hand."""

    now = 1000.0


@pytest.fixture
def looks(monkeypatch):
    monkeypatch.setattr(Time, "now", 1000.0)
    return Looks(lease=3.0, interval=1.0, monotonic=lambda: Time.now)


def sweep(looks, *, seconds):
    """Sweep each second, finding nothing; return in which seconds the queue was looked at."""
    seen = []
    for second in range(seconds):
        if looks.is_due(QUEUE, round(Time.now * 1000)):
            seen.append(second)
            looks.found_nothing(QUEUE, round(Time.now * 1000))
        Time.now += 1
    return seen


def gaps(seen):
    return {later - earlier for earlier, later in itertools.pairwise(seen)}


def test_each_sweep_looks_while_the_lease_of_who_died_may_last(looks):
    assert sweep(looks, seconds=5) == [0, 1, 2, 3, 4]


def test_where_nothing_is_found_every_second_or_third_sweep_looks(looks):
    sweep(looks, seconds=10)

    assert gaps(sweep(looks, seconds=200)) == {2, 3}


def test_what_is_due_is_looked_for_at_once(looks):
    looks.rests(QUEUE, round((Time.now + 20) * 1000))

    seen = sweep(looks, seconds=30)

    assert 20 in seen
    assert set(range(20, 25)) <= set(seen)


def test_news_are_looked_for_with_the_next_sweep(looks):
    sweep(looks, seconds=20)
    looks.found_nothing(QUEUE, round(Time.now * 1000))
    looks.forget(QUEUE)

    assert looks.is_due(QUEUE, round(Time.now * 1000))


def test_only_queues_of_the_last_sweep_are_remembered(looks):
    for _ in range(100):
        looks.found_nothing(queue_key(), 0)
    looks.found_nothing(QUEUE, 0)
    looks.keep([QUEUE])

    assert list(looks._looks) == [QUEUE]
