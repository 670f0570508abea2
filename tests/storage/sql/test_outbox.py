"""What notices cost a post, and that they stand or fall with it; sources that nobody needs."""

import pytest

from tests.builders import new_message, queue_key
from tests.conformance.acts import PRODUCER, leaves_notice, post, subscribe, sweep_all
from tests.storage.sql.batches import Batch, traced
from zaqar.errors import QueueNotFound
from zaqar.storage.ids import named, new_token
from zaqar.storage.sql.messages import lookup, notices, posting, records, unsubscribing
from zaqar.storage.sql.messages.store import message_store


class _Mishap(Exception):
    pass


def _first_words(statements):
    return [" ".join(text.split()[:3]) for text in statements]


def _statements_of_a_post(database, store, queue):
    post(store, queue, new_message())
    with traced(database) as statements:
        post(store, queue, new_message())
    return _first_words(statements)


def _count(database, table):
    return database.read(lambda session: session.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _bodies(store, queue):
    found = store.deliveries.notices(queue, after=0, most_bytes=10**9)
    return [message.body for notice in found for message in notice.messages]


def _post_and_fail(database, queue, *, reads_back):
    """Make a call whose step posts, and fails after it has or has not seen its notice."""

    def step(transaction):
        record = lookup.remembered(transaction, queue)
        posting.insert(transaction, record, [new_message(b"99")], client_id=PRODUCER, token=new_token())
        if reads_back:
            records.create(transaction, queue_key())
        raise _Mishap

    return lambda: database.write(step)


def test_a_post_takes_one_statement_more_where_somebody_is_subscribed_however_many(database, store, queue):
    before = _statements_of_a_post(database, store, queue)
    subscribe(store, queue, "http://0.example")
    with_one = _statements_of_a_post(database, store, queue)
    for number in range(1, 30):
        subscribe(store, queue, f"http://{number}.example")
    with_many = _statements_of_a_post(database, store, queue)

    assert "notices" not in str(before)
    assert with_one == with_many
    assert [words for words in with_one if words != "INSERT INTO notices"] == before
    assert len(with_one) == len(before) + 1


def test_the_notices_of_a_batch_are_one_statement(database, store, queue):
    subscribe(store, queue)
    with traced(database) as statements:
        batch = Batch(database, *[lambda: post(store, queue, new_message())] * 8)

    assert batch.errors == [None] * 8
    assert _first_words(statements).count("INSERT INTO notices") == 1
    assert _count(database, "notices") == 8


@pytest.mark.parametrize("reads_back", [False, True], ids=["in memory", "in the database"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_notice_of_a_step_that_fails_falls_with_it(database, store, queue, reads_back, place):
    subscribe(store, queue)
    calls = [lambda: post(store, queue, new_message(b"1")), lambda: post(store, queue, new_message(b"2"))]
    calls.insert(place, _post_and_fail(database, queue, reads_back=reads_back))

    batch = Batch(database, *calls)

    assert isinstance(batch.errors.pop(place), _Mishap)
    assert batch.errors == [None, None]
    assert _bodies(store, queue) == [b"1", b"2"]


def test_posts_before_and_after_a_subscription_of_one_batch_are_told_apart(database, store, queue):
    post(store, queue, new_message(b"0"))

    Batch(
        database,
        lambda: post(store, queue, new_message(b"1")),
        lambda: subscribe(store, queue),
        lambda: post(store, queue, new_message(b"2")),
    )

    assert _bodies(store, queue) == [b"2"]


def test_posts_leave_no_notice_once_the_last_subscription_is_deleted_in_any_process(store, queue, open_database):
    other = message_store(open_database())
    made = subscribe(store, queue)
    assert leaves_notice(other, queue)

    store.subscriptions.delete(queue, named(made.id))

    assert not leaves_notice(other, queue)


def test_nothing_is_left_of_a_source_that_nobody_needs(database, store, queue, clock):
    made = subscribe(store, queue, ttl=60)
    other = queue_key()
    store.records.create(other)
    subscribe(store, other, ttl=7200)
    post(store, queue, new_message(ttl=60))
    store.subscriptions.delete(queue, named(made.id))
    sweep_all(store)
    assert _count(database, "sources") == 2, "it has a notice"

    store.deliveries.lease(queue, holder="holder", seconds=3, limit=10)
    sweep_all(store)

    assert [_count(database, table) for table in ("sources", "subscriptions", "deliveries", "notices")] == [1, 1, 1, 0]
    assert leaves_notice(store, other)
    assert not leaves_notice(store, queue)
    subscribe(store, queue)
    assert leaves_notice(store, queue)


def test_a_process_that_remembers_a_source_forgets_it_when_another_removes_it(store, queue, clock, open_database):
    other = message_store(open_database())
    made = subscribe(store, queue)
    assert leaves_notice(other, queue)
    store.subscriptions.delete(queue, named(made.id))
    store.deliveries.lease(queue, holder="holder", seconds=3, limit=10)
    sweep_all(store)

    subscribe(other, queue)

    assert leaves_notice(store, queue)
    assert _bodies(store, queue) != []


def test_a_long_log_and_many_subscriptions_go_in_bounded_steps(database, store, queue, monkeypatch):
    monkeypatch.setattr(unsubscribing, "BATCH", 3)
    for number in range(10):
        subscribe(store, queue, f"http://{number}.example")
    for _ in range(2 * notices.BATCH + 1):
        post(store, queue, new_message(b"1"))

    store.subscriptions.delete_all(queue)

    assert _count(database, "subscriptions") == _count(database, "deliveries") == 0
    left = []
    while store.deliveries.sources():
        left.append(_count(database, "notices"))
        assert store.deliveries.lease(queue, holder="holder", seconds=3, limit=10) == []
    assert left == [2 * notices.BATCH + 1, notices.BATCH + 1, 1]


def test_a_missing_queue_has_nothing_to_deliver(store):
    missing = queue_key()

    assert store.deliveries.lease(missing, holder="holder", seconds=3, limit=10) == []
    assert store.deliveries.save(missing, holder="holder", seconds=3, saved=[]) == {}
    with pytest.raises(QueueNotFound):
        post(store, missing, new_message())


def test_a_source_that_goes_while_its_log_is_about_to_be_leased_has_nothing(database, store, queue):
    subscribe(store, queue)
    post(store, queue, new_message())

    batch = Batch(
        database,
        lambda: database.write(lambda transaction: transaction.connection.execute("DELETE FROM sources")),
        lambda: store.deliveries.lease(queue, holder="holder", seconds=3, limit=10),
    )

    assert batch.errors == [None, None]
    assert batch.result_of(1) == []
