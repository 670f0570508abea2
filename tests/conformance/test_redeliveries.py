"""A dead letter that a subscription did not take goes back to that subscription alone."""

import msgspec
import pytest

from tests.builders import new_token, queue_key
from tests.conformance.acts import everything, listed, numbers, post, subscribe
from tests.conformance.outbox_acts import bodies, lease, log, message_ids, position, post_noticed, subscribe_many
from tests.conformance.redrive_acts import (
    begin,
    bury,
    dead_letters,
    origin_in,
    queue_beside,
    redrive,
    step,
    step_to_end,
)
from zaqar.errors import QueueNotFound
from zaqar.models import NewMessage, NoticedMessage
from zaqar.storage.ids import named


@pytest.fixture(params=["queue", "topic"])
def source(store, queue, request):
    """Return the queue or topic that has the subscriptions."""
    return queue_beside(store, queue, kind=request.param)


@pytest.fixture
def dead(store, queue, source):
    """Return the queue in which the dead letters are."""
    return queue_beside(store, source)


def failed(source, subscription_id, *, ttl=600):
    """Return the origin of what could not be delivered."""
    return origin_in(source, reason="delivery_failed", subscription_id=subscription_id, ttl=ttl)


def test_it_is_left_for_the_subscription_alone_and_in_no_queue(store, source, dead, clock):
    one, _ = subscribe_many(store, source, 2)
    bury(store, dead, NewMessage(b'{"a":\n1}', 9000, origin=failed(source, one.id)))
    clock.move(100)

    ended = redrive(store, dead)

    assert (ended.state, ended.moved, ended.skipped) == ("done", 1, 0)
    (notice,) = log(store, source)
    assert (notice.purpose, notice.subscription_id, notice.created) == ("redelivery", one.id, clock.now())
    assert [(each.body, each.ttl, each.delay) for each in notice.messages] == [(b'{"a":\n1}', 600, 0)]
    assert everything(store, dead) == everything(store, source) == []
    assert store.records.stats(source).total == 0


@pytest.mark.parametrize("brought_back", [0, 2])
def test_its_notice_tells_where_it_comes_from_and_that_it_was_brought_back_once_more(store, source, dead, brought_back):
    one, other = subscribe_many(store, source, 2)
    origins = [
        msgspec.structs.replace(
            failed(source, subscription.id),
            message_id=f"{number:014x}{new_token()}",
            answer=answer,
            redriven=brought_back,
        )
        for number, subscription, answer in ((1, one, ""), (2, other, "é;\n \u2028"), (3, one, "x" * 1000))
    ]
    bury(store, dead, *(NewMessage(b"1", 600, origin=origin) for origin in origins))

    redrive(store, dead)

    found = [message.origin for notice in log(store, source) for message in notice.messages]
    expected = [msgspec.structs.replace(origin, redriven=brought_back + 1) for origin in origins]
    assert sorted(found, key=lambda origin: origin.message_id) == expected


def test_what_is_posted_has_none_in_its_notice(store, source):
    subscribe_many(store, source, 1)
    for audience in ("everybody", "all but queues"):
        post_noticed(store, source, NewMessage(b"1", 600), NewMessage(b"2", 600, 5), audience=audience)

    expected = [NoticedMessage(b"1", 600, 0), NoticedMessage(b"2", 600, 5)]
    assert [list(notice.messages) for notice in log(store, source)] == [expected] * 2


def test_whoever_delivers_finds_it(store, source, dead):
    (one,) = subscribe_many(store, source, 1)
    bury(store, dead, *dead_letters(failed(source, one.id), 2))
    assert source not in store.deliveries.sources()

    redrive(store, dead)

    assert source in store.deliveries.sources()
    (leased,) = lease(store, source)
    assert leased.subscription.id == one.id
    assert bodies(log(store, source, after=leased.progress.high)) == [b"0", b"1"]


def test_they_are_in_order_behind_what_was_posted_before(store, source, dead):
    one, other = subscribe_many(store, source, 2)
    before = post(store, source, NewMessage(b'"before"', 600))
    bury(
        store,
        dead,
        *dead_letters(failed(source, one.id), 3),
        *dead_letters(failed(source, other.id), 2, first=3),
        *dead_letters(failed(source, one.id), 2, first=5),
    )
    begin(store, dead)

    assert step_to_end(store, dead, limit=4).moved == 7

    notices = log(store, source)
    for subscription, expected in ((one, [b"0", b"1", b"2", b"5", b"6"]), (other, [b"3", b"4"])):
        assert bodies(notice for notice in notices if notice.subscription_id == subscription.id) == expected
    positions = [position(message_id) for message_id in message_ids(notices)]
    assert positions == sorted(set(positions))
    assert message_ids(notices)[0] == before[0]
    later = post(store, source, NewMessage(b'"after"', 600))
    assert message_ids(log(store, source))[-1] == later[0]


@pytest.mark.parametrize("is_source_there", [True, False])
def test_a_message_of_a_subscription_that_is_gone_stays(store, source, dead, clock, is_source_there):
    living, deleted = subscribe_many(store, source, 2)
    ended = subscribe(store, source, "http://ended.example", ttl=60)
    elsewhere = source if is_source_there else queue_key(project=source.project)
    bury(
        store,
        dead,
        *dead_letters(failed(elsewhere, deleted.id), 1),
        *dead_letters(failed(source, living.id), 1, first=1),
        *dead_letters(failed(elsewhere, ended.id), 1, first=2),
    )
    store.subscriptions.delete(source, named(deleted.id))
    clock.move(60)

    finished = redrive(store, dead)

    assert (finished.moved, finished.skipped) == (1, 2)
    assert numbers(listed(store, dead)) == [0, 2]
    assert bodies(log(store, source)) == [b"1"]


def test_where_a_queue_is_named_it_is_posted_there(store, source, dead):
    living, gone = subscribe_many(store, source, 2)
    store.subscriptions.delete(source, named(gone.id))
    target = queue_beside(store, source)
    bury(
        store,
        dead,
        *dead_letters(failed(source, living.id, ttl=500), 1),
        *dead_letters(failed(source, gone.id), 1, first=1),
    )

    assert redrive(store, dead, to=target.name).moved == 2

    assert [(int(one.body), one.ttl) for one in listed(store, target)] == [(0, 500), (1, 600)]
    assert log(store, source) == []


def test_a_dry_run_leaves_it_and_counts(store, source, dead):
    living, gone = subscribe_many(store, source, 2)
    store.subscriptions.delete(source, named(gone.id))
    bury(store, dead, *dead_letters(failed(source, living.id), 2), *dead_letters(failed(source, gone.id), 1))

    ended = redrive(store, dead, is_dry_run=True)

    assert (ended.moved, ended.skipped) == (2, 1)
    assert len(listed(store, dead)) == 3
    assert log(store, source) == []


def test_where_the_source_has_no_record_nothing_moves_until_it_is_there(store, queue, source, dead):
    (one,) = subscribe_many(store, source, 1)
    bury(store, dead, *dead_letters(origin_in(queue), 1), *dead_letters(failed(source, one.id), 2, first=1))
    store.records.delete(source)
    begin(store, dead)

    with pytest.raises(QueueNotFound):
        step(store, dead)

    assert len(listed(store, dead)) == 3
    assert everything(store, queue) == log(store, source) == []
    store.records.create(source)
    assert step_to_end(store, dead).moved == 3
    assert bodies(log(store, source)) == [b"1", b"2"]
    assert numbers(listed(store, queue)) == [0]
