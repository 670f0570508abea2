"""Much that falls due at once: a request settles for a while, and shows only what nothing unsettled is in front of."""

import pytest

from tests.builders import new_message, numbered_messages
from tests.conformance.acts import claim, everything, listed, numbers, post
from zaqar.storage.mongodb.messages import due as settling

COUNT = 40


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    """Batches of four, of which a request has time for one."""
    monkeypatch.setattr(settling, "BATCH", 4)
    monkeypatch.setattr(settling, "LONGEST", -1.0)


@pytest.fixture(params=["in the order of posts", "not in the order of posts", "delays"])
def due(request, store, queue, clock):
    """Forty messages, due all at once, of which those behind were due first, or not."""
    if request.param == "delays":
        delays = [60 + (7 * number) % 40 for number in range(COUNT)]
        post(store, queue, *(new_message(b"%d" % number, delay=delay) for number, delay in enumerate(delays)))
    else:
        post(store, queue, *numbered_messages(COUNT))
        for ttl in (60, 61) if request.param == "in the order of posts" else (100, 60):
            claim(store, queue, limit=COUNT // 2, ttl=ttl)
    clock.move(100)


TAKING = {
    "claim": lambda store, queue: list(claim(store, queue, limit=3, ttl=3000).messages),
    "claim of one": lambda store, queue: list(claim(store, queue, limit=1, ttl=3000).messages),
    "pop": lambda store, queue: store.messages.pop(queue, limit=3),
    "pop of one": lambda store, queue: store.messages.pop(queue, limit=1),
}
VIEWS = {
    "list": {},
    "list with claimed": {"include_claimed": True},
    "list with delayed": {"include_delayed": True},
    "list of all": {"include_claimed": True, "include_delayed": True},
}


@pytest.mark.parametrize("act", [*TAKING, *VIEWS, "stats"])
def test_a_request_settles_no_more_than_it_has_time_for(store, queue, due, watch, act):
    with watch() as sent:
        if act in TAKING:
            TAKING[act](store, queue)
        elif act in VIEWS:
            listed(store, queue, **VIEWS[act])
        else:
            assert store.records.stats(queue).total == COUNT

    assert len(sent) <= 9, [each.name for each in sent]
    assert sum(each.reached for each in sent if each.name == "update" and each.collection == "messages") <= 4 + 3


@pytest.mark.parametrize("take", TAKING)
def test_consumers_get_all_in_the_order_of_posts(store, queue, due, take):
    taken, turns = [], 0
    while len(taken) < COUNT and turns < 3 * COUNT:
        taken += numbers(TAKING[take](store, queue))
        turns += 1

    assert taken == list(range(COUNT))


@pytest.mark.parametrize("view", VIEWS)
def test_an_observer_that_follows_markers_misses_nothing(store, queue, due, view):
    seen, marker = [], None
    for _ in range(3 * COUNT):
        page = listed(store, queue, marker=marker, limit=3, **VIEWS[view])
        seen += numbers(page)
        marker = page[-1].id if page else marker

    assert seen == list(range(COUNT))


def test_what_is_settled_in_front_of_the_rest_is_shown_at_once(store, queue, clock):
    post(store, queue, *numbered_messages(COUNT))
    claim(store, queue, limit=COUNT, ttl=60)
    clock.move(60)

    assert numbers(listed(store, queue, limit=10)) == [0, 1, 2, 3]
    assert numbers(listed(store, queue, limit=10)) == [0, 1, 2, 3, 4, 5, 6, 7]


def test_where_very_much_is_left_nothing_is_shown_rather_than_all_looked_at(store, queue, clock, monkeypatch):
    monkeypatch.setattr(settling, "MOST_LOOKED_AT", 30)
    post(store, queue, *numbered_messages(COUNT))
    claim(store, queue, limit=COUNT, ttl=60)
    clock.move(60)

    assert listed(store, queue) == []
    assert listed(store, queue) == []
    assert numbers(listed(store, queue)) == list(range(12))


def test_the_sweep_settles_the_rest(store, queue, due):
    assert len(listed(store, queue, limit=COUNT)) < COUNT

    store.sweep()

    assert numbers(listed(store, queue, limit=COUNT)) == list(range(COUNT))
    assert numbers(everything(store, queue)) == list(range(COUNT))
    assert store.records.stats(queue).claimed == 0
