"""Markers beside producers: what is posted behind may not be seen before what is still to come in front of it."""

import functools
import itertools
import threading

import pytest

from tests.builders import new_message, numbered_messages
from tests.conformance.acts import claim, everything, ids, listed, numbers, post
from tests.conformance.threads import together
from tests.storage.mongodb.opening import opened
from tests.storage.mongodb.steps import replace_step
from zaqar.storage.ids import named
from zaqar.storage.mongodb.messages import posting

STORES = 6


def delayed(method, seconds):
    """Return the method with a pause before it: it comes behind those that reserved later."""

    def wait_first(*arguments, **keywords):
        threading.Event().wait(seconds)
        return method(*arguments, **keywords)

    return wait_first


@pytest.mark.parametrize("is_new", [False, True], ids=["known queue", "new queue"])
@pytest.mark.parametrize("step", ["insert", "publish"])
def test_what_is_behind_a_post_under_way_is_not_shown_or_taken(store, other, queue, monkeypatch, step, is_new):
    """W-M3, W-M4: a marker behind it would never see it; and a post is seen whole or not at all."""
    usual = getattr(posting, step)

    def overtaken(*arguments):
        post(other, queue, *numbered_messages(2, first=10))
        for reader in (store, other):
            assert numbers(everything(reader, queue)) == [0]
            assert numbers(listed(reader, queue)) == [0]
            assert reader.records.stats(queue).newest.id == first
        held = claim(other, queue)
        assert numbers(held.messages) == [0]
        other.claims.release(queue, named(held.id))
        return usual(*arguments)

    (first,) = post(other if is_new else store, queue, new_message(b"0"))
    replace_step(monkeypatch, store, posting, step, overtaken)
    post(store, queue, *numbered_messages(3, first=1))

    assert numbers(everything(other, queue)) == [0, 1, 2, 3, 10, 11]
    assert numbers(other.messages.pop(queue, limit=10)) == [0, 1, 2, 3, 10, 11]


def test_an_overtaken_post_costs_the_one_in_front_no_more(store, other, queue, monkeypatch, watch):
    """W-M4: nobody fights for a place, and nobody waits for the other."""
    usual = posting.insert

    def overtaken(*arguments):
        post(other, queue, new_message())
        return usual(*arguments)

    post(store, queue, new_message())
    replace_step(monkeypatch, store, posting, "insert", overtaken)
    with watch() as sent:
        post(store, queue, new_message())

    assert [each.name for each in sent] == ["findAndModify", "insert", "findAndModify"]


@pytest.mark.parametrize("limit", [1, 7])
def test_an_observer_beside_many_processes_skips_nothing(server, name, clock, store, queue, monkeypatch, limit):
    """W-M3, W-M4: some of the producers are slow between reserving and publishing."""
    is_over = threading.Event()
    left = itertools.count(1)

    def produce(producer):
        posted = [post(producer, queue, *numbered_messages(1 + number % 4)) for number in range(40)]
        if next(left) == STORES:
            is_over.set()
        return [message_id for batch in posted for message_id in batch]

    def observe(observer):
        seen, marker = [], None
        while True:
            was_over = is_over.is_set()
            page = listed(observer, queue, marker=marker, limit=limit)
            seen += ids(page)
            marker = page[-1].id if page else marker
            if was_over and not page:
                return seen

    with (
        opened(server.uri, name, clock) as first,
        opened(server.uri, name, clock) as second,
        opened(server.uri, name, clock) as third,
    ):
        stores = [store, first, second, third]
        for number, step in enumerate(("insert", "publish")):
            replace_step(monkeypatch, stores[number], posting, step, delayed(getattr(posting, step), 0.005))
        producers = [functools.partial(produce, stores[number % 4]) for number in range(STORES)]
        *posted, seen, also_seen = together(*producers, *(functools.partial(observe, one) for one in stores[2:]))

    assert seen == also_seen == sorted(itertools.chain(*posted)) == ids(everything(store, queue))
