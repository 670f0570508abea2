"""Replacing and deleting subscriptions."""

import pytest

from tests.builders import new_subscription, new_token, queue_key
from tests.conformance.acts import leaves_notice, replace, subscribe, subscribers
from zaqar.errors import ChangedMeanwhile, SubscriberTaken, SubscriptionNotFound
from zaqar.storage.ids import named


@pytest.fixture
def other(stores):
    """The same data in what might be another process."""
    return stores.reopen().message


def test_a_replacement_changes_everything_but_the_id_the_age_and_the_end(store, queue, clock):
    old = subscribe(store, queue, ttl=100)
    clock.move(40)

    replace(
        store,
        queue,
        old,
        id="0" * 30,
        age=5,
        version=77,
        subscriber="http://new.example",
        ttl=500,
        options={"b": 2},
        secret="whsec_bmV3",
        is_confirmed=True,
        has_left=True,
        confirmations=[1, 2],
        former_secret=old.secret,
        former_secret_ends=9,
    )

    new = store.subscriptions.get(queue, named(old.id))
    assert (new.id, new.age, new.subscriber, new.ttl, new.options) == (old.id, 40, "http://new.example", 500, {"b": 2})
    assert (new.secret, new.former_secret, new.former_secret_ends) == ("whsec_bmV3", old.secret, 9)
    assert (new.is_confirmed, new.has_left, list(new.confirmations)) == (True, True, [1, 2])
    assert new.version == old.version + 1
    clock.move(60)
    assert subscribers(store, queue) == []


def test_a_replacement_that_restarts_ends_so_many_seconds_from_then(store, queue, clock):
    old = subscribe(store, queue, ttl=100)
    clock.move(40)

    replace(store, queue, old, ttl=100, restarts=True)

    clock.move(99)
    assert store.subscriptions.get(queue, named(old.id)).age == 139
    assert leaves_notice(store, queue)
    clock.move(1)
    assert subscribers(store, queue) == []


def test_a_replacement_of_what_was_changed_meanwhile_is_refused(store, queue, other):
    old = subscribe(store, queue)
    replace(other, queue, old, options={"a": 1})

    with pytest.raises(ChangedMeanwhile):
        replace(store, queue, old, options={"b": 2})

    new = store.subscriptions.get(queue, named(old.id))
    assert new.options == {"a": 1}
    replace(store, queue, new, options={"b": 2})
    assert store.subscriptions.get(queue, named(old.id)).options == {"b": 2}


def test_a_replacement_cannot_take_the_subscriber_of_another(store, queue):
    subscribe(store, queue, "http://1.example")
    two = subscribe(store, queue, "http://2.example")

    with pytest.raises(SubscriberTaken):
        replace(store, queue, two, subscriber="http://1.example")

    assert store.subscriptions.get(queue, named(two.id)) == two


def test_a_replacement_may_take_the_subscriber_of_one_that_has_ended(store, queue, clock):
    subscribe(store, queue, "http://1.example", ttl=60)
    two = subscribe(store, queue, "http://2.example")
    clock.move(60)

    replace(store, queue, two, subscriber="http://1.example")

    assert subscribers(store, queue) == ["http://1.example"]


def test_a_replacement_frees_the_subscriber_that_was(store, queue):
    one = subscribe(store, queue, "http://1.example")

    replace(store, queue, one, subscriber="http://2.example")

    subscribe(store, queue, "http://1.example")
    _, is_new = store.subscriptions.create(queue, new_subscription("http://2.example"), token=new_token())
    assert not is_new


def test_a_replacement_of_what_is_gone_is_not_found(store, queue):
    one = subscribe(store, queue)
    store.subscriptions.delete(queue, named(one.id))

    with pytest.raises(SubscriptionNotFound):
        replace(store, queue, one, options={})


def test_a_deletion_removes_one_and_frees_its_subscriber(store, queue):
    one = subscribe(store, queue, "http://1.example")
    subscribe(store, queue, "http://2.example")

    store.subscriptions.delete(queue, named(one.id))
    store.subscriptions.delete(queue, named(one.id))

    assert subscribers(store, queue) == ["http://2.example"]
    with pytest.raises(SubscriptionNotFound):
        store.subscriptions.get(queue, named(one.id))
    assert leaves_notice(store, queue)
    assert subscribe(store, queue, "http://1.example").id != one.id


def test_all_are_deleted_however_many_there_are(store, queue):
    for number in range(450):
        subscribe(store, queue, f"http://{number}.example")

    store.subscriptions.delete_all(queue)
    store.subscriptions.delete_all(queue_key())

    assert subscribers(store, queue) == []
    subscribe(store, queue, "http://1.example")
    assert subscribers(store, queue) == ["http://1.example"]
    assert leaves_notice(store, queue)


def test_subscriptions_stay_changeable_while_their_queue_is_gone(store, queue):
    one = subscribe(store, queue, "http://1.example")
    two = subscribe(store, queue, "http://2.example")
    store.records.delete(queue)

    replace(store, queue, one, options={"a": 1})
    store.subscriptions.delete(queue, named(two.id))

    (left,) = store.subscriptions.list(queue, marker=None, limit=10)
    assert (left.id, left.options) == (one.id, {"a": 1})
    store.subscriptions.delete_all(queue)
    assert subscribers(store, queue) == []
