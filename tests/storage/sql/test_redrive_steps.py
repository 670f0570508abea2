"""Steps of a redrive on SQLite: how large one is, what a purge of many messages carries on, and how it stands or falls."""

import msgspec
import pytest

from tests.builders import new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, listed, numbers, post, subscribe, sweep_all
from tests.storage.sql.batches import Batch
from zaqar.errors import QueueNotFound
from zaqar.models import DeadLetterRule, NoticedMessage, Origin, RedriveTerms
from zaqar.storage.ids import named
from zaqar.storage.sql.messages import redriving, removal


@pytest.fixture
def dead(store, queue):
    """Return a queue of the same project, for dead letters of ``queue``."""
    key = queue_key(project=queue.project)
    store.records.create(key)
    return key


def _bury(store, dead, queue, messages):
    origin = Origin(queue=queue.name, reason="max_claim_count", attempts=1, at=0, ttl=600, message_id="1" * 30)
    post(store, dead, *(msgspec.structs.replace(message, origin=origin) for message in messages))


def _step(store, dead, *, limit=1000):
    return store.redrives.step(dead, holder="holder", seconds=3, limit=limit)


def test_a_step_looks_at_no_more_than_a_batch(store, queue, dead):
    _bury(store, dead, queue, numbered_messages(redriving.MOST + 1))
    store.redrives.create(dead, RedriveTerms(), token=new_token())

    first, second = _step(store, dead), _step(store, dead)

    assert (first.state, first.moved) == ("running", redriving.MOST)
    assert (second.state, second.moved) == ("done", redriving.MOST + 1)


def test_large_messages_move_a_few_at_a_time(store, queue, dead):
    large = b'"' + b"x" * (redriving.MOST_BYTES // 2 - 2) + b'"'
    _bury(store, dead, queue, [new_message(large) for _ in range(5)])
    store.redrives.create(dead, RedriveTerms(), token=new_token())

    moved = [_step(store, dead).moved for _ in range(3)]

    assert moved == [2, 4, 5]
    assert len(listed(store, queue)) == 5


def test_a_message_larger_than_a_step_moves_alone(store, queue, dead):
    _bury(store, dead, queue, [new_message(b"1" * (redriving.MOST_BYTES + 1)) for _ in range(2)])
    store.redrives.create(dead, RedriveTerms(), token=new_token())

    assert [_step(store, dead).moved for _ in range(2)] == [1, 2]


def test_a_step_that_fails_leaves_the_others_of_its_batch_alone(database, store, queue, dead):
    gone = queue_key(project=queue.project)
    _bury(store, dead, queue, numbered_messages(2))
    _bury(store, dead, gone, numbered_messages(2, first=2))
    store.redrives.create(dead, RedriveTerms(), token=new_token())

    batch = Batch(
        database,
        lambda: post(store, queue, new_message(b"7")),
        lambda: _step(store, dead),
        lambda: post(store, queue, new_message(b"8")),
    )

    assert isinstance(batch.errors.pop(1), QueueNotFound)
    assert batch.errors == [None, None]
    assert numbers(everything(store, dead)) == [0, 1, 2, 3]
    assert numbers(everything(store, queue)) == [7, 8]
    assert store.redrives.get(dead).moved == 0


def test_a_purge_of_more_than_a_batch_keeps_the_redrive_and_what_was_counted(store, queue, dead):
    post(store, dead, *numbered_messages(5))
    store.claims.release(dead, named(claim(store, dead).id))
    claim(store, dead, dead_letter=DeadLetterRule(queue=None, max_claim_count=1))
    for first in range(0, 3 * removal.BATCH, removal.BATCH):
        _bury(store, dead, queue, numbered_messages(removal.BATCH, first=first))
    made = store.redrives.create(dead, RedriveTerms(), token=new_token())

    store.records.purge(dead)

    ended = store.redrives.get(dead)
    assert (ended.id, ended.state) == (made.id, "cancelled")
    assert store.redrives.running() == []
    sweep_all(store)
    assert store.records.stats(dead).discarded == 5
    store.redrives.cancel(dead, named(made.id))
    assert store.redrives.create(dead, RedriveTerms(), token=new_token()).id != made.id


def test_nothing_is_left_of_a_redrive_whose_queue_is_deleted(database, store, queue, dead):
    store.redrives.create(dead, RedriveTerms(), token=new_token())

    store.records.delete(dead)

    count = database.read(lambda session: session.connection.execute("SELECT count(*) FROM redrives").fetchone()[0])
    assert count == 0


def _redelivered(store, dead, queue):
    """Bring a dead letter back to a subscription; return what is known of it now."""
    subscription = subscribe(store, queue, "http://receiver.example")
    origin = Origin(
        queue=queue.name,
        reason="expired",
        attempts=1,
        at=0,
        ttl=600,
        message_id="1" * 30,
        subscription_id=subscription.id,
    )
    post(store, dead, msgspec.structs.replace(new_message(b"7"), origin=origin))
    store.redrives.create(dead, RedriveTerms(), token=new_token())
    _step(store, dead)
    return msgspec.structs.replace(origin, redriven=1)


def test_an_older_release_can_read_the_notice_of_a_redelivery(database, store, queue, dead):
    _redelivered(store, dead, queue)

    (text,) = database.read(lambda session: session.connection.execute("SELECT messages FROM notices").fetchone())

    first, *_ = msgspec.msgpack.decode(text, type=list[tuple[bytes, int, int]])
    assert first == (b"7", 600, 0)


def test_a_redelivery_that_was_left_without_its_origin_has_none(database, store, queue, dead):
    origin = _redelivered(store, dead, queue)
    (notice,) = store.deliveries.notices(queue, after=0, most_bytes=1000)
    assert notice.messages[0].origin == origin

    text = msgspec.msgpack.encode([(b"7", 600, 0)])
    database.write(lambda transaction: transaction.connection.execute("UPDATE notices SET messages = ?", (text,)))

    (without,) = store.deliveries.notices(queue, after=0, most_bytes=1000)
    assert without == msgspec.structs.replace(notice, messages=[NoticedMessage(b"7", 600, 0)])
