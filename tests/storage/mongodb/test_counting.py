"""Figures that this process has changed and not written: told with those of the record, each change once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.builders import numbered_messages
from tests.conformance.acts import claim, ids, post
from tests.conformance.threads import together
from tests.storage.mongodb.steps import replace_step
from zaqar.errors import Unavailable
from zaqar.storage.ids import named
from zaqar.storage.mongodb.messages import candidates, statistics
from zaqar.storage.mongodb.messages.counters import Counters
from zaqar.storage.mongodb.messages.scope import scope_of


@pytest.fixture
def held(store, queue):
    """Of five messages one is deleted and two are claimed, and nothing is written unless a test says so."""
    store.parts.session.counters.leave(store.parts.writer.task.start)
    posted = post(store, queue, *numbered_messages(5))
    store.messages.delete(queue, named(posted[4]), claim_id=None)
    return claim(store, queue, limit=2)


def figures(store, queue):
    stats = store.records.stats(queue)
    return stats.claimed, stats.total


def test_what_is_not_written_is_told_with_one_command(store, queue, held, data, watch):
    """W-M11."""
    with watch() as sent:
        assert figures(store, queue) == (2, 4)
        store.claims.release(queue, named(held.id))
        assert figures(store, queue) == (0, 4)

    assert [each.name for each in sent] == ["aggregate", "find", "update", "aggregate"]
    record = data.records.find_one({"_id": scope_of(queue)})
    assert (record["claimed"], record["total"]) == (0, 5)


def test_what_is_written_is_not_added_again(store, queue, held):
    for _ in range(2):
        store.parts.writer.write_all()
        assert figures(store, queue) == (2, 4)


@pytest.mark.parametrize("is_done", [False, True], ids=["before the record changes", "after it"])
def test_a_look_while_something_is_written_waits_and_looks_again(store, queue, held, monkeypatch, is_done):
    """The change is taken, and it may be in the record or not."""
    looked, ends, write = threading.Event(), candidates.ends, statistics.write_change
    looks = []

    def look(*key):
        view = ends(*key)
        looks.append(view)
        looked.set()
        return view

    def beside(*words):
        if is_done:
            written = write(*words)
        told = threads.submit(figures, store, queue)
        results.append(told)
        assert looked.wait(10)
        return written if is_done else write(*words)

    results = []
    replace_step(monkeypatch, store, candidates, "ends", look)
    replace_step(monkeypatch, store, statistics, "write_change", beside)
    with ThreadPoolExecutor(1) as threads:
        store.parts.writer.write_all()
        assert results[0].result(10) == (2, 4)
    assert len(looks) == 2


@pytest.mark.parametrize("is_before", [True, False], ids=["before the record is read", "after it"])
def test_what_was_taken_and_written_during_a_look_is_told_once(store, queue, held, monkeypatch, is_before):
    ends = candidates.ends
    looks = []

    def look(*key):
        looks.append(key)
        if is_before:
            write_elsewhere(store)
        view = ends(*key)
        if not is_before:
            write_elsewhere(store)
        return view

    def write_elsewhere(store):
        if len(looks) == 1:
            together(store.parts.writer.write_all)

    replace_step(monkeypatch, store, candidates, "ends", look)

    assert figures(store, queue) == (2, 4)
    assert len(looks) == 2


def test_what_another_queue_has_written_during_a_look_is_no_reason_to_look_again(store, queue, held, monkeypatch):
    ends = candidates.ends
    looks = []

    def look(*key):
        looks.append(key)
        view = ends(*key)
        store.parts.session.counters.add("queue:other/other", position=1, total=1)
        statistics.write_counters(store.parts.session, "queue:other/other")
        return view

    replace_step(monkeypatch, store, candidates, "ends", look)

    assert figures(store, queue) == (2, 4)
    assert len(looks) == 1


def test_what_could_not_be_written_is_still_told(store, queue, held, monkeypatch):
    def away(*_):
        raise Unavailable("The store cannot answer.")

    with monkeypatch.context() as patch:
        replace_step(patch, store, statistics, "write_change", away)
        with pytest.raises(Unavailable):
            store.parts.writer.write_all()

    assert figures(store, queue) == (2, 4)
    store.parts.writer.write_all()
    assert figures(store, queue) == (2, 4)


def test_a_claim_that_lapses_in_the_look_is_told(store, queue, held, clock):
    clock.move(300)

    assert figures(store, queue) == (0, 4)


def test_changes_of_an_earlier_life_of_the_queue_are_not_told(store, queue, held):
    store.records.delete(queue)
    store.records.create(queue)
    posted = post(store, queue, *numbered_messages(3))

    assert figures(store, queue) == (0, 3)
    assert store.records.stats(queue).oldest.id == ids(claim(store, queue, limit=1).messages)[0] == posted[0]


def test_no_look_beside_writers_misses_what_was_done_or_tells_it_twice():
    """Every change is in the record, or to be written, or both are being changed: at all times, of all queues."""
    counters, record, done = Counters(), {"total": 0}, []
    is_over = threading.Event()

    def change():
        for _ in range(2000):
            counters.add("scope", position=1, total=1)
            done.append(1)
            counters.add("other", position=1, total=1)
        is_over.set()

    def write():
        while not is_over.is_set():
            for scope in ("scope", "other"):
                with counters.written(scope) as taken:
                    if taken is not None and scope == "scope":
                        record["total"] += taken.total

    def look():
        while not is_over.is_set():
            before = len(done)
            total, unwritten = counters.with_unwritten("scope", lambda: record["total"])
            assert before <= total + unwritten.total <= len(done) + 1

    together(change, write, look, look)

    assert record["total"] + counters.with_unwritten("scope", lambda: 0)[1].total == 2000
