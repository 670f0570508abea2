"""Connections that read: as many as there are readers at a time, however the questions end."""

import sqlite3

import pytest

from tests.builders import new_message, queue_key
from tests.conformance.acts import WELL_FORMED, get, listed, post
from zaqar.errors import ClaimNotFound, QueueNotFound, Unavailable
from zaqar.storage.ids import named
from zaqar.storage.sql.sqlite import connection
from zaqar.storage.sql.sqlite.opening import READER_CACHE


@pytest.fixture
def connects(database, monkeypatch):
    """How often a connection to read from was opened."""
    opened = []
    connect = connection.connect

    def counted(path, synchronous, *, cache=None):
        if cache == READER_CACHE:
            opened.append(1)
        return connect(path, synchronous, **({"cache": cache} if cache else {}))

    monkeypatch.setattr(connection, "connect", counted)
    return opened


def test_readers_share_one_connection_when_they_come_one_after_the_other(store, queue, connects):
    for _ in range(10):
        listed(store, queue)

    assert len(connects) == 1


def test_asking_for_what_is_missing_does_not_cost_a_connection(store, queue, connects):
    for _ in range(10):
        listed(store, queue_key())
        with pytest.raises(QueueNotFound):
            store.records.stats(queue_key())
        with pytest.raises(ClaimNotFound):
            store.claims.get(queue, named(WELL_FORMED))

    assert len(connects) == 1


def test_readers_of_a_busy_moment_are_closed_when_nobody_has_needed_them_for_a_while(database, store, queue, path):
    """Each keeps pages in memory; threads take turns with the one that was used last."""

    def nested(depth):
        return listed(store, queue) if not depth else database.read(lambda session: nested(depth - 1))

    nested(8)
    store.sweep()
    assert len(database.idle_readers) == 9

    listed(store, queue)
    store.sweep()
    listed(store, queue)
    store.sweep()

    assert len(database.idle_readers) <= 2
    assert listed(store, queue) == []


def test_a_snapshot_that_ends_with_an_error_leaves_no_transaction_behind(database, store, queue):
    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(WELL_FORMED))
    (reader,) = database.idle_readers
    assert not reader.in_transaction

    (message_id,) = post(store, queue, new_message(b"1"))

    assert get(store, queue, message_id).body == b"1"


def test_a_connection_that_failed_is_not_used_again(database, connects):
    def fail(session):
        raise sqlite3.OperationalError("disk I/O error")

    database.is_alive()
    (used,) = database.idle_readers
    with pytest.raises(Unavailable):
        database.read(fail)

    assert database.idle_readers == []
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        used.execute("SELECT 1")
    assert database.is_alive()
    assert len(connects) == 2
