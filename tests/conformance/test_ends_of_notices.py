"""What outlives what: notices, the messages that they tell of, queues and subscriptions; and when the log is trimmed."""

import msgspec

from tests.builders import new_message, new_subscription, new_token, numbered_messages
from tests.conformance.acts import claim, everything, post, subscribe, sweep_all
from tests.conformance.outbox_acts import (
    OTHER,
    failing,
    finish,
    kept,
    lease,
    log,
    message_ids,
    position,
    post_noticed,
    released,
    save,
    subscribe_many,
)
from zaqar.models import MOST_FAILING, Progress
from zaqar.storage.ids import named, parse_ids


def test_notices_outlive_the_messages(store, queue):
    subscribe(store, queue)
    ids = post(store, queue, *numbered_messages(5))

    store.messages.delete(queue, named(ids[0]), claim_id=None)
    store.messages.pop(queue, limit=1)
    claim(store, queue, limit=1)
    store.messages.delete_many(queue, parse_ids(ids[3:4]), claim_ids=None)
    store.records.purge(queue)

    assert everything(store, queue) == []
    assert message_ids(log(store, queue)) == ids


def test_notices_and_subscriptions_outlive_the_queue(store, queue):
    subscription = subscribe(store, queue)
    before = post(store, queue, *numbered_messages(2))

    store.records.delete(queue)

    assert store.subscriptions.get(queue, named(subscription.id)) == subscription
    assert message_ids(log(store, queue)) == before
    (one,) = lease(store, queue)
    finish(store, queue, one)

    store.records.create(queue)
    assert log(store, queue) == []
    after = post(store, queue, new_message())
    (one,) = lease(store, queue)
    assert message_ids(log(store, queue, after=one.progress.high)) == after


def test_a_queue_that_is_made_again_after_the_clock_went_back_notifies(store, queue, clock):
    subscribe(store, queue)
    before = post(store, queue, *numbered_messages(2))
    store.records.delete(queue)
    clock.move(-30)
    store.records.create(queue)

    after = post(store, queue, new_message())

    (one,) = lease(store, queue)
    assert message_ids(log(store, queue, after=one.progress.high)) == before + after


def test_purging_the_subscriptions_empties_the_log(store, queue, clock):
    subscribe_many(store, queue, 3)
    post(store, queue, new_message())

    store.subscriptions.delete_all(queue)

    assert lease(store, queue) == []
    assert log(store, queue) == []

    post(store, queue, new_message())  # which may leave a notice that nobody needs
    clock.move(2)
    assert lease(store, queue) == []
    assert log(store, queue) == []


def test_a_post_after_the_last_subscription_has_ended_leaves_no_notice(store, queue, clock):
    subscribe(store, queue, ttl=60)
    clock.move(59)
    assert post_noticed(store, queue, new_message()).has_notice

    clock.move(1)

    assert lease(store, queue) == []
    assert log(store, queue) == []
    assert not post_noticed(store, queue, new_message()).has_notice


def test_a_subscription_that_goes_on_for_longer_is_notified_for_longer(store, queue, clock):
    old = subscribe(store, queue, ttl=60)
    store.subscriptions.replace(queue, old=old, new=msgspec.structs.replace(old, ttl=600), restarts=True)
    clock.move(599)

    assert post_noticed(store, queue, new_message()).has_notice
    assert len(lease(store, queue)) == 1


def test_a_notice_is_gone_an_hour_after_the_end_of_its_last_message(store, queue, clock):
    subscribe(store, queue, ttl=100_000)
    long = post(store, queue, new_message(ttl=50_000))
    post(store, queue, new_message(ttl=60), new_message(ttl=120))

    clock.move(119)
    sweep_all(store)
    assert len(log(store, queue)) == 2

    clock.move(3601)
    store.sweep()
    store.sweep()
    assert message_ids(log(store, queue)) == long


def test_the_sweep_removes_subscriptions_that_have_ended_with_their_notices(store, queue, clock):
    subscribe(store, queue, ttl=60)
    post(store, queue, new_message(ttl=50_000))
    clock.move(60)

    store.sweep()

    assert log(store, queue) == []


def test_a_notice_goes_when_every_subscription_is_behind_it(store, queue, clock):
    subscribe_many(store, queue, 2)
    first, second = (post(store, queue, *numbered_messages(2)) for _ in range(2))
    one, other = lease(store, queue)

    save(store, queue, kept(one, Progress(position(second[1]))))
    assert message_ids(log(store, queue)) == first + second

    clock.move(2)
    save(store, queue, kept(other, Progress(position(first[1]))))
    assert message_ids(log(store, queue)) == second


def test_a_post_stays_while_one_of_its_messages_fails(store, queue, clock):
    subscribe(store, queue)
    first, second = (post(store, queue, *numbered_messages(3)) for _ in range(2))
    (one,) = lease(store, queue)
    last = position(second[2])

    save(store, queue, kept(one, Progress(last, failing([position(first[2])], next_ms=0))))
    assert message_ids(log(store, queue)) == first + second

    clock.move(2)
    save(store, queue, kept(one, Progress(last, failing([position(second[1])], next_ms=0))))
    assert message_ids(log(store, queue)) == second

    clock.move(2)
    save(store, queue, kept(one, Progress(last)))
    assert log(store, queue) == []


def test_what_the_slowest_held_up_goes_when_it_is_deleted(store, queue, clock):
    subscribe_many(store, queue, 2)
    first, second = (post(store, queue, new_message()) for _ in range(2))
    one, other = lease(store, queue)
    save(store, queue, kept(one, Progress(position(first[0]))))
    clock.move(2)

    store.subscriptions.delete(queue, named(other.subscription.id))
    clock.move(2)
    save(store, queue, released(one, Progress(position(first[0]))))

    assert message_ids(log(store, queue)) == second


def test_the_log_goes_with_the_last_subscription(store, queue, clock):
    (one,) = subscribe_many(store, queue, 1)
    post(store, queue, new_message())

    store.subscriptions.delete(queue, named(one.id))
    clock.move(2)

    assert lease(store, queue) == []
    assert log(store, queue) == []


def test_notices_that_only_a_subscription_needed_that_has_ended_go_when_another_takes_its_subscriber(
    store, queue, clock
):
    subscribe(store, queue, "http://ended.example", ttl=60)
    other = subscribe(store, queue, "http://other.example")
    post(store, queue, new_message())
    (one,) = [one for one in lease(store, queue) if one.subscription.id == other.id]
    finish(store, queue, one)
    clock.move(60)

    store.subscriptions.replace(queue, old=other, new=msgspec.structs.replace(other, subscriber="http://ended.example"))
    lease(store, queue)

    assert log(store, queue) == []


def test_a_new_subscriber_of_an_old_name_starts_anew(store, queue, clock):
    subscribe(store, queue, ttl=60)
    post(store, queue, *numbered_messages(MOST_FAILING))
    clock.move(60)

    found, is_new = store.subscriptions.create(queue, new_subscription(), token=new_token())

    assert is_new
    assert lease(store, queue, holder=OTHER) == []
    assert store.deliveries.standing(queue, named(found.id)).pending == 0
