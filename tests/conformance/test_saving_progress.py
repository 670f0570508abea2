"""Saving progress: what the holder of a lease stores and is told, and a stranger not."""

import msgspec
import pytest

from tests.builders import new_message, numbered_messages
from tests.conformance.acts import post, subscribe
from tests.conformance.outbox_acts import (
    OTHER,
    failing,
    finish,
    kept,
    lease,
    log,
    position,
    released,
    save,
    subscribe_many,
)
from zaqar.models import Held, Progress
from zaqar.storage.ids import named


@pytest.fixture
def milliseconds(clock):
    """Tell the time as deliveries do."""
    return lambda: clock.microseconds() // 1000


def test_saving_tells_the_version_of_the_subscription(store, queue):
    subscription = subscribe(store, queue)
    post(store, queue, new_message())
    (one,) = lease(store, queue)
    assert save(store, queue, kept(one, one.progress)) == {subscription.id: Held(one.subscription.version)}

    changed = msgspec.structs.replace(subscription, options={"a": 1})
    store.subscriptions.replace(queue, old=subscription, new=changed)

    now = store.subscriptions.get(queue, named(subscription.id))
    assert now.version != one.subscription.version
    assert save(store, queue, released(one, one.progress)) == {subscription.id: Held(now.version)}
    (again,) = lease(store, queue)
    assert again.subscription == now


def test_a_change_of_a_subscription_leaves_its_progress(store, queue):
    subscription = subscribe(store, queue)
    (message_id,) = post(store, queue, new_message())
    finish(store, queue, *lease(store, queue))

    changed = msgspec.structs.replace(subscription, subscriber="http://elsewhere.example")
    store.subscriptions.replace(queue, old=subscription, new=changed)

    assert store.deliveries.standing(queue, named(subscription.id)).progress.high == position(message_id)


def test_what_a_stranger_saves_is_not_stored(store, queue):
    subscription = subscribe(store, queue)
    (message_id,) = post(store, queue, new_message())
    (one,) = lease(store, queue)

    assert save(store, queue, released(one, Progress(position(message_id))), holder=OTHER) == {}

    assert store.deliveries.standing(queue, named(subscription.id)).progress == one.progress
    assert len(log(store, queue)) == 1
    assert lease(store, queue, holder=OTHER) == []


def test_what_was_taken_by_somebody_else_meanwhile_is_not_stored(store, queue, clock):
    subscribe(store, queue)
    (message_id,) = post(store, queue, new_message())
    (one,) = lease(store, queue, seconds=3)
    clock.move(3)
    (other,) = lease(store, queue, holder=OTHER)

    assert save(store, queue, released(one, Progress(position(message_id)))) == {}

    assert set(save(store, queue, kept(other, other.progress), holder=OTHER)) == {other.subscription.id}


def test_of_several_those_that_are_held_are_stored(store, queue, clock):
    subscribe_many(store, queue, 3)
    (message_id,) = post(store, queue, new_message())
    first, second, third = lease(store, queue)
    store.subscriptions.delete(queue, named(first.subscription.id))
    save(store, queue, released(second, second.progress))
    lease(store, queue, holder=OTHER)

    done = [kept(one, Progress(position(message_id))) for one in (first, second, third)]

    assert set(save(store, queue, *done)) == {third.subscription.id}


def test_a_hundred_are_saved_at_once(store, queue):
    subscribe_many(store, queue, 100)
    post(store, queue, *numbered_messages(3))

    finish(store, queue, *lease(store, queue))

    assert lease(store, queue) == []
    assert log(store, queue) == []


@pytest.mark.parametrize("how", ["delete", "delete_all", "end"])
def test_a_subscription_that_is_gone_is_not_held(store, queue, clock, how):
    subscription = subscribe(store, queue, ttl=60)
    post(store, queue, new_message())
    (one,) = lease(store, queue, seconds=100)
    if how == "delete":
        store.subscriptions.delete(queue, named(subscription.id))
    elif how == "delete_all":
        store.subscriptions.delete_all(queue)
    else:
        clock.move(60)

    assert save(store, queue, kept(one, one.progress)) == {}

    clock.move(100)
    assert lease(store, queue) == []
    assert store.subscriptions.list(queue, marker=None, limit=10) == []


def test_of_many_that_end_at_once_nobody_is_given_one(store, queue, clock):
    for number in range(130):
        subscribe(store, queue, f"http://ended-{number}.example", ttl=60)
    living = subscribe(store, queue, "http://living.example")
    post(store, queue, new_message())
    clock.move(60)

    given = [*lease(store, queue, limit=10), *lease(store, queue, limit=10), *lease(store, queue, limit=10)]

    assert [one.subscription.id for one in given] == [living.id]


def test_who_subscribes_again_is_not_held_by_the_former_holder(store, queue):
    subscription = subscribe(store, queue)
    post(store, queue, new_message())
    (one,) = lease(store, queue)
    store.subscriptions.delete(queue, named(subscription.id))
    subscribe(store, queue)

    assert save(store, queue, kept(one, one.progress)) == {}


def test_who_hurries_a_subscription_is_heard_by_its_holder_once(store, queue):
    subscription = subscribe(store, queue)
    post(store, queue, new_message())
    (one,) = lease(store, queue)
    assert not one.is_hurried

    store.deliveries.hurry(queue, named(subscription.id))

    told = [save(store, queue, kept(one, one.progress))[subscription.id].is_hurried for _ in range(2)]
    assert told == [True, False]


def test_what_is_hurried_has_work_for_the_next_lease(store, queue, milliseconds):
    subscription = subscribe(store, queue)
    (message_id,) = post(store, queue, new_message())
    (one,) = lease(store, queue)
    sleeping = Progress(position(message_id), failing([position(message_id)], next_ms=milliseconds() + 60_000))
    save(store, queue, released(one, sleeping))
    assert lease(store, queue) == []

    store.deliveries.hurry(queue, named(subscription.id))

    (again,) = lease(store, queue, holder=OTHER)
    assert again.is_hurried
    assert again.progress.failing == sleeping.failing
    save(store, queue, released(again, sleeping), holder=OTHER)
    assert lease(store, queue) == [], "it was told"


def test_who_takes_what_lapsed_is_told_of_a_hurry(store, queue, clock):
    subscription = subscribe(store, queue)
    post(store, queue, new_message())
    lease(store, queue, seconds=3)
    store.deliveries.hurry(queue, named(subscription.id))
    clock.move(3)

    (again,) = lease(store, queue, holder=OTHER)

    assert again.is_hurried
