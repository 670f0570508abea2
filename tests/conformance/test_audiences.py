"""Whom a post tells: everybody, all but subscribers that are queues themselves, or nobody."""

import pytest

from tests.builders import new_message, new_token, numbered_messages
from tests.conformance.acts import PRODUCER, subscribe
from tests.conformance.outbox_acts import (
    bodies,
    finish,
    lease,
    log,
    message_ids,
    post_noticed,
    subscribe_many,
    subscribers,
)
from zaqar.storage.ids import named


@pytest.mark.parametrize(
    ("audience", "purposes"), [("everybody", ["post"]), ("all but queues", ["copy"]), ("nobody", [])]
)
def test_a_notice_tells_whom_it_is_for(store, queue, audience, purposes):
    subscribe(store, queue)

    posted = post_noticed(store, queue, *numbered_messages(2), audience=audience)

    notices = log(store, queue)
    assert posted.has_notice is bool(purposes)
    assert [notice.purpose for notice in notices] == purposes
    assert [notice.subscription_id for notice in notices] == [None] * len(purposes)
    assert message_ids(notices) == list(posted.ids) * len(purposes)


@pytest.mark.parametrize("audience", ["everybody", "all but queues", "nobody"])
def test_without_a_subscription_there_is_no_notice(store, queue, audience):
    posted = post_noticed(store, queue, new_message(), audience=audience)

    assert not posted.has_notice
    assert list(log(store, queue)) == []


def test_what_is_addressed_is_a_question(store, queue):
    first, _ = subscribe_many(store, queue, 2)

    store.deliveries.address(queue, named(first.id), new_message(b"1"), token=new_token())

    (notice,) = log(store, queue)
    assert (notice.purpose, notice.subscription_id) == ("question", first.id)
    assert bodies([notice]) == [b"1"]


def test_notices_of_all_purposes_stand_in_one_log(store, queue):
    subscription = subscribe(store, queue)
    post_noticed(store, queue, new_message(b"1"))
    post_noticed(store, queue, new_message(b"2"), audience="all but queues")
    post_noticed(store, queue, new_message(b"3"), audience="nobody")
    store.deliveries.address(queue, named(subscription.id), new_message(b"4"), token=new_token())
    post_noticed(store, queue, new_message(b"5"), audience="all but queues")

    notices = log(store, queue)

    assert [notice.purpose for notice in notices] == ["post", "copy", "question", "copy"]
    assert bodies(notices) == [b"1", b"2", b"4", b"5"]
    assert [notice.subscription_id for notice in notices] == [None, None, subscription.id, None]


def test_a_copy_is_work_for_every_subscription_and_waits_for_it(store, queue):
    first, second = subscribe_many(store, queue, 2)

    posted = post_noticed(store, queue, new_message(), audience="all but queues")

    assert [store.deliveries.standing(queue, named(one.id)).pending for one in (first, second)] == [1, 1]
    leases = lease(store, queue)
    assert sorted(subscribers(leases)) == sorted([first.subscriber, second.subscriber])
    assert queue in store.deliveries.sources()
    for one in leases:
        assert message_ids(log(store, queue, after=one.progress.high)) == list(posted.ids)


def test_a_copy_goes_from_the_log_when_everybody_has_it_behind(store, queue, clock):
    subscribe(store, queue)
    post_noticed(store, queue, new_message(), audience="all but queues")

    finish(store, queue, *lease(store, queue))
    clock.move(2)
    assert lease(store, queue) == []

    assert list(log(store, queue)) == []


@pytest.mark.parametrize("audience", ["everybody", "all but queues"])
def test_a_post_that_is_repeated_leaves_one_notice(store, queue, audience):
    subscribe(store, queue)
    token, messages = new_token(), numbered_messages(2)

    first, second = (
        store.messages.post(queue, messages, client_id=PRODUCER, token=token, audience=audience, memory=3600)
        for _ in range(2)
    )

    assert (first.ids, first.has_notice) == (second.ids, True)
    assert message_ids(log(store, queue)) == list(first.ids)
