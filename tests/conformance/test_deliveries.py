"""The log of notices: what a post leaves in it, how it is read, and when it goes."""

import pytest

from tests.builders import new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, everything, post, subscribe
from tests.conformance.outbox_acts import (
    bodies,
    failing,
    kept,
    lease,
    log,
    message_ids,
    position,
    post_noticed,
    save,
    subscribe_many,
    subscribers,
)
from zaqar.errors import QueueNotFound, SubscriptionNotFound
from zaqar.models import NoticedMessage, Outcome, Progress
from zaqar.storage.ids import UNKNOWN, named

AWKWARD = [
    b'""',
    b'"\\u0000"',
    b'{"a":\n1}',
    '"ü \U0001f600"'.encode(),
    b"\x00\xff\n\n - ' {\r\n",
    b" ",
    b"0" * 300_000,
]
"""Bodies with whatever could be taken for a separator; encrypted ones are any bytes."""


def test_a_post_to_a_queue_with_a_subscription_leaves_a_notice_and_says_so(store, queue, clock):
    subscribe(store, queue)

    posted = post_noticed(store, queue, new_message(b'"one"', ttl=70), new_message(b'"two"', ttl=80, delay=5))

    (notice,) = log(store, queue)
    assert posted.has_notice
    assert message_ids([notice]) == list(posted.ids)
    assert notice.created == clock.now()
    assert notice.subscription_id is None
    assert list(notice.messages) == [NoticedMessage(b'"one"', 70, 0), NoticedMessage(b'"two"', 80, 5)]


def test_a_queue_without_a_subscription_has_no_notice(store, queue):
    posted = post_noticed(store, queue, new_message())

    assert not posted.has_notice
    assert log(store, queue) == []
    assert lease(store, queue) == []


def test_a_silent_post_leaves_no_notice(store, queue):
    subscribe(store, queue)

    posted = post_noticed(store, queue, new_message(), audience="nobody")

    assert not posted.has_notice
    assert len(everything(store, queue)) == 1
    assert log(store, queue) == []
    assert lease(store, queue) == []


def test_what_was_posted_before_is_not_for_a_subscription(store, queue):
    first = subscribe(store, queue, "http://first.example")
    post(store, queue, new_message(b'"before"'))
    second = subscribe(store, queue, "http://second.example")

    assert subscribers(lease(store, queue)) == [first.subscriber]

    post(store, queue, new_message(b'"after"'))
    (one,) = lease(store, queue)
    assert one.subscription == second
    assert bodies(log(store, queue, after=one.progress.high)) == [b'"after"']


@pytest.mark.parametrize("body", AWKWARD, ids=lambda body: repr(body[:8]))
def test_a_body_of_any_bytes_is_in_the_notice_as_it_was_posted(store, queue, body):
    subscribe(store, queue)

    post(store, queue, new_message(body), new_message(b"1"), new_message(body))

    assert bodies(log(store, queue)) == [body, b"1", body]


def test_notices_are_in_the_order_of_posts(store, queue):
    subscribe(store, queue)
    ids = [message_id for number in range(30) for message_id in post(store, queue, *numbered_messages(1 + number % 3))]

    assert message_ids(log(store, queue)) == ids


def test_notices_behind_a_position_begin_with_the_post_that_it_lies_in(store, queue):
    subscribe(store, queue)
    first, second, third = (post(store, queue, *numbered_messages(3)) for _ in range(3))

    assert message_ids(log(store, queue, after=position(second[0]))) == second + third
    assert message_ids(log(store, queue, after=position(second[1]))) == second + third
    assert message_ids(log(store, queue, after=position(second[2]))) == third
    assert message_ids(log(store, queue, after=position(first[0]) - 1)) == first + second + third
    assert log(store, queue, after=position(third[2])) == []


def test_a_post_of_thousands_is_in_the_log_as_a_whole(store, queue):
    subscribe(store, queue)

    ids = post(store, queue, *numbered_messages(2500))

    assert message_ids(log(store, queue)) == ids
    assert bodies(log(store, queue)) == [str(number).encode() for number in range(2500)]


@pytest.mark.parametrize(("most_bytes", "expected"), [(0, 1), (1, 1), (10, 1), (19, 1), (20, 2), (39, 3), (1000, 6)])
def test_notices_are_of_so_many_bytes_of_bodies_but_at_least_one(store, queue, most_bytes, expected):
    subscribe(store, queue)
    for _ in range(6):
        post(store, queue, new_message(b"12345"), new_message(b"67890"))

    assert len(log(store, queue, most_bytes=most_bytes)) == expected


def test_a_long_notice_between_short_ones_is_read_in_its_turn(store, queue):
    subscribe(store, queue)
    lengths = [10, 10, 5000, 10, 10, 10, 5000, 10]
    ids = [message_id for length in lengths for message_id in post(store, queue, new_message(b"1" * length))]

    seen, after = [], 0
    while page := log(store, queue, after=after, most_bytes=100):
        assert len(page) == 1 or sum(map(len, bodies(page))) <= 100
        seen += message_ids(page)
        after = page[-1].last

    assert seen == ids


def test_thousands_of_short_notices_are_all_read(store, queue):
    """A store may show them some at a time."""
    subscribe(store, queue)
    ids = [message_id for _ in range(2300) for message_id in post(store, queue, new_message(b"1"))]

    seen, after = [], 0
    while page := log(store, queue, after=after):
        seen += message_ids(page)
        after = page[-1].last

    assert seen == ids


def test_a_repeated_post_leaves_one_notice_and_says_so_again(stores, queue):
    store, token = stores.message, new_token()
    subscribe(store, queue)
    first = store.messages.post(queue, [new_message()], client_id=PRODUCER, token=token)

    again = stores.reopen().message.messages.post(queue, [new_message()], client_id=PRODUCER, token=token)

    assert again.has_notice
    if again.ids == first.ids:  # else a store that loses no answers and knows no tokens
        assert message_ids(log(store, queue)) == list(first.ids)


def test_a_message_that_is_addressed_is_for_one_subscription_and_in_no_queue(store, queue, clock):
    one, other = subscribe_many(store, queue, 2)
    token = new_token()

    store.deliveries.address(queue, named(one.id), new_message(b'"confirm"', ttl=90), token=token)

    (notice,) = log(store, queue)
    assert (notice.subscription_id, notice.token, notice.created) == (one.id, token, clock.now())
    assert list(notice.messages) == [NoticedMessage(b'"confirm"', 90, 0)]
    assert everything(store, queue) == []
    assert store.records.stats(queue).total == 0
    assert sorted(subscribers(lease(store, queue))) == sorted([one.subscriber, other.subscriber]), "one passes it over"


def test_what_is_addressed_is_in_order_with_what_is_posted(store, queue):
    (one,) = subscribe_many(store, queue, 1)
    before = post(store, queue, *numbered_messages(2))
    store.deliveries.address(queue, named(one.id), new_message(b'"confirm"'), token=new_token())
    after = post(store, queue, *numbered_messages(2))

    first, second, third = log(store, queue)

    assert message_ids([first]) == before
    assert bodies([second]) == [b'"confirm"']
    assert message_ids([third]) == after


def test_nothing_can_be_addressed_where_there_is_no_queue(store):
    with pytest.raises(QueueNotFound):
        store.deliveries.address(queue_key(), UNKNOWN, new_message(), token=new_token())


def test_the_standing_is_the_progress_and_how_many_posts_are_behind_it(store, queue):
    subscription = subscribe(store, queue)
    before = store.deliveries.standing(queue, named(subscription.id))
    assert (before.pending, len(before.progress.failing), before.progress.delivered) == (0, 0, 0)
    ids = [post(store, queue, *numbered_messages(2)) for _ in range(5)]
    assert store.deliveries.standing(queue, named(subscription.id)).pending == 5
    (one,) = lease(store, queue)
    progress = Progress(
        position(ids[1][1]),
        failing([position(ids[0][0])], next_ms=5),
        [Outcome(ids[1][0], True, 1, 7, "200")],
        delivered=3,
        failed_attempts=4,
        given_up=5,
    )

    save(store, queue, kept(one, progress))

    standing = store.deliveries.standing(queue, named(subscription.id))
    assert standing.pending == 3
    assert standing.progress == progress


def test_what_is_pending_is_counted_to_a_thousand(store, queue):
    subscription = subscribe(store, queue)
    for _ in range(1010):
        post(store, queue, new_message(b"1"))

    assert store.deliveries.standing(queue, named(subscription.id)).pending == 1000


@pytest.mark.parametrize("call", ["standing", "hurry"])
def test_a_subscription_that_is_gone_has_no_standing_and_cannot_hurry(store, queue, clock, call):
    deleted, ended = subscribe(store, queue, "http://a.example"), subscribe(store, queue, "http://b.example", ttl=60)
    store.subscriptions.delete(queue, named(deleted.id))
    clock.move(60)

    for subscription_id in (named(deleted.id), named(ended.id), UNKNOWN):
        with pytest.raises(SubscriptionNotFound):
            getattr(store.deliveries, call)(queue, subscription_id)
