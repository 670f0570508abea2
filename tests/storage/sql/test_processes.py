"""Several processes on one file: forked from one that used it, writing at once, dying while they write."""

import os
import resource
from pathlib import Path

import pytest

from tests.builders import new_message, numbered_messages
from tests.conformance.acts import ids, listed, numbers, post
from tests.storage.children import child
from tests.storage.sql.batches import wait_until
from zaqar.errors import Unavailable
from zaqar.storage.sql.management.store import management_store
from zaqar.storage.sql.messages.store import message_store


def _open_files(path):
    """Return how often this process has the file open."""
    descriptors = Path("/proc/self/fd")
    return sum(descriptor.exists() and descriptor.samefile(path) for descriptor in descriptors.iterdir())


def _is_refused(store, queue, number):
    try:
        post(store, queue, *numbered_messages(1, first=number))
    except Unavailable:
        return True
    return False


def test_parent_and_child_use_the_database_side_by_side(store, queue):
    post(store, queue, new_message(b"1"))

    def work(parent):
        assert numbers(listed(store, queue)) == [1]
        post(store, queue, new_message(b"2"))
        parent.say()
        parent.wait()
        assert numbers(listed(store, queue)) == [1, 2, 3]

    with child(work) as forked:
        forked.wait()
        assert numbers(listed(store, queue)) == [1, 2]
        post(store, queue, new_message(b"3"))
        forked.say()

    post(store, queue, new_message(b"4"))
    assert numbers(listed(store, queue)) == [1, 2, 3, 4]
    assert store.records.stats(queue).total == 4


def test_a_child_uses_no_connection_of_its_parent(database, store, queue, path):
    listed(store, queue)
    assert _open_files(path) == 2

    def work(parent):
        post(store, queue, new_message())
        assert _open_files(path) == 1
        listed(store, queue)
        assert _open_files(path) == 2

    with child(work):
        pass


@pytest.mark.parametrize("is_shared", [True, False], ids=["one database", "a database for each store"])
def test_what_a_child_writes_outlives_the_parent_that_closes_first(database, store, queue, open_database, is_shared):
    """The last process to close the file removes the log of writes: it must not be taken for the last too early."""
    management = management_store(database if is_shared else open_database())
    management.queues.create(queue, {})
    management.queues.get(queue)
    listed(store, queue)

    def work(parent):
        post(store, queue, new_message(b"1"))
        parent.say()
        parent.wait()
        management.queues.get(queue)
        post(store, queue, new_message(b"2"))
        parent.say()
        parent.wait()

    with child(work) as forked:
        forked.wait()
        management.close()
        store.close()
        forked.say()
        forked.wait()
        forked.kill()

    assert numbers(listed(message_store(open_database()), queue)) == [1, 2]


def test_processes_that_post_at_once_lose_nothing_and_keep_their_order(database, store, queue):
    def produce(first):
        for number in range(first, first + 200):
            post(store, queue, *numbered_messages(1, first=number))

    with child(lambda parent: produce(1000)), child(lambda parent: produce(2000)):
        produce(3000)

    found = listed(store, queue)
    assert ids(found) == sorted(set(ids(found)))
    for first in (1000, 2000, 3000):
        own = [number for number in numbers(found) if first <= number < first + 1000]
        assert own == list(range(first, first + 200))
    assert len(found) == store.records.stats(queue).total == 600


def test_a_process_that_is_killed_while_it_writes_leaves_no_lock_and_no_half(database, store, queue):
    def work(parent):
        def step(transaction):
            transaction.connection.execute("DELETE FROM records")
            parent.say()
            parent.wait()

        database.write(step)

    post(store, queue, new_message(b"1"))
    with child(work) as forked:
        forked.wait()
        forked.kill()
        forked.end()
        post(store, queue, new_message(b"2"))

    assert numbers(listed(store, queue)) == [1, 2]


def test_processes_that_lost_the_sight_of_each_others_lock_still_lose_nothing(database, store, queue):
    """Somebody tidies up and removes the lock file; SQLite's own lock is slower, but it is there."""
    post(store, queue, new_message(b"0"))
    Path(f"{database.path}-lock").unlink()

    def work(parent):
        parent.say()
        for number in range(1000, 1050):
            post(store, queue, *numbered_messages(1, first=number))

    with child(work) as forked:
        forked.wait()
        for number in range(2000, 2050):
            post(store, queue, *numbered_messages(1, first=number))

    assert sorted(numbers(listed(store, queue))) == [0, *range(1000, 1050), *range(2000, 2050)]
    assert store.records.stats(queue).total == 101


def test_a_disk_without_room_for_the_log_of_writes_loses_nothing_that_was_acknowledged(store, queue, path):
    """The real thing: the system refuses the write in the middle of a commit."""
    post(store, queue, new_message(b"0"))
    log = path.with_name(path.name + "-wal")

    def work(parent):
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 500_000, most))
        acknowledged = [0]

        def post_and_remember(number):
            post(store, queue, *numbered_messages(1, first=number))
            acknowledged.append(number)

        with pytest.raises(Unavailable, match=r"SQLITE_(FULL|IOERR)"):
            list(map(post_and_remember, range(1, 1000)))
        assert 5 < len(acknowledged) < 900
        assert numbers(listed(store, queue)) == acknowledged
        assert numbers(store.messages.pop(queue, limit=1)) == [acknowledged.pop(0)]
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        wait_until(lambda: not _is_refused(store, queue, 1000), what="the room that is there again")
        assert numbers(listed(store, queue)) == [*acknowledged, 1000]

    with child(work):
        pass

    assert numbers(listed(store, queue))[-1] == 1000
    assert store.records.stats(queue).total == len(listed(store, queue))


def test_a_fork_in_the_middle_of_a_write_does_not_write_twice(database, store, queue):
    """The child has the parent's half of a transaction in its memory, and must forget it."""
    forked = []

    def step(transaction):
        transaction.connection.execute("UPDATE records SET total = total + 1")
        pid = os.fork()
        if not pid:
            os._exit(0)
        forked.append(pid)

    database.write(step)
    os.waitpid(forked[0], 0)
    post(store, queue, new_message(b"1"))

    assert store.records.stats(queue).total == 2
    assert numbers(listed(store, queue)) == [1]
