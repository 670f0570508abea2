"""Steps that are committed together succeed together, and fail each for itself."""

import threading

import pytest

from tests.builders import new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, WELL_FORMED, claim, exists, listed, numbers, post
from tests.storage.sql.batches import Batch, traced
from zaqar.errors import ClaimNotHeld, QueueNotFound
from zaqar.storage.ids import named
from zaqar.storage.sql import DRIVER
from zaqar.storage.sql.messages import lookup, records
from zaqar.storage.sql.messages.posting import insert
from zaqar.storage.sql.sqlite.connection import Database


class _Mishap(Exception):
    """A step's own failure."""


@pytest.fixture
def posting(store, queue):
    """Make a call that posts one number."""
    return lambda number: lambda: post(store, queue, new_message(str(number).encode()))


def _post_and_fail(database, queue, *, reads_back):
    """Make a call whose step posts, and fails after it has or has not seen its message."""

    def step(transaction):
        record = lookup.remembered(transaction, queue)
        insert(transaction, record, [new_message(b"99")], client_id=PRODUCER, token=new_token())
        if reads_back:
            records.create(transaction, queue_key())
        raise _Mishap

    return lambda: database.write(step)


def _commits(statements):
    return [text for text in statements if text.startswith("COMMIT")]


def test_what_gathers_is_committed_together_and_in_order(database, store, queue, posting):
    with traced(database) as statements:
        batch = Batch(database, *(posting(number) for number in range(8)))

    assert batch.errors == [None] * 8
    assert len(_commits(statements)) == 1
    assert numbers(listed(store, queue)) == list(range(8))
    assert store.records.stats(queue).free == 8


def test_the_posts_of_a_batch_are_one_statement(database, posting):
    with traced(database) as statements:
        Batch(database, *(posting(number) for number in range(8)))

    assert sum(text.startswith("INSERT INTO messages") for text in statements) == 1
    assert sum(text.startswith("UPDATE records") for text in statements) == 1


def test_a_batch_without_failures_sets_no_savepoint(database, posting):
    with traced(database) as statements:
        Batch(database, *(posting(number) for number in range(3)))

    assert not [text for text in statements if "SAVEPOINT" in text]


def test_a_step_sees_what_the_steps_before_it_did(database, store, queue, posting):
    batch = Batch(database, posting(1), lambda: store.messages.pop(queue, limit=10), posting(2))

    assert numbers(batch.result_of(1)) == [1]
    assert numbers(listed(store, queue)) == [2]
    assert store.records.stats(queue).total == 1


def test_a_step_that_fails_before_it_writes_fails_alone(database, store, queue, posting):
    with traced(database) as statements:
        batch = Batch(database, posting(1), lambda: post(store, queue_key(), new_message()), posting(2))

    assert isinstance(batch.errors[1], QueueNotFound)
    assert batch.errors[::2] == [None, None]
    assert numbers(listed(store, queue)) == [1, 2]
    assert len(_commits(statements)) == 1
    assert not [text for text in statements if "SAVEPOINT" in text]


@pytest.mark.parametrize("reads_back", [False, True], ids=["in memory", "in the database"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_step_that_fails_after_it_wrote_fails_alone(database, store, queue, posting, reads_back, place):
    calls = [posting(1), posting(2)]
    calls.insert(place, _post_and_fail(database, queue, reads_back=reads_back))

    batch = Batch(database, *calls)

    assert isinstance(batch.errors.pop(place), _Mishap)
    assert batch.errors == [None, None]
    assert numbers(listed(store, queue)) == [1, 2]
    assert store.records.stats(queue).free == 2


def test_a_batch_that_is_run_again_counts_everything_once(database, store, queue, posting):
    post(store, queue, *numbered_messages(5, first=10))
    held = claim(store, queue, limit=2)

    batch = Batch(
        database,
        posting(1),
        lambda: store.messages.pop(queue, limit=1),
        _post_and_fail(database, queue, reads_back=True),
        lambda: store.messages.delete(queue, named(held.messages[0].id), claim_id=named(held.id)),
        lambda: claim(store, queue, limit=1),
        lambda: store.messages.delete(queue, named(held.messages[1].id), claim_id=named(WELL_FORMED)),
    )

    assert [type(error) for error in batch.errors] == [type(None)] * 2 + [_Mishap] + [type(None)] * 2 + [ClaimNotHeld]
    assert numbers(batch.result_of(1)) == [12]
    assert numbers(batch.result_of(4).messages) == [13]
    assert numbers(listed(store, queue, include_claimed=True)) == [11, 13, 14, 1]
    stats = store.records.stats(queue)
    assert (stats.claimed, stats.free) == (2, 2)


def test_a_row_that_the_database_refuses_fails_alone(database, store, queue, posting):
    """Rows wait in memory until the batch ends, or until another step asks; the error must reach the row's owner."""
    too_large = new_message(ttl=2**63)
    batch = Batch(
        database,
        posting(1),
        lambda: post(store, queue, too_large),
        lambda: exists(store, queue, WELL_FORMED) or store.messages.pop(queue, limit=1),
        lambda: post(store, queue, too_large),
        posting(2),
    )

    assert [type(error) for error in batch.errors] == [type(None), OverflowError] * 2 + [type(None)]
    assert numbers(batch.result_of(2)) == [1]
    assert numbers(listed(store, queue)) == [2]
    assert store.records.stats(queue).total == 1


def test_a_lone_row_that_the_database_refuses_leaves_nothing(store, queue):
    with pytest.raises(OverflowError):
        post(store, queue, new_message(ttl=2**63))

    assert listed(store, queue) == []
    assert store.records.stats(queue).total == 0
    post(store, queue, new_message(b"1"))
    assert numbers(listed(store, queue)) == [1]


def test_a_leader_that_is_interrupted_leaves_nobody_hanging(database, store, queue, clock, posting, monkeypatch):
    """The leader's first transaction ends in something no code expects, when it asks for the time."""
    now = clock.now

    def interrupted():
        monkeypatch.setattr(clock, "now", now)
        raise KeyboardInterrupt

    monkeypatch.setattr(clock, "now", interrupted)
    batch = Batch(database, posting(1), posting(2), posting(3))

    assert isinstance(batch.errors[0], KeyboardInterrupt)
    assert [type(error).__name__ for error in batch.errors[1:]] == ["Unavailable"] * 2
    assert listed(store, queue) == []
    posting(4)()
    assert numbers(listed(store, queue)) == [4]
    assert Batch(database, posting(5), posting(6)).errors == [None, None]


def test_writers_are_led_on_while_new_ones_keep_coming(store, queue):
    def produce():
        for _ in range(50):
            post(store, queue, new_message())

    producers = [threading.Thread(target=produce) for _ in range(8)]
    for producer in producers:
        producer.start()
    for producer in producers:
        producer.join(30)

    assert store.records.stats(queue).free == 400


def test_both_stores_on_one_file_commit_together(path, clock):
    uri = f"sqlite:///{path}"
    database = Database.shared(uri, synchronous="NORMAL", clock=clock)
    options = DRIVER.options(uri=uri, synchronous="NORMAL")
    message, management = DRIVER.message_store(options, clock), DRIVER.management_store(options, clock)
    key = queue_key()

    with traced(database) as statements:
        batch = Batch(
            database,
            lambda: management.queues.create(key, {}),
            lambda: message.records.create(key),
            lambda: post(message, key, new_message()),
        )

    assert batch.errors == [None] * 3
    assert len(_commits(statements)) == 1
    management.close()
    message.close()
