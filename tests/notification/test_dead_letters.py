"""Dead letters of subscriptions: whatever is given up is posted to their queue first."""

import logging
import threading

import pytest

from tests.builders import queue_key
from tests.notification.receiver import Receiver, status
from tests.notification.test_delivery import bodies
from tests.notification.test_giving_up import SOON, failing, wait_for_rest
from tests.notification.test_who_is_told import ask, asked_as, confirm
from zaqar.errors import Invalid, Unavailable
from zaqar.models import QueueKey
from zaqar.notification.kinds.kind import Answer, SubscriberKind

ONCE = {"retries_with_no_delay": 0, "minimum_delay_retries": 0, "maximum_delay_retries": 0} | {
    "minimum_delay": 1000,
    "maximum_delay": 1010,
    "retry_backoff_function": "linear",
}
"""Two waits, each longer than what the tests post lives."""
DEAD = {"_dead_letter_queue": "dead"}


class Grave:
    """Takes dead letters, unless it is closed."""

    def __init__(self, world):
        self.letters = []
        self.error = None
        self.refused = 0
        self._lock = threading.Lock()
        world.post_copy = self.post

    def post(self, queue, **letter):
        with self._lock:
            if self.error is not None:
                self.refused += 1
                raise self.error
            if letter["token"] not in {each["token"] for each in self.letters}:
                self.letters.append(letter | {"queue": queue})

    @property
    def origins(self):
        return [one["origin"] for one in self.letters]

    @property
    def reasons(self):
        return [one.reason for one in self.origins]


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


def test_a_subscription_does_not_end_before_its_message_is_a_dead_letter(still):
    world, grave = still
    grave.error = Unavailable("The store is away.")
    with Receiver(lambda received: status(410)) as receiver:
        subscription = world.subscribe(receiver.url(), **DEAD)
        world.post(b"1")
        with world.notifier() as notifier:
            wait_for_rest(world, notifier, subscription, attempts=1)
            assert world.store.subscriptions.list(world.queue, marker=None, limit=10)
            grave.error = None
            world.clock.move(1.1)
            world.wait_until(lambda: not world.store.subscriptions.list(world.queue, marker=None, limit=10))

    assert grave.reasons == ["gone"]


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


def test_while_the_store_takes_no_dead_letter_nothing_is_given_up_and_nothing_is_attempted_in_vain(still):
    world, grave = still
    grave.error = Unavailable("The store is away.")
    policy = SOON | {"minimum_delay_retries": 0, "maximum_delay": 5, "minimum_delay": 5}
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=policy, **DEAD)
        world.post(b"1")
        with world.notifier() as notifier:
            wait_for_rest(world, notifier, subscription, attempts=2)
            assert grave.refused == 1
            world.clock.move(1.1)
            world.wait_until(lambda: grave.refused == 2)
            assert notifier.counts().given_up == 0
            grave.error = None
            world.clock.move(1.1)
            world.wait_until(lambda: notifier.counts().given_up == 1)

    assert len(receiver.received) == 2
    assert [(one.reason, one.attempts, one.answer) for one in grave.origins] == [("delivery_failed", 2, "status 500")]
    assert not failing(world, subscription)


def test_while_the_store_takes_no_dead_letter_what_has_expired_unseen_waits_as_well(still):
    world, grave = still
    grave.error = Unavailable("The store is away.")
    subscription = world.subscribe("http://127.0.0.1:9/", **DEAD)
    world.post(b"1", b"2", ttl=60)
    world.clock.move(60)
    with world.notifier() as notifier:
        world.wait_until(lambda: grave.refused > 2)
        assert notifier.counts().given_up == 0
        grave.error = None
        world.wait_until(lambda: world.standing(subscription).progress.given_up == 2)

    assert [one["body"] for one in grave.letters] == [b"1", b"2"]


def test_what_the_queue_will_never_take_is_given_up_and_told_of(still, caplog):
    world, grave = still
    grave.error = Invalid("It is too large.")
    with Receiver(lambda received: status(500)) as receiver:
        world.subscribe(receiver.url(), _retry_policy=ONCE, **DEAD)
        (message_id,) = world.post(b"1", ttl=60)
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().given_up == 1)

    assert f"message {message_id} is no dead letter: It is too large." in caplog.text


def test_after_a_crash_between_the_dead_letter_and_the_record_there_is_one_all_the_same(memory_world):
    world, memory = memory_world
    grave = Grave(world)
    enter, posts = memory.enter, []
    world.post_copy = lambda queue, **letter: (posts.append(letter["token"]), grave.post(queue, **letter))

    def crash(name):
        if name == "save":
            raise Unavailable("Nothing is saved any more.")
        enter(name)

    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=ONCE, **DEAD)
        world.post(b"1", ttl=60)
        memory.enter = crash
        with world.notifier(lease=0.2) as notifier:
            world.wait_until(lambda: notifier.counts().given_up >= 1)
        memory.enter = enter
        with world.notifier():
            world.wait_until(lambda: world.standing(subscription).progress.given_up == 1)

    assert len(posts) > 1
    assert len(grave.letters) == 1


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
