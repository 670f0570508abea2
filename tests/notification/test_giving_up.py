"""What becomes of messages that cannot be delivered: notifications N-24 to N-38."""

import logging

import pytest

from tests.notification.receiver import Receiver, status
from tests.notification.test_delivery import bodies
from zaqar.storage import ids

SOON = {"retries_with_no_delay": 1, "minimum_delay_retries": 1, "minimum_delay": 5, "maximum_delay": 15} | {
    "maximum_delay_retries": 0,
    "retry_backoff_function": "linear",
}
"""Attempts after 0, 5, 5 and 10 seconds."""


def failing(world, subscription):
    return world.standing(subscription).progress.failing


def wait_for_rest(world, notifier, subscription, *, attempts, messages=1):
    """Wait until so many messages fail after so many attempts each, and nothing is leased: a clock that is moved ends leases."""

    def rests():
        attempted = [one.attempts for one in failing(world, subscription)]
        return attempted == [attempts] * messages and notifier.counts().subscriptions == 0

    world.wait_until(rests)


def test_a_message_at_the_end_of_its_schedule_is_given_up_with_its_last_answer(still_world, caplog):
    world = still_world
    with Receiver(lambda received: status(404)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=SOON)
        (message_id,) = world.post(b"1")
        with world.notifier() as notifier:
            for attempts in (2, 3, 4):
                wait_for_rest(world, notifier, subscription, attempts=attempts)
                world.clock.move(11.1)
            world.wait_until(lambda: notifier.counts().given_up == 1)

    progress = world.standing(subscription).progress
    assert not progress.failing
    assert [(one.message_id, one.is_delivered, one.attempts, one.reason) for one in progress.outcomes] == [
        (message_id, False, 5, "status 404")
    ]
    assert (progress.given_up, progress.failed_attempts) == (1, 5)
    assert [record.levelno for record in caplog.records if "gave up" in record.message] == [logging.WARNING]


def test_a_message_is_not_tried_beyond_its_own_end(still_world):
    world = still_world
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=SOON)
        world.post(b"1", ttl=3)
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().given_up == 1)

    assert len(receiver.received) == 2
    assert world.standing(subscription).progress.outcomes[0].reason == "expired; status 500"


def test_what_has_ended_before_it_was_due_again_is_given_up_unseen(still_world):
    world = still_world
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=SOON)
        (message_id,) = world.post(b"1", ttl=8)
        with world.notifier() as notifier:
            wait_for_rest(world, notifier, subscription, attempts=2)
            world.clock.move(10)
            world.wait_until(lambda: notifier.counts().given_up == 1)

    assert len(receiver.received) == 2
    (outcome,) = world.standing(subscription).progress.outcomes
    assert (outcome.message_id, outcome.attempts, outcome.reason) == (message_id, 2, "expired")


@pytest.mark.parametrize("url", ["http://a:65536/", "http://a:b/", "http://\u2028/"])
def test_a_url_that_cannot_be_used_is_the_failure_of_whoever_subscribed_it(world, caplog, url):
    subscription = world.subscribe(url)
    world.post(b"1")
    with world.notifier() as notifier:
        world.wait_until(lambda: notifier.counts().failed_attempts > 0)

    assert [one.answer for one in failing(world, subscription)] == ["the URL cannot be used"]
    assert [record.message for record in caplog.records if record.levelno > logging.WARNING] == []


def test_what_has_expired_before_its_first_attempt_is_given_up_unseen(still_world):
    world = still_world
    with Receiver() as receiver:
        subscription = world.subscribe(receiver.url())
        world.post(b"1", b"2", ttl=60)
        world.post(b"3", ttl=120)
        world.clock.move(60)
        with world.notifier():
            receiver.wait_for(1)

    assert bodies(receiver.received) == [3]
    assert [one.reason for one in world.standing(subscription).progress.outcomes] == [
        "expired",
        "expired",
        "status 200",
    ]


def test_while_twenty_messages_fail_nothing_newer_is_tried(still_world):
    world = still_world
    policy = {"retries_with_no_delay": 0}
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=policy)
        world.post_numbers(100)
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().failed_attempts == 20)
            world.wait_until(lambda: notifier.counts().subscriptions == 0)

    assert sorted(bodies(receiver.received)) == list(range(20))
    assert len(failing(world, subscription)) == 20
    assert world.standing(subscription).pending == 80


def test_the_rest_follows_once_the_receiver_is_back(still_world):
    world = still_world
    code = 500
    with Receiver(lambda received: status(code)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy={"retries_with_no_delay": 0})
        posted = world.post_numbers(100)
        with world.notifier() as notifier:
            wait_for_rest(world, notifier, subscription, attempts=1, messages=20)
            code = 200
            world.clock.move(6)
            receiver.wait_for(120)

    assert set(receiver.counted()) == set(posted)
    assert notifier.counts().delivered == 100


def test_what_passes_the_end_of_its_schedule_behind_a_dead_receiver_is_given_up_unseen(still_world, caplog):
    world = still_world
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=SOON | {"maximum_delay_retries": 100})
        world.post_numbers(20)
        with world.notifier() as notifier:
            wait_for_rest(world, notifier, subscription, attempts=2, messages=20)
            world.post_numbers(30, ttl=100_000)
            world.clock.move(1800)
            world.post_numbers(5, ttl=100_000)
            world.wait_until(lambda: notifier.counts().given_up == 30)
            world.wait_until(lambda: notifier.counts().subscriptions == 0)

    progress = world.standing(subscription).progress
    assert {one.reason for one in progress.outcomes} == {"receiver down"}
    assert world.standing(subscription).pending == 5
    assert set(bodies(receiver.received)) == set(range(20))
    lines = [record.getMessage() for record in caplog.records if "gave up" in record.message]
    assert len(lines) < 30
    assert "receiver down" in lines[0]


def test_what_ends_behind_a_dead_receiver_is_on_record_however_long_the_schedule(still_world):
    world = still_world
    with Receiver(lambda received: status(500)) as receiver:
        long = {"retries_with_no_delay": 0, "minimum_delay": 10, "maximum_delay": 60, "maximum_delay_retries": 900}
        subscription = world.subscribe(receiver.url(), _retry_policy=long)
        for _ in range(20):
            world.post(b"1", ttl=100_000)
        with world.notifier() as notifier:
            wait_for_rest(world, notifier, subscription, attempts=1, messages=20)
            world.post(b"2", ttl=60)
            world.clock.move(61)
            world.wait_until(lambda: notifier.counts().given_up == 1)


def test_the_rest_of_long_posts_behind_a_dead_receiver_is_given_up_as_well(still_world):
    world = still_world
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=SOON | {"maximum_delay_retries": 100})
        for _ in range(4):
            world.post(*[b"1"] * 10, ttl=100_000)
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().failed_attempts == 40)
            world.clock.move(1800)
            world.wait_until(lambda: world.standing(subscription).pending == 0)

    assert len(failing(world, subscription)) == 20
    assert notifier.counts().given_up >= 20


def test_everything_that_fails_is_tried_at_once_when_somebody_asks(still_world):
    world = still_world
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy={"retries_with_no_delay": 0})
        world.post_numbers(3)
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().subscriptions == 0 and notifier.counts().failed_attempts == 3)
            world.store.deliveries.hurry(world.queue, ids.parse_id(subscription.id))
            world.wait_until(lambda: notifier.counts().failed_attempts == 6)

    assert [one.attempts for one in failing(world, subscription)] == [2, 2, 2]


def test_nothing_of_a_message_or_a_receiver_is_logged(still_world, caplog):
    world = still_world
    caplog.set_level(logging.DEBUG)
    with Receiver(lambda received: status(500, body=b"bodies are secret")) as receiver:
        world.subscribe(receiver.url("/path?token=hush"), post_headers={"X-Auth-Token": "hush"}, _retry_policy=SOON)
        world.post(b'"hush"')
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().failed_attempts == 2)

    assert [one for one in caplog.messages if "failed: status 500" in one]
    assert "hush" not in caplog.text
    assert "secret" not in caplog.text
    assert receiver.received[0].headers["webhook-signature"] not in caplog.text
