"""A database that cannot answer: everybody is told, nothing of the batch is stored, and work goes on afterwards."""

import contextlib
import shutil
import sqlite3

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, listed, numbers, post
from tests.storage.sql.batches import Batch
from zaqar.errors import QueueNotFound, Unavailable
from zaqar.storage.ids import named
from zaqar.storage.sql.schema import READY
from zaqar.storage.sql.sqlite import connection
from zaqar.storage.sql.sqlite.reserve import Reserve


@pytest.fixture
def posting(store, queue):
    """Make a call that posts one number, and many bytes if they are wanted."""

    def make(number, spaces=0):
        return lambda: post(store, queue, new_message(str(number).encode() + b" " * spaces))

    return make


@contextlib.contextmanager
def _locked(path):
    """Hold the database as a foreign program does, which knows nothing of our file lock."""
    foreign = sqlite3.connect(path, isolation_level=None)
    foreign.execute("BEGIN EXCLUSIVE")
    yield
    foreign.execute("ROLLBACK")
    foreign.close()


@contextlib.contextmanager
def _full(database, monkeypatch):
    """Let the database have no page more than it has."""
    connect = connection.connect

    def connect_to_full(*arguments, **options):
        opened = connect(*arguments, **options)
        opened.execute("PRAGMA max_page_count = 1")
        return opened

    with monkeypatch.context() as patched:
        patched.setattr(connection, "connect", connect_to_full)
        database.close()
        yield
    database.close()
    assert Reserve(database.path).make()


def _assert_all_unavailable(errors):
    assert [type(error) for error in errors] == [Unavailable] * len(errors)


def test_a_database_that_another_program_holds_is_unavailable(database, store, queue, posting, path, monkeypatch):
    monkeypatch.setattr("zaqar.storage.sql.sqlite.opening.BUSY_TIMEOUT", 0.05)
    database.close()
    with _locked(path):
        batch = Batch(database, posting(1), posting(2))
        assert listed(store, queue) == []

    _assert_all_unavailable(batch.errors)
    assert "SQLITE_BUSY" in str(batch.errors[0])
    posting(3)()
    assert numbers(listed(store, queue)) == [3]


def test_a_short_hold_by_another_program_is_waited_out(database, store, queue, posting, path):
    with _locked(path):
        batch = Batch(database, posting(1), ends=False)
    batch.end()

    assert batch.errors == [None]
    assert numbers(listed(store, queue)) == [1]


def test_a_full_disk_is_unavailable_and_stores_nothing(database, store, queue, posting, monkeypatch):
    posting(0)()
    with _full(database, monkeypatch):
        batch = Batch(database, posting(1), posting(2, spaces=200_000), posting(3))
        assert numbers(listed(store, queue)) == [0]

    _assert_all_unavailable(batch.errors)
    assert "SQLITE_FULL" in str(batch.errors[0])
    posting(4)()
    assert numbers(listed(store, queue)) == [0, 4]
    assert store.records.stats(queue).total == 2


def test_on_a_full_disk_everything_but_what_adds_goes_on(database, store, queue, posting, monkeypatch):
    post(store, queue, *numbered_messages(6))
    held = claim(store, queue, limit=1)
    with _full(database, monkeypatch):
        batch = Batch(
            database,
            posting(99, spaces=200_000),
            lambda: store.messages.pop(queue, limit=1),
            lambda: store.messages.delete(queue, named(held.messages[0].id), claim_id=named(held.id)),
            lambda: claim(store, queue, limit=1),
            lambda: store.records.create(queue_key()),
        )

    assert [type(error) for error in batch.errors] == [Unavailable, type(None), type(None), type(None), Unavailable]
    assert "SQLITE_FULL" in str(batch.errors[0])
    assert numbers(batch.result_of(1)) == [1]
    assert numbers(batch.result_of(3).messages) == [2]
    assert numbers(listed(store, queue, include_claimed=True)) == [2, 3, 4, 5]
    assert store.records.stats(queue).total == 4


def test_a_refusal_in_a_batch_that_succeeded_is(database, store, queue):
    batch = Batch(database, lambda: store.records.delete(queue), lambda: post(store, queue, new_message()))

    assert isinstance(batch.errors[1], QueueNotFound)


def test_posts_go_on_in_the_file_that_was_put_in_the_place_of_the_old(database, store, queue, posting, path):
    """An operator restores a copy and forgets to stop the service: what is acknowledged then must be in the copy."""
    posting(1)()
    database.close()
    copy = path.with_suffix(".copy")
    shutil.copy(path, copy)
    posting(2)()
    for name in ("-wal", "-shm"):
        path.with_name(path.name + name).unlink()
    copy.rename(path)

    posting(3)()

    with sqlite3.connect(path) as file:
        bodies = [
            row[0] for row in file.execute("SELECT body FROM messages WHERE state = ? ORDER BY position", [READY])
        ]
    file.close()
    assert bodies == [b"1", b"3"]
    assert numbers(listed(store, queue)) == [1, 3]


def test_a_file_that_was_removed_is_unavailable_and_not_made_again(store, queue, posting, path):
    posting(1)()
    kept = path.rename(path.with_suffix(".away"))

    with pytest.raises(Unavailable):
        posting(2)()
    assert not path.exists()

    kept.rename(path)
    posting(3)()
    assert numbers(listed(store, queue)) == [1, 3]


@pytest.mark.parametrize("content", [b"", b"This is a letter, not a database.\n" * 300], ids=["empty", "a letter"])
def test_a_file_that_something_else_was_written_into_is_unavailable(database, store, queue, posting, path, content):
    posting(1)()
    database.close()
    kept = path.read_bytes()
    path.write_bytes(content)

    for call in (
        posting(2),
        lambda: listed(store, queue),
        lambda: store.records.stats(queue),
        lambda: store.records.create(queue),
    ):
        with pytest.raises(Unavailable):
            call()
    assert not store.is_alive()

    path.write_bytes(kept)
    posting(3)()
    assert numbers(listed(store, queue)) == [1, 3]
    assert store.is_alive()


def test_a_mistake_of_ours_is_not_called_an_outage(database):
    with pytest.raises(sqlite3.IntegrityError):
        database.write(lambda transaction: transaction.connection.execute("INSERT INTO messages (position) VALUES (1)"))


def test_an_outage_says_what_happened_without_saying_where(database, queue, posting, path):
    posting(1)()
    database.close()
    path.write_bytes(b"no database" * 100)

    with pytest.raises(Unavailable) as caught:
        posting(2)()

    assert str(caught.value) == "The embedded database cannot answer (SQLITE_NOTADB)."
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)
