"""A process remembers the ids of queues' records, and forgets them when anybody drops one."""

import pytest

from tests.builders import dead_letter_rule, new_message, queue_key
from tests.conformance.acts import claim, listed, numbers, post
from tests.storage.sql.batches import Batch, traced
from zaqar.errors import QueueNotFound
from zaqar.storage.ids import named
from zaqar.storage.sql.messages import lookup, records
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite import writer


@pytest.fixture
def other(open_database):
    """The same queues in what might be another process."""
    return message_store(open_database())


def _lookups(statements):
    return [text for text in statements if text.startswith("SELECT records.id")]


def test_the_record_of_a_queue_is_looked_up_once(database, store, queue):
    post(store, queue, new_message())
    with traced(database) as statements:
        for _ in range(5):
            post(store, queue, new_message())

    assert _lookups(statements) == []


def test_a_queue_that_another_process_dropped_and_made_again_is_the_new_one(store, queue, other):
    post(store, queue, new_message(b"1"))
    other.records.delete(queue)
    other.records.create(queue)

    post(store, queue, new_message(b"2"))

    assert numbers(listed(store, queue)) == numbers(listed(other, queue)) == [2]
    assert store.records.stats(queue).total == 1


def test_a_queue_that_another_process_dropped_does_not_exist(store, queue, other):
    post(store, queue, new_message())
    other.records.delete(queue)

    with pytest.raises(QueueNotFound):
        post(store, queue, new_message())


def test_a_dead_letter_queue_that_another_process_made_again_is_the_new_one(store, queue, other):
    dead = queue_key()
    store.records.create(dead)
    post(store, dead, new_message(b"0"))
    post(store, queue, new_message(b"1"))
    store.claims.release(queue, named(claim(store, queue).id))
    other.records.delete(dead)
    other.records.create(dead)

    assert not claim(store, queue, dead_letter=dead_letter_rule(dead)).messages

    assert numbers(listed(other, dead)) == [1]


def test_a_drop_and_a_new_queue_of_the_name_in_one_batch_are_told_apart(database, store, queue):
    post(store, queue, new_message(b"1"))

    batch = Batch(
        database,
        lambda: post(store, queue, new_message(b"2")),
        lambda: store.records.delete(queue),
        lambda: store.records.create(queue),
        lambda: post(store, queue, new_message(b"3")),
    )

    assert batch.errors == [None] * 4
    assert numbers(listed(store, queue)) == [3]
    assert store.records.stats(queue).total == 1


def test_what_is_remembered_is_bounded(database, store, monkeypatch):
    monkeypatch.setattr(writer, "MOST_KNOWN", 10)
    for _ in range(30):
        key = queue_key()
        store.records.create(key)
        post(store, key, new_message())

    assert len(database.commit.writer.known) <= 11


def test_the_id_of_a_record_whose_making_failed_is_not_remembered(database, store):
    key = queue_key()

    def step(transaction):
        records.create(transaction, key)
        lookup.known(transaction, key)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write(step)

    with pytest.raises(QueueNotFound):
        post(store, key, new_message())
