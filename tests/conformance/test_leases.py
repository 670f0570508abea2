"""Leases: who may deliver to a subscription."""

import msgspec
import pytest

from tests.builders import new_message, new_token, numbered_messages
from tests.conformance.acts import WELL_FORMED, post, subscribe
from tests.conformance.outbox_acts import (
    HOLDER,
    OTHER,
    failing,
    finish,
    kept,
    lease,
    position,
    released,
    save,
    subscribe_many,
    subscribers,
)
from zaqar.models import MOST_FAILING, Failing, Outcome, Progress


@pytest.fixture
def milliseconds(clock):
    """Tell the time as deliveries do."""
    return lambda: clock.microseconds() // 1000


def test_a_lease_takes_those_with_work_alone(store, queue):
    subscribe(store, queue, "http://early.example")
    assert lease(store, queue) == []
    post(store, queue, new_message())
    subscribe(store, queue, "http://late.example")

    assert subscribers(lease(store, queue)) == ["http://early.example"]


def test_a_lease_shows_the_subscription_and_its_progress(store, queue, milliseconds):
    subscription = subscribe(store, queue)
    (message_id,) = post(store, queue, new_message())
    (one,) = lease(store, queue)
    assert one.subscription == subscription
    assert msgspec.structs.replace(one.progress, failing=(), outcomes=()) == Progress(one.progress.high)
    assert not one.progress.failing
    assert not one.progress.outcomes
    assert one.progress.high < position(message_id)
    progress = Progress(
        position(message_id),
        [
            *failing([1], next_ms=milliseconds()),
            Failing(position(message_id), "0" * 16, 1, milliseconds(), "", WELL_FORMED),
        ],
        [Outcome(message_id, False, 2, 7, 'gone: "ü"\n'), Outcome(message_id, True, 1, 7, "200", WELL_FORMED)],
        delivered=1,
        failed_attempts=2,
        given_up=3,
    )

    save(store, queue, released(one, progress))

    (again,) = lease(store, queue)
    assert again.progress == progress
    assert not again.is_hurried


def test_nobody_takes_what_somebody_holds(store, queue):
    subscribe_many(store, queue, 3)
    post(store, queue, new_message())

    taken = lease(store, queue, holder=HOLDER, limit=2)

    assert len(taken) == 2
    (rest,) = lease(store, queue, holder=OTHER)
    assert rest.subscription not in [one.subscription for one in taken]
    assert lease(store, queue, holder=HOLDER) == []
    assert lease(store, queue, holder=OTHER) == []


def test_a_lease_lapses(store, queue, clock):
    subscribe(store, queue)
    post(store, queue, new_message())
    (one,) = lease(store, queue, seconds=3)

    clock.move(2.99)
    assert lease(store, queue, holder=OTHER) == []

    clock.move(0.01)
    (other,) = lease(store, queue, holder=OTHER)
    assert other.subscription.id == one.subscription.id
    assert other.progress == one.progress


def test_saving_lets_a_lease_go_on(store, queue, clock):
    subscribe(store, queue)
    post(store, queue, new_message())
    (one,) = lease(store, queue, seconds=3)
    clock.move(2)

    save(store, queue, kept(one, one.progress), seconds=3)

    clock.move(2)
    assert lease(store, queue, holder=OTHER) == []
    clock.move(1)
    assert len(lease(store, queue, holder=OTHER)) == 1


def test_many_leases_that_lapsed_are_taken_again(store, queue, clock):
    subscribe_many(store, queue, 120)
    post(store, queue, new_message())
    assert len([*lease(store, queue), *lease(store, queue)]) == 120
    clock.move(3)

    again = [*lease(store, queue, holder=OTHER), *lease(store, queue, holder=OTHER)]

    assert len(set(subscribers(again))) == 120


def test_what_is_released_can_be_taken_at_once(store, queue):
    subscribe(store, queue)
    post(store, queue, new_message())
    (one,) = lease(store, queue)

    save(store, queue, released(one, one.progress))

    assert subscribers(lease(store, queue, holder=OTHER)) == subscribers([one])


def test_those_that_are_furthest_behind_come_first(store, queue):
    subscribe_many(store, queue, 5)
    ids = [post(store, queue, new_message())[0] for _ in range(6)]
    reached = {}
    for place, one in zip([3, 0, 4, 1, 2], lease(store, queue), strict=True):
        reached[one.subscription.id] = place
        save(store, queue, released(one, Progress(position(ids[place]))))

    first, second = lease(store, queue, limit=2), lease(store, queue, limit=10)

    assert [reached[one.subscription.id] for one in first] == [0, 1]
    assert [reached[one.subscription.id] for one in second] == [2, 3, 4]


def test_what_is_up_to_date_has_no_work_until_the_next_post(store, queue):
    subscribe(store, queue)
    post(store, queue, *numbered_messages(3))
    finish(store, queue, *lease(store, queue))
    assert lease(store, queue) == []

    post(store, queue, new_message())

    assert len(lease(store, queue)) == 1


def test_what_ends_in_the_middle_of_a_post_has_work(store, queue):
    subscribe(store, queue)
    ids = post(store, queue, *numbered_messages(3))
    (one,) = lease(store, queue)

    save(store, queue, released(one, Progress(position(ids[1]))))

    (again,) = lease(store, queue)
    assert again.progress.high == position(ids[1])


def test_what_fails_has_work_when_its_time_has_come(store, queue, clock, milliseconds):
    subscribe(store, queue)
    (message_id,) = post(store, queue, new_message())
    (one,) = lease(store, queue)
    progress = Progress(position(message_id), failing([position(message_id)], next_ms=milliseconds() + 5500))
    save(store, queue, released(one, progress))

    clock.move(5.499)
    assert lease(store, queue) == []

    clock.move(0.001)
    (again,) = lease(store, queue)
    assert again.progress.failing == progress.failing
    assert again.progress.high == progress.high


def test_what_is_full_has_no_work_until_it_wakes(store, queue, clock, milliseconds):
    subscribe(store, queue)
    ids = post(store, queue, *numbered_messages(MOST_FAILING))
    (one,) = lease(store, queue)
    places = [position(message_id) for message_id in ids]
    full = Progress(places[-1], failing(places, next_ms=milliseconds() + 60_000))
    save(store, queue, released(one, full))
    post(store, queue, new_message())
    assert lease(store, queue) == []

    clock.move(60)
    (one,) = lease(store, queue)
    save(store, queue, released(one, msgspec.structs.replace(full, failing=full.failing[1:])))

    (again,) = lease(store, queue)
    assert len(again.progress.failing) == MOST_FAILING - 1


def test_leases_of_one_queue_are_not_those_of_another(stores, queue):
    store = stores.message
    key = queue._replace(kind="topic")
    store.records.create(key)
    here, there = subscribe(store, queue), subscribe(store, key)
    post(store, queue, new_message())

    assert [one.subscription for one in lease(store, queue)] == [here]
    assert lease(store, key) == []

    post(store, key, new_message())
    assert [one.subscription for one in lease(store, key)] == [there]


def test_a_lease_is_known_in_another_process(stores, queue):
    here, there = stores.message, stores.reopen().message
    subscribe(here, queue)
    here.messages.post(queue, [new_message()], client_id="c", token=new_token())
    (one,) = lease(here, queue)

    assert lease(there, queue, holder=OTHER) == []
    assert set(save(there, queue, released(one, one.progress))) == {one.subscription.id}
    assert subscribers(lease(there, queue, holder=OTHER)) == subscribers([one])
