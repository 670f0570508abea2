"""Writes that wait: for a process that holds the file lock, and for a batch that takes long."""

import threading

import pytest

from tests.builders import new_message
from tests.conformance.acts import ids, listed, numbers, post
from tests.storage.sql.batches import lock_held, queued, wait_until
from zaqar.errors import Unavailable
from zaqar.storage.sql.sqlite import commit


class _Call(threading.Thread):
    """A call in a thread of its own, and what it raised."""

    def __init__(self, call, *, name=None):
        super().__init__(name=name, daemon=True)
        self._call = call
        self.error = None
        self.start()

    def run(self):
        try:
            self._call()
        except (Unavailable, RuntimeError) as error:
            self.error = error

    def has_ended(self):
        self.join(30)
        return not self.is_alive()


@pytest.fixture
def posting(store, queue):
    """Post a number in a thread of its own."""
    return lambda number, **options: _Call(lambda: post(store, queue, new_message(str(number).encode())), **options)


def test_who_waits_too_long_is_told_so_and_nothing_of_it_is_done_later(database, store, queue, posting, monkeypatch):
    monkeypatch.setattr(commit, "PATIENCE", 0.05)
    with lock_held(database):
        leader = posting(1)
        wait_until(lambda: queued(database) == 1, what="the leader")
        waiters = [posting(number) for number in range(2, 6)]
        assert all(waiter.has_ended() for waiter in waiters)
        assert leader.has_ended()
        assert queued(database) == 0

    assert [str(call.error) for call in (leader, *waiters)] == ["The embedded database is busy."] * 5
    assert listed(store, queue) == []
    assert store.records.stats(queue).total == 0


def test_after_a_long_wait_everything_goes_on(database, store, queue, posting, monkeypatch):
    monkeypatch.setattr(commit, "PATIENCE", 0.05)
    with lock_held(database):
        assert posting(1).has_ended()
        assert posting(2).has_ended()

    monkeypatch.undo()
    wait_until(lambda: not database.commit.is_stuck(), what="the lock")
    calls = [posting(number) for number in range(3, 8)]

    assert all(call.has_ended() and call.error is None for call in calls)
    assert sorted(numbers(listed(store, queue))) == [3, 4, 5, 6, 7]


def test_who_waits_for_a_commit_that_does_not_come_back_is_told_that_nobody_knows(database, posting, monkeypatch):
    is_in, may_end = threading.Event(), threading.Event()

    def hang(transaction):
        is_in.set()
        may_end.wait(30)

    with lock_held(database):
        leader = _Call(lambda: database.write(hang))
        wait_until(lambda: queued(database) == 1, what="the leader")
        monkeypatch.setattr(commit, "PATIENCE", 1.0)
        waiter = posting(1)
        wait_until(lambda: queued(database) == 2, what="the waiter")
    is_in.wait(30)
    monkeypatch.setattr(commit, "PATIENCE", 0.01)

    assert waiter.has_ended()
    assert "may or may not have been done" in str(waiter.error)
    may_end.set()
    assert leader.has_ended()


class _SlowToGoOn:
    """A mutex; the thread named ``follower`` goes on late after it has left it for the first time."""

    def __init__(self, mutex, may_go_on):
        self._mutex, self._may_go_on = mutex, may_go_on

    def __enter__(self):
        self._mutex.acquire()

    def __exit__(self, *error):
        self._mutex.release()
        if threading.current_thread().name == "follower":
            self._may_go_on.wait(30)


def test_who_is_handed_the_lead_before_he_waits_for_it_wakes_his_batch(database, store, queue, posting, monkeypatch):
    is_in, may_end, may_go_on = threading.Event(), threading.Event(), threading.Event()
    monkeypatch.setattr(database.commit, "mutex", _SlowToGoOn(database.commit.mutex, may_go_on))

    def hang(transaction):
        is_in.set()
        may_end.wait(30)

    leader = _Call(lambda: database.write(hang))
    is_in.wait(30)
    follower = posting(1, name="follower")
    wait_until(lambda: queued(database) == 1, what="the follower")
    last = posting(2)
    wait_until(lambda: queued(database) == 2, what="the last")
    may_end.set()
    assert leader.has_ended()
    may_go_on.set()

    assert follower.has_ended()
    assert last.has_ended()
    assert (follower.error, last.error) == (None, None)
    assert numbers(listed(store, queue)) == [1, 2]


def test_while_a_process_holds_the_lock_for_longer_nobody_waits_for_it(database, store, queue, posting, monkeypatch):
    """A worker that was stopped holds it for ever: were everybody to wait, nobody would be left to serve the readers."""
    monkeypatch.setattr(commit, "PATIENCE", 0.3)
    with lock_held(database):
        assert posting(1).has_ended()
        wait_until(database.commit.is_stuck, what="the end of patience")

        refused = [posting(number) for number in range(2, 100)]
        assert all(call.has_ended() and call.error is not None for call in refused)
        assert listed(store, queue) == []
        assert not store.is_alive()
        assert store.complaint() == "The embedded database is busy."

    monkeypatch.undo()
    wait_until(store.is_alive, what="the lock")
    post(store, queue, new_message(b"3"))
    assert numbers(listed(store, queue)) == [3]


def test_what_cannot_be_settled_is_listed_and_counted_as_it_is_seen(database, store, queue, clock, monkeypatch):
    (delayed,) = post(store, queue, new_message(b"1", delay=10))
    (ready,) = post(store, queue, new_message(b"2"))
    clock.move(11)
    monkeypatch.setattr(commit, "PATIENCE", 0.01)
    with lock_held(database):
        assert ids(listed(store, queue)) == [ready]
        assert ids(listed(store, queue, include_delayed=True)) == [delayed, ready]
        assert store.records.stats(queue).total == 2


def test_readers_wait_for_nobody(database, store, queue):
    post(store, queue, new_message(b"1"))
    with lock_held(database):
        assert numbers(listed(store, queue)) == [1]
        assert store.records.stats(queue).total == 1
        assert store.is_alive()
