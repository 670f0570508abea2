"""Who is subscribed to a queue, and which posts leave a notice for them."""

import msgspec
import pytest

from tests.builders import new_message, new_subscription, new_token, queue_key
from tests.conformance.acts import leaves_notice, post, subscribe, subscribers, sweep_all
from zaqar.errors import ChangedMeanwhile, QueueNotFound, SubscriberTaken, SubscriptionNotFound
from zaqar.storage.ids import UNKNOWN, Id, named, parse_id

NEVER = 220_367_260_800
"""A lifetime that some clients give when they want none."""


@pytest.fixture
def other(stores):
    """The same data in what might be another process."""
    return stores.reopen().message


def _replace(store, queue, old, *, restarts=False, **changes):
    store.subscriptions.replace(queue, old=old, new=msgspec.structs.replace(old, **changes), restarts=restarts)


def test_a_subscription_is_shown_as_it_was_made(store, queue, clock):
    options = {"post_headers": {"X-A": "b"}, "_retry_policy": {"minimum_delay": 5}, "é": [1, None, 2.5, "😀\u0000"]}
    token = new_token()
    new = new_subscription("https://a.example/?q=é", ttl=600, options=options)

    made, is_new = store.subscriptions.create(queue, new, token=token)

    assert is_new
    assert (made.subscriber, made.ttl, made.options, made.secret) == (new.subscriber, 600, options, new.secret)
    assert (made.age, made.is_confirmed, list(made.confirmations), made.former_secret) == (0, False, [], None)
    assert parse_id(made.id).token == token
    assert parse_id(made.id).position >= clock.microseconds()
    assert store.subscriptions.get(queue, named(made.id)) == made
    assert list(store.subscriptions.list(queue, marker=None, limit=10)) == [made]


def test_the_age_counts_from_the_creation(store, queue, clock):
    made = subscribe(store, queue)

    clock.move(90)

    assert store.subscriptions.get(queue, named(made.id)).age == 90


def test_nobody_subscribes_to_a_queue_without_a_record(store):
    missing = queue_key()

    with pytest.raises(QueueNotFound):
        store.subscriptions.create(missing, new_subscription(), token=new_token())

    store.records.create(missing)
    assert subscribers(store, missing) == []


def test_a_repetition_returns_what_is_there_and_changes_nothing(store, queue, clock):
    made = subscribe(store, queue, ttl=600, options={"a": 1})
    clock.move(60)

    again, is_new = store.subscriptions.create(queue, new_subscription(ttl=60, options={"b": 2}), token=new_token())

    assert not is_new
    assert again == msgspec.structs.replace(made, age=60)
    assert list(store.subscriptions.list(queue, marker=None, limit=10)) == [again]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("http://a.example/x", "http://a.example/X"),
        ("http://a.example/x", "http://a.example/x "),
        ("http://a.example/é", "http://a.example/e\u0301"),
        ("http://a.example/" + "x" * 5000, "http://a.example/" + "x" * 4999 + "y"),
    ],
    ids=["case", "space", "composition", "length"],
)
def test_subscribers_are_the_same_only_when_their_texts_are(store, queue, one, two):
    subscribe(store, queue, one)
    subscribe(store, queue, two)

    assert sorted(subscribers(store, queue)) == sorted([one, two])


def test_a_subscription_that_has_ended_is_not_there_and_frees_its_subscriber(store, queue, clock):
    old = subscribe(store, queue, ttl=60)
    clock.move(59)
    assert subscribers(store, queue) == [old.subscriber]
    clock.move(1)

    assert subscribers(store, queue) == []
    with pytest.raises(SubscriptionNotFound):
        store.subscriptions.get(queue, named(old.id))
    with pytest.raises(SubscriptionNotFound):
        _replace(store, queue, old, ttl=3600, restarts=True)
    new = subscribe(store, queue, ttl=60)
    assert new.id != old.id
    assert [one.id for one in store.subscriptions.list(queue, marker=None, limit=10)] == [new.id]


def test_the_sweep_takes_what_has_ended_and_nothing_else(store, queue, clock):
    subscribe(store, queue, "http://short.example", ttl=60)
    subscribe(store, queue, "http://long.example", ttl=3600)
    clock.move(120)

    sweep_all(store)

    assert subscribers(store, queue) == ["http://long.example"]
    assert leaves_notice(store, queue)


def test_a_lifetime_may_reach_the_end_of_the_calendar(store, queue, clock):
    made = subscribe(store, queue, ttl=NEVER)
    clock.move(100 * 365 * 86400)

    assert store.subscriptions.get(queue, named(made.id)).ttl == NEVER
    assert leaves_notice(store, queue)


def test_a_list_goes_by_ids_and_follows_markers(store, queue, clock):
    made = []
    for number in range(7):
        made.append(subscribe(store, queue, f"http://{9 - number}.example"))
        clock.move(0.5)
    in_order = [one.subscriber for one in sorted(made, key=lambda one: one.id)]
    by_id = sorted(one.id for one in made)

    assert subscribers(store, queue) == in_order
    assert subscribers(store, queue, limit=3) == in_order[:3]
    assert subscribers(store, queue, marker=by_id[2], limit=3) == in_order[3:6]
    assert subscribers(store, queue, marker=by_id[6]) == []


def test_the_marker_may_be_gone(store, queue, clock):
    first = subscribe(store, queue, "http://1.example")
    clock.move(1)
    subscribe(store, queue, "http://2.example")
    store.subscriptions.delete(queue, named(first.id))

    assert subscribers(store, queue, marker=first.id) == ["http://2.example"]


def test_many_made_at_one_moment_are_all_listed_once(store, queue):
    made = {subscribe(store, queue, f"http://{number}.example").id for number in range(60)}

    seen = []
    marker = None
    while page := store.subscriptions.list(queue, marker=marker, limit=7):
        seen += [one.id for one in page]
        marker = named(page[-1].id)

    assert seen == sorted(made)
    assert len(seen) == 60


def test_the_list_of_a_queue_that_is_missing_is_empty(store):
    assert subscribers(store, queue_key()) == []


def test_an_id_that_names_nothing_is_not_found(store, queue):
    made = subscribe(store, queue)
    position, token = parse_id(made.id)

    for unknown in (UNKNOWN, Id(position, "0" * 16), Id(position + 1, token)):
        with pytest.raises(SubscriptionNotFound):
            store.subscriptions.get(queue, unknown)
        store.subscriptions.delete(queue, unknown)
    assert subscribers(store, queue) == [made.subscriber]


def test_a_replacement_changes_everything_but_the_id_the_age_and_the_end(store, queue, clock):
    old = subscribe(store, queue, ttl=100)
    clock.move(40)

    _replace(
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
        confirmations=[1, 2],
        former_secret=old.secret,
        former_secret_ends=9,
    )

    new = store.subscriptions.get(queue, named(old.id))
    assert (new.id, new.age, new.subscriber, new.ttl, new.options) == (old.id, 40, "http://new.example", 500, {"b": 2})
    assert (new.secret, new.former_secret, new.former_secret_ends) == ("whsec_bmV3", old.secret, 9)
    assert (new.is_confirmed, list(new.confirmations)) == (True, [1, 2])
    assert new.version == old.version + 1
    clock.move(60)
    assert subscribers(store, queue) == []


def test_a_replacement_that_restarts_ends_so_many_seconds_from_then(store, queue, clock):
    old = subscribe(store, queue, ttl=100)
    clock.move(40)

    _replace(store, queue, old, ttl=100, restarts=True)

    clock.move(99)
    assert store.subscriptions.get(queue, named(old.id)).age == 139
    assert leaves_notice(store, queue)
    clock.move(1)
    assert subscribers(store, queue) == []


def test_a_replacement_of_what_was_changed_meanwhile_is_refused(store, queue, other):
    old = subscribe(store, queue)
    _replace(other, queue, old, options={"a": 1})

    with pytest.raises(ChangedMeanwhile):
        _replace(store, queue, old, options={"b": 2})

    new = store.subscriptions.get(queue, named(old.id))
    assert new.options == {"a": 1}
    _replace(store, queue, new, options={"b": 2})
    assert store.subscriptions.get(queue, named(old.id)).options == {"b": 2}


def test_a_replacement_cannot_take_the_subscriber_of_another(store, queue):
    subscribe(store, queue, "http://1.example")
    two = subscribe(store, queue, "http://2.example")

    with pytest.raises(SubscriberTaken):
        _replace(store, queue, two, subscriber="http://1.example")

    assert store.subscriptions.get(queue, named(two.id)) == two


def test_a_replacement_may_take_the_subscriber_of_one_that_has_ended(store, queue, clock):
    subscribe(store, queue, "http://1.example", ttl=60)
    two = subscribe(store, queue, "http://2.example")
    clock.move(60)

    _replace(store, queue, two, subscriber="http://1.example")

    assert subscribers(store, queue) == ["http://1.example"]


def test_a_replacement_frees_the_subscriber_that_was(store, queue):
    one = subscribe(store, queue, "http://1.example")

    _replace(store, queue, one, subscriber="http://2.example")

    subscribe(store, queue, "http://1.example")
    _, is_new = store.subscriptions.create(queue, new_subscription("http://2.example"), token=new_token())
    assert not is_new


def test_a_replacement_of_what_is_gone_is_not_found(store, queue):
    one = subscribe(store, queue)
    store.subscriptions.delete(queue, named(one.id))

    with pytest.raises(SubscriptionNotFound):
        _replace(store, queue, one, options={})


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


def test_deleting_and_purging_a_queue_keeps_its_subscriptions(store, queue):
    """Notifications N-68."""
    made = subscribe(store, queue)
    post(store, queue, new_message())

    store.records.purge(queue)
    assert store.subscriptions.get(queue, named(made.id)) == made
    assert leaves_notice(store, queue)

    store.records.delete(queue)
    sweep_all(store)
    assert store.subscriptions.get(queue, named(made.id)) == made
    assert subscribers(store, queue) == [made.subscriber]

    store.records.create(queue)
    _, is_new = store.subscriptions.create(queue, new_subscription(), token=new_token())
    assert not is_new
    assert leaves_notice(store, queue)


def test_subscriptions_stay_changeable_while_their_queue_is_gone(store, queue):
    one = subscribe(store, queue, "http://1.example")
    two = subscribe(store, queue, "http://2.example")
    store.records.delete(queue)

    _replace(store, queue, one, options={"a": 1})
    store.subscriptions.delete(queue, named(two.id))

    (left,) = store.subscriptions.list(queue, marker=None, limit=10)
    assert (left.id, left.options) == (one.id, {"a": 1})
    store.subscriptions.delete_all(queue)
    assert subscribers(store, queue) == []


def test_other_queues_projects_and_kinds_know_nothing_of_a_subscription(store, queue):
    made = subscribe(store, queue)
    neighbours = [
        queue._replace(name=queue.name + "x"),
        queue._replace(project=queue.project + "x"),
        queue._replace(kind="topic"),
    ]

    for neighbour in neighbours:
        store.records.create(neighbour)
        assert subscribers(store, neighbour) == []
        with pytest.raises(SubscriptionNotFound):
            store.subscriptions.get(neighbour, named(made.id))
        with pytest.raises(SubscriptionNotFound):
            _replace(store, neighbour, made, options={})
        store.subscriptions.delete(neighbour, named(made.id))
        store.subscriptions.delete_all(neighbour)
        assert not leaves_notice(store, neighbour)
        subscribe(store, neighbour)

    assert store.subscriptions.get(queue, named(made.id)) == made
    assert leaves_notice(store, queue)


def test_a_queue_that_nobody_subscribed_to_gets_no_notices(store, queue):
    assert not leaves_notice(store, queue)


def test_every_post_after_the_subscription_leaves_a_notice(store, queue):
    assert not leaves_notice(store, queue)

    subscribe(store, queue)

    assert leaves_notice(store, queue)
    assert leaves_notice(store, queue)


def test_a_silent_post_leaves_no_notice(store, queue):
    subscribe(store, queue)

    assert not leaves_notice(store, queue, is_silent=True)


def test_posts_leave_no_notice_once_the_last_subscription_has_ended(store, queue, clock):
    subscribe(store, queue, "http://1.example", ttl=60)
    subscribe(store, queue, "http://2.example", ttl=120)
    subscribe(store, queue, "http://3.example", ttl=90)
    clock.move(119)
    assert leaves_notice(store, queue)
    clock.move(1)

    assert not leaves_notice(store, queue)


def test_a_subscription_of_another_process_is_known_at_once(store, queue, other):
    assert not leaves_notice(store, queue)
    assert not leaves_notice(other, queue)

    made = subscribe(store, queue, ttl=60)

    assert leaves_notice(other, queue)
    assert other.subscriptions.get(queue, named(made.id)) == made
    _, is_new = other.subscriptions.create(queue, new_subscription(), token=new_token())
    assert not is_new


def test_a_subscription_that_another_process_prolonged_leaves_notices_on(store, queue, other, clock):
    made = subscribe(store, queue, ttl=60)
    assert leaves_notice(store, queue)
    _replace(other, queue, made, ttl=600, restarts=True)
    clock.move(300)

    assert leaves_notice(store, queue)


def test_a_queue_that_another_process_made_again_finds_its_subscriptions(store, queue, other):
    subscribe(store, queue)
    assert leaves_notice(other, queue)
    store.records.delete(queue)
    with pytest.raises(QueueNotFound):
        leaves_notice(other, queue)

    store.records.create(queue)

    assert leaves_notice(other, queue)
