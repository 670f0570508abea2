"""Who is told of what: notifications N-7 to N-9, A7 and N-65."""

import logging

import msgspec

from tests.builders import new_message, new_token
from tests.notification.receiver import Receiver, status
from tests.notification.test_delivery import bodies
from zaqar.errors import Unavailable
from zaqar.notification.confirmation import Asked
from zaqar.storage import ids


def confirm(world, subscription, **changes):
    """Change a subscription."""
    key = ids.parse_id(subscription.id)
    old = world.store.subscriptions.get(world.queue, key)
    new = msgspec.structs.replace(old, **{"is_confirmed": True} | changes)
    world.store.subscriptions.replace(world.queue, old=old, new=new)


END = 1_900_000_000


def ask(world, subscription, end=END):
    """Leave a confirmation for the subscriber there is."""
    confirm(world, subscription, is_confirmed=False, confirmations=(end,))
    address(world, subscription, b'{"message_type": "SubscriptionConfirmation", "expires": %d}' % end)


def asked_as(text):
    """Return what makes questions with a message, in which the question and the subscriber can stand."""

    def asked(queue, subscription, question):
        message = text.format(expires=question.expires, id=subscription.id)
        return Asked(question.message_type, message, "", "PUT", "", "", queue.project, queue.name, {}, {})

    return asked


def told(received):
    """Return the messages of questions, and the bodies of notifications."""
    return [one.json.get("Message") or one.json["body"] for one in received]


def address(world, subscription, body, ttl=3600):
    """Leave a notice for one subscription."""
    message = new_message(body, ttl=ttl)
    world.store.deliveries.address(world.queue, ids.parse_id(subscription.id), message, token=new_token())


def test_unconfirmed_subscriptions_are_passed_over_where_that_is_asked_for(world, caplog):
    caplog.set_level(logging.INFO)
    with Receiver() as receiver:
        confirmed, other = world.subscribe(receiver.url("/yes")), world.subscribe(receiver.url("/no"))
        confirm(world, confirmed)
        world.post_numbers(5)
        with world.notifier(require_confirmation=True):
            receiver.wait_for(5)
            world.wait_until(lambda: world.standing(other).pending == 0)

    assert {one.path for one in receiver.received} == {"/yes"}
    assert f"{other.id}: passed over" in caplog.text
    assert f"{confirmed.id}: passed over" not in caplog.text


def test_what_is_posted_after_a_confirmation_arrives_however_fast_it_follows(world):
    with Receiver() as receiver, world.notifier(require_confirmation=True, idle=100) as notifier:
        subscription = world.subscribe(receiver.url())
        world.post(b'"before"')
        world.wait_until(lambda: notifier.counts().subscriptions == 1)
        confirm(world, subscription)
        world.post(b'"after"')
        notifier.tell(world.queue)
        receiver.wait_until(lambda received: "after" in bodies(received))


def test_who_agrees_at_once_is_asked_once(world):
    world.confirmation = asked_as("asked")
    with Receiver() as receiver:
        subscription = world.subscribe(receiver.url())

        def agree(received):
            confirm(world, subscription)
            return status(200)

        receiver.behaves = agree
        ask(world, subscription)
        with world.notifier(require_confirmation=True) as notifier:
            receiver.wait_for(1)
            world.post(b'"news"')
            notifier.tell(world.queue)
            receiver.wait_until(lambda received: "news" in told(received))
            world.wait_until(lambda: world.standing(subscription).pending == 0)

    assert told(receiver.received) == ["asked", "news"]


def test_without_that_unconfirmed_subscriptions_are_served(world):
    with Receiver() as receiver:
        world.subscribe(receiver.url())
        world.post(b"1")
        with world.notifier():
            receiver.wait_for(1)


def test_a_confirmation_reaches_whom_it_is_for_alone(world):
    world.confirmation = asked_as("until {expires} for {id}")
    with Receiver() as receiver:
        asked, other = world.subscribe(receiver.url("/asked")), world.subscribe(receiver.url("/other"))
        ask(world, asked)
        with world.notifier(require_confirmation=True):
            received = receiver.wait_for(1)
            world.wait_until(lambda: world.standing(other).pending == 0)

    assert [one.path for one in receiver.received] == ["/asked"]
    assert told(received) == [f"until {END} for {asked.id}"]


def test_a_confirmation_for_a_new_subscriber_reaches_no_other_whatever_the_lease_knows(world):
    world.confirmation = asked_as("asked until {expires}")
    with (
        Receiver() as first,
        Receiver() as second,
        world.notifier(require_confirmation=True, save_interval=3600) as notifier,
    ):
        subscription = world.subscribe(first.url())
        ask(world, subscription)
        notifier.tell(world.queue)
        first.wait_for(1)
        confirm(world, subscription, subscriber=second.url())
        ask(world, subscription, END + 1)
        notifier.tell(world.queue)
        second.wait_for(1)

    assert told(first.received) == [f"asked until {END}"]
    assert told(second.received) == [f"asked until {END + 1}"]


def test_a_confirmation_for_a_former_subscriber_is_given_up(world):
    world.confirmation = asked_as("asked")
    with Receiver() as receiver:
        subscription = world.subscribe(receiver.url())
        ask(world, subscription)
        confirm(world, subscription, is_confirmed=False, confirmations=(END + 1,))
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().given_up == 1)
            world.wait_until(lambda: world.standing(subscription).progress.given_up == 1)

    assert receiver.received == []
    (outcome,) = world.standing(subscription).progress.outcomes
    assert (outcome.reason, outcome.attempts) == ("it was for another subscriber", 0)


def test_a_confirmation_is_tried_again_by_the_defaults_whatever_the_queue_says(world):
    world.confirmation = asked_as("asked")
    world.retry_policy = {"retries_with_no_delay": 0, "minimum_delay": 100, "maximum_delay": 200}
    with Receiver(lambda received: status(500)) as receiver:
        ask(world, world.subscribe(receiver.url()))
        with world.notifier():
            receiver.wait_for(4)


def test_without_a_key_a_confirmation_is_not_sent(world):
    policy = {"retries_with_no_delay": 0, "minimum_delay_retries": 0, "maximum_delay_retries": 0, "minimum_delay": 29}
    with Receiver() as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=policy)
        address(world, subscription, b"{}")
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().failed_attempts == 1)

    assert receiver.received == []


def test_a_new_target_is_told_of_what_comes_after_it_was_set(world):
    with Receiver() as first, Receiver() as second, world.notifier(idle=100) as notifier:
        subscription = world.subscribe(first.url())
        world.post(b"1")
        first.wait_for(1)
        world.wait_until(lambda: notifier.counts().pending == 0)
        confirm(world, subscription, subscriber=second.url())
        world.wait_until(lambda: world.post(b"2") and second.received)


def test_a_deleted_subscription_is_told_no_more(world):
    with Receiver() as receiver, world.notifier(idle=100) as notifier:
        subscription, other = world.subscribe(receiver.url("/gone")), world.subscribe(receiver.url("/stays"))
        world.post(b"1")
        receiver.wait_for(2)
        world.store.subscriptions.delete(world.queue, ids.parse_id(subscription.id))
        world.wait_until(lambda: notifier.counts().subscriptions == 1)
        world.post(b"2")
        notifier.tell(world.queue)
        receiver.wait_for(3)

    assert [one.path for one in receiver.received if one.json["body"] == 2] == ["/stays"]
    assert world.standing(other).progress.delivered == 2


def test_encrypted_bodies_arrive_as_they_were_posted(world):
    world.decrypted = lambda project, bodies: [b'"plain"']
    with Receiver() as receiver:
        world.subscribe(receiver.url())
        world.post(b"\x01secret")
        with world.notifier():
            received = receiver.wait_for(1)

    assert bodies(received) == ["plain"]


def test_a_body_whose_key_is_missing_waits_for_it(still_world, caplog):
    world = still_world
    has_key = False

    def decrypted(project, bodies):
        if not has_key:
            raise Unavailable("The key is not configured.")
        return [b'"plain"']

    world.decrypted = decrypted
    with Receiver() as receiver:
        subscription = world.subscribe(receiver.url())
        world.post(b"\x01secret")
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().subscriptions == 0 and "cannot be read" in caplog.text)
            (failing,) = world.standing(subscription).progress.failing
            assert failing.attempts == 0
            has_key = True
            world.clock.move(31)
            receiver.wait_for(1)

    assert caplog.text.count("cannot be read") == 1


def test_a_change_that_is_told_of_is_learned_at_once(memory_world):
    world, memory = memory_world
    with (
        Receiver() as first,
        Receiver() as second,
        world.notifier(save_interval=3600, idle=3600, lease=3600) as notifier,
    ):
        subscription = world.subscribe(first.url())
        world.post(b"1")
        notifier.tell(world.queue)
        world.wait_until(lambda: notifier.counts().delivered == 1)
        confirm(world, subscription, subscriber=second.url())
        known = memory.calls.count("get")
        notifier.tell(world.queue, is_change=True)
        world.wait_until(lambda: memory.calls.count("get") > known)
        world.post(b"2")
        notifier.tell(world.queue)
        second.wait_for(1)

    assert (bodies(first.received), bodies(second.received)) == ([1], [2])
