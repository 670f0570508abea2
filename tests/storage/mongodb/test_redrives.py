"""Redrives of the MongoDB store: what they cost, and what is peculiar to its documents."""

import pytest

from tests.builders import new_token, queue_key
from tests.conformance.acts import PRODUCER, everything, listed, numbers
from tests.storage.mongodb.redriven import origin_in
from tests.storage.mongodb.steps import replace_step
from tests.storage.mongodb.subscribers import noticed, subscribe
from zaqar.errors import QueueNotFound
from zaqar.models import NewMessage, RedriveTerms
from zaqar.storage.mongodb.messages import moves, redrive_record
from zaqar.storage.mongodb.messages.scope import scope_of


@pytest.fixture
def dead(store, queue):
    """Return a queue for dead letters."""
    key = queue_key(project=queue.project)
    store.records.create(key)
    return key


def bury(store, dead, origin, count, *, size=1):
    """Post dead letters, each so many bytes long."""
    messages = [NewMessage(str(number).zfill(size).encode(), 3600, origin=origin) for number in range(count)]
    store.messages.post(dead, messages, client_id=PRODUCER, token=new_token(), audience="nobody")


def begin(store, dead, **terms):
    return store.redrives.create(dead, RedriveTerms(**terms), token=new_token())


def step(store, dead, *, limit=200):
    return store.redrives.step(dead, holder="notifier-1", seconds=3, limit=limit)


def test_a_step_takes_ten_commands_whatever_it_moves(store, queue, dead, watch):
    bury(store, dead, origin_in(queue), 500)
    begin(store, dead)
    step(store, dead, limit=10)

    with watch() as sent:
        assert step(store, dead).moved == 210

    assert [each.name for each in sent] == [
        "findAndModify",  # the lease
        "find",  # what is there
        "find",  # the records of the targets
        "findAndModify",  # what is about to move
        "update",  # leaves
        "findAndModify",
        "insert",
        "findAndModify",  # is posted
        "delete",  # and removed
        "findAndModify",  # and the redrive goes on
    ]


def test_a_step_of_a_dry_run_takes_three(store, queue, dead, watch):
    bury(store, dead, origin_in(queue), 500)
    begin(store, dead, is_dry_run=True)
    step(store, dead, limit=10)

    with watch() as sent:
        assert step(store, dead).moved == 210

    assert [each.name for each in sent] == ["findAndModify", "find", "findAndModify"]


def test_what_is_left_for_a_subscription_is_noticed_in_parts_that_are_not_too_large(store, queue, dead):
    subscription = subscribe(store, queue)
    bury(store, dead, origin_in(queue, subscription_id=subscription.id), 9, size=300_000)
    begin(store, dead)

    assert step(store, dead).moved == 9

    notices = noticed(store, queue, most_bytes=1 << 30)
    assert [len(notice.messages) for notice in notices] == [3, 3, 3]
    assert [int(message.body[-1:]) for notice in notices for message in notice.messages] == list(range(9))


def test_a_queue_that_goes_between_two_commands_of_a_step_takes_back_what_was_to_go_there(
    store, other, queue, dead, monkeypatch
):
    gone = queue_key(project=queue.project)
    other.records.create(gone)
    bury(store, dead, origin_in(queue), 2)
    bury(store, dead, origin_in(gone), 2)
    begin(store, dead)
    usual = moves.leave

    def leave(*arguments):
        other.records.delete(gone)
        return usual(*arguments)

    with monkeypatch.context() as patch:
        replace_step(patch, store, moves, "leave", leave)
        with pytest.raises(QueueNotFound):
            step(store, dead)

    assert store.redrives.get(dead).moved == len(listed(store, queue)) == 2
    assert len(listed(store, dead)) == 2
    other.records.create(gone)
    assert step(store, dead).moved == 4
    assert numbers(listed(store, gone)) == [0, 1]


def test_messages_of_a_subscription_that_goes_between_two_commands_stay(store, other, queue, dead, monkeypatch):
    subscription = subscribe(store, queue)
    bury(store, dead, origin_in(queue), 2)
    bury(store, dead, origin_in(queue, subscription_id=subscription.id), 2)
    begin(store, dead)
    usual = moves.leave

    def leave(*arguments):
        other.subscriptions.delete_all(queue)
        return usual(*arguments)

    replace_step(monkeypatch, store, moves, "leave", leave)
    ended = step(store, dead)

    assert (ended.state, ended.moved, ended.skipped) == ("done", 2, 2)
    assert len(listed(store, dead)) == 2
    assert noticed(store, queue) == []


def test_a_step_that_was_overtaken_counts_no_more_than_it_moved(store, other, queue, dead, monkeypatch):
    """Another holder has the lease, and moves the same messages, between what a step counts and what it moves."""
    bury(store, dead, origin_in(queue), 6)
    begin(store, dead)
    usual = moves.leave

    def leave(*arguments):
        store.parts.session.clock.move(5)
        other.redrives.step(dead, holder="notifier-2", seconds=3, limit=4)
        return usual(*arguments)

    with monkeypatch.context() as patch:
        replace_step(patch, store, moves, "leave", leave)
        step(store, dead)

    store.parts.session.clock.move(5)
    ended = step(store, dead)
    assert (ended.state, ended.moved) == ("done", 6)
    assert sorted(numbers(everything(store, queue))) == [0, 1, 2, 3, 4, 5]


def test_a_redrive_that_is_cancelled_before_a_step_counts_moves_nothing(store, other, queue, dead, monkeypatch):
    bury(store, dead, origin_in(queue), 6)
    begin(store, dead)
    usual = redrive_record.count

    def count(*arguments, **words):
        other.records.purge(queue)
        redrive_record.end(other.parts.session, scope_of(dead), other.redrives.get(dead).id, "cancelled")
        return usual(*arguments, **words)

    replace_step(monkeypatch, store, redrive_record, "count", count)
    found = step(store, dead)

    assert (found.state, found.moved) == ("cancelled", 0)
    assert len(listed(store, dead)) == 6


def test_a_redelivery_that_was_left_without_its_origin_has_none(store, queue, dead, data):
    subscription = subscribe(store, queue)
    bury(store, dead, origin_in(queue, subscription_id=subscription.id), 2)
    begin(store, dead)
    step(store, dead)
    (notice,) = noticed(store, queue)
    assert [message.origin.redriven for message in notice.messages] == [1, 1]

    data.messages.update_one({"state": "notice"}, {"$unset": {"messages.$[].origin": ""}})

    (without,) = noticed(store, queue)
    assert [message.origin for message in without.messages] == [None, None]
    assert [message.body for message in without.messages] == [message.body for message in notice.messages]
