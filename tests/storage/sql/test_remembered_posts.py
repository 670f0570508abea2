"""What SQLite keeps of posts that are to be known again, and for how long."""

import pytest

from tests.builders import new_token, numbered_messages
from tests.conformance.acts import PRODUCER, everything, ids
from tests.storage.sql.batches import Batch

HOUR = 3600


def _post(store, queue, token, *, memory=HOUR, count=2):
    new = numbered_messages(count, ttl=10 * HOUR)
    return list(store.messages.post(queue, new, client_id=PRODUCER, token=token, memory=memory).ids)


def _remembered(database):
    query = "SELECT count(*) FROM remembered_posts"
    return database.read(lambda session: session.connection.execute(query).fetchone()[0])


def test_a_post_without_memory_leaves_nothing_and_is_posted_again(database, store, queue):
    token = new_token()
    first, second = (_post(store, queue, token, memory=0) for _ in range(2))

    assert ids(everything(store, queue)) == first + second
    assert _remembered(database) == 0


@pytest.mark.parametrize("is_swept", [True, False])
def test_a_post_is_forgotten_at_the_second_and_then_remembered_anew(database, store, queue, clock, is_swept):
    token = new_token()
    first = _post(store, queue, token)
    clock.move(HOUR - 1)
    assert _post(store, queue, token) == first

    clock.move(1)
    if is_swept:
        store.sweep()
        assert _remembered(database) == 0
    second = _post(store, queue, token)

    assert ids(everything(store, queue)) == first + second
    clock.move(HOUR - 1)
    assert _post(store, queue, token) == second
    assert _remembered(database) == 1


def test_the_sweep_forgets_those_of_queues_that_are_gone(database, store, queue, clock):
    for _ in range(300):
        _post(store, queue, new_token(), count=1)
    store.records.delete(queue)
    clock.move(HOUR)

    store.sweep()

    assert _remembered(database) == 0


def test_repetitions_in_one_batch_are_known(database, store, queue):
    token, other = new_token(), new_token()

    batch = Batch(database, *[lambda: _post(store, queue, token)] * 3, lambda: _post(store, queue, other))

    assert batch.errors == [None] * 4
    assert batch.result_of(0) == batch.result_of(1) == batch.result_of(2)
    assert ids(everything(store, queue)) == batch.result_of(0) + batch.result_of(3)
