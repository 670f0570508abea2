"""Dead letters of subscriptions: whatever is given up is posted to their queue first."""

import logging

import pytest

from tests.builders import queue_key
from tests.notification.grave import DEAD, ONCE, Grave
from tests.notification.receiver import Receiver, status
from tests.notification.test_delivery import bodies
from tests.notification.test_giving_up import SOON, wait_for_rest
from tests.notification.test_who_is_told import ask, asked_as, confirm
from zaqar.models import QueueKey
from zaqar.notification.kinds.kind import Answer, SubscriberKind


@pytest.fixture
def still(still_memory_world):
    """Return a world whose time stands, and where its dead letters go."""
    world, _ = still_memory_world
    return world, Grave(world)


def test_a_message_at_the_end_of_its_schedule_becomes_a_dead_letter_with_its_origin(still):
    world, grave = still
    with Receiver(lambda received: status(404)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=SOON, **DEAD)
        (message_id,) = world.post(b'{"a": 1}', ttl=300, delay=7)
        with world.notifier() as notifier:
            for attempts in (2, 3, 4):
                wait_for_rest(world, notifier, subscription, attempts=attempts)
                assert grave.letters == []
                world.clock.move(11.1)
            world.wait_until(lambda: notifier.counts().given_up == 1)

    (letter,) = grave.letters
    origin = letter["origin"]
    assert letter["queue"] == QueueKey(world.queue.project, "dead")
    assert (letter["body"], letter["ttl"], letter["delay"], letter["audience"]) == (b'{"a": 1}', 300, 0, "nobody")
    assert (origin.queue, origin.kind, origin.message_id, origin.ttl) == (world.queue.name, "queue", message_id, 300)
    assert (origin.reason, origin.attempts, origin.answer) == ("delivery_failed", 5, "status 404")
    assert (origin.subscription_id, origin.at) == (subscription.id, world.clock.now())


def test_a_dead_letter_lives_as_long_as_the_subscription_says(still):
    world, grave = still
    with Receiver(lambda received: status(500)) as receiver:
        world.subscribe(receiver.url(), _retry_policy=ONCE, _dead_letter_queue_messages_ttl=77, **DEAD)
        world.post(b"1", ttl=60)
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().given_up == 1)

    assert [(one["ttl"], one["origin"].ttl) for one in grave.letters] == [(77, 60)]


def test_dead_letters_of_topics_say_so(still):
    world, grave = still
    world.queue = queue_key(kind="topic")
    world.store.records.create(world.queue)
    with Receiver(lambda received: status(500)) as receiver:
        world.subscribe(receiver.url(), _retry_policy=ONCE, **DEAD)
        world.post(b"1", ttl=60)
        with world.notifier():
            world.wait_until(lambda: grave.letters)

    assert [one.kind for one in grave.origins] == ["topic"]
    assert grave.letters[0]["queue"].kind == "queue"


def test_what_ends_before_it_would_be_tried_again_becomes_a_dead_letter(still):
    world, grave = still
    with Receiver(lambda received: status(500)) as receiver:
        world.subscribe(receiver.url(), _retry_policy=ONCE, **DEAD)
        world.post(b"1", ttl=60)
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().given_up == 1)

    assert [(one.reason, one.attempts, one.answer) for one in grave.origins] == [("expired", 1, "status 500")]


def test_what_has_ended_when_it_is_due_again_becomes_a_dead_letter_with_its_last_answer(still):
    world, grave = still
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=SOON, **DEAD)
        world.post(b"1", ttl=8)
        with world.notifier() as notifier:
            wait_for_rest(world, notifier, subscription, attempts=2)
            world.clock.move(10)
            world.wait_until(lambda: notifier.counts().given_up == 1)

    assert [(one.reason, one.attempts, one.answer) for one in grave.origins] == [("expired", 2, "status 500")]


def test_what_has_expired_before_its_first_attempt_becomes_a_dead_letter(still):
    world, grave = still
    with Receiver() as receiver:
        subscription = world.subscribe(receiver.url(), **DEAD)
        world.post(b"1", b"2", ttl=60)
        world.post(b"3", ttl=120)
        world.clock.move(60)
        with world.notifier():
            receiver.wait_for(1)
            world.wait_until(lambda: world.standing(subscription).progress.given_up == 2)

    assert bodies(receiver.received) == [3]
    assert [one["body"] for one in grave.letters] == [b"1", b"2"]
    assert [(one.reason, one.attempts) for one in grave.origins] == [("expired", 0)] * 2


def test_what_is_too_late_behind_a_dead_receiver_becomes_dead_letters_unseen(still):
    world, grave = still
    with Receiver(lambda received: status(500)) as receiver:
        policy = SOON | {"maximum_delay_retries": 100}
        subscription = world.subscribe(receiver.url(), _retry_policy=policy, **DEAD)
        world.post_numbers(20)
        with world.notifier() as notifier:
            wait_for_rest(world, notifier, subscription, attempts=2, messages=20)
            for first in range(100, 400, 3):
                world.post(*(str(number).encode() for number in range(first, first + 3)), ttl=100_000)
            world.clock.move(1800)
            world.post_numbers(5, ttl=100_000)
            world.wait_until(lambda: notifier.counts().given_up == 300)
            world.wait_until(lambda: notifier.counts().subscriptions == 0)

    assert set(grave.reasons) == {"receiver_down"}
    assert [int(one["body"]) for one in grave.letters] == list(range(100, 400))
    assert world.standing(subscription).pending == 5
    assert set(bodies(receiver.received)) == set(range(20))


def test_the_message_that_a_receiver_answers_with_410_becomes_a_dead_letter_before_its_subscription_ends(still):
    world, grave = still
    with Receiver(lambda received: status(410)) as receiver:
        world.subscribe(receiver.url(), **DEAD)
        world.post(b"1")
        with world.notifier():
            world.wait_until(lambda: not world.store.subscriptions.list(world.queue, marker=None, limit=10))

    assert [(one.reason, one.attempts, one.answer) for one in grave.origins] == [("gone", 1, "status 410")]


class _Refusing(SubscriberKind):
    def parse(self, subscriber, options, source):
        """Take it."""

    async def deliver(self, delivery):
        """Refuse it for good."""
        return Answer("refused for good", is_final=True)


def test_what_is_refused_for_good_becomes_a_dead_letter_at_once(still):
    world, grave = still
    world.more_kinds = lambda settings: {"refusing": _Refusing(settings)}
    world.subscribe("refusing:all", **DEAD)
    world.post(b"1")
    with world.notifier() as notifier:
        world.wait_until(lambda: notifier.counts().given_up == 1)

    assert [(one.reason, one.attempts) for one in grave.origins] == [("delivery_failed", 1)]


def test_a_question_never_becomes_a_dead_letter(still):
    world, grave = still
    world.confirmation = asked_as("asked")
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), ttl=100_000, _retry_policy=ONCE, **DEAD)
        ask(world, subscription)
        with world.notifier() as notifier:
            wait_for_rest(world, notifier, subscription, attempts=1)
            world.clock.move(4000)
            world.wait_until(lambda: notifier.counts().given_up == 1)

    assert grave.letters == []


def test_what_is_cancelled_becomes_no_dead_letter(still):
    world, grave = still
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy={"retries_with_no_delay": 0}, **DEAD)
        confirm(world, subscription)
        world.post(b"1")
        with world.notifier(require_confirmation=True) as notifier:
            wait_for_rest(world, notifier, subscription, attempts=1)
            confirm(world, subscription, is_confirmed=False)
            world.clock.move(6)
            world.wait_until(lambda: notifier.counts().given_up == 1)

    assert [one.reason for one in world.standing(subscription).progress.outcomes] == ["not confirmed any more"]
    assert grave.letters == []


def test_without_a_queue_for_them_there_are_none(still, caplog):
    world, grave = still
    with Receiver(lambda received: status(500)) as receiver:
        world.subscribe(receiver.url(), _retry_policy=ONCE)
        world.post(b"1", ttl=60)
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().given_up == 1)

    assert grave.letters == []
    assert [one for one in caplog.records if one.levelno > logging.WARNING] == []
