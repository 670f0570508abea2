"""Who is subscribed to a queue: subscribing, looking, and ending by time."""

import msgspec
import pytest

from tests.builders import new_subscription, new_token, queue_key
from tests.conformance.acts import leaves_notice, replace, subscribe, subscribers, sweep_all
from zaqar.errors import QueueNotFound, SubscriptionNotFound
from zaqar.storage.ids import UNKNOWN, Id, named, parse_id

NEVER = 220_367_260_800
"""A lifetime that some clients give when they want none."""


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
        replace(store, queue, old, ttl=3600, restarts=True)
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
            replace(store, neighbour, made, options={})
        store.subscriptions.delete(neighbour, named(made.id))
        store.subscriptions.delete_all(neighbour)
        assert not leaves_notice(store, neighbour)
        subscribe(store, neighbour)

    assert store.subscriptions.get(queue, named(made.id)) == made
    assert leaves_notice(store, queue)
