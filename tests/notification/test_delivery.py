"""Delivering over real sockets: what arrives, in which order, how often."""

from tests.notification.receiver import Receiver, status


def bodies(received):
    return [one.json["body"] for one in received]


def test_what_was_posted_before_the_start_arrives(world):
    with Receiver() as receiver:
        world.subscribe(receiver.url())
        (message_id,) = world.post(b'{"a": 1}', ttl=60)

        with world.notifier():
            received = receiver.wait_for(1)

    assert received[0].json == {
        "body": {"a": 1},
        "ttl": 60,
        "Message_Type": "Notification",
        "queue_name": world.queue.name,
    }
    assert received[0].headers["webhook-id"] == message_id


def test_what_is_told_of_arrives_long_before_the_next_sweep(world):
    with Receiver() as receiver:
        world.subscribe(receiver.url())

        with world.notifier(sweep_interval=3600) as notifier:
            world.wait_until(lambda: notifier.counts().subscriptions == 0)
            world.post(b"1")
            notifier.tell(world.queue)
            receiver.wait_for(1)


def test_each_message_arrives_once_at_each_subscriber(world):
    with Receiver() as receiver:
        for number in range(10):
            world.subscribe(receiver.url(f"/{number}"))
        ids = world.post_numbers(100)

        with world.notifier():
            receiver.wait_for(1000)

    assert receiver.counted() == dict.fromkeys(ids, 10)


def test_messages_of_one_post_arrive_one_after_the_other(world):
    with Receiver() as receiver:
        world.subscribe(receiver.url())
        world.post(*(str(number).encode() for number in range(20)))

        with world.notifier():
            received = receiver.wait_for(20)

    assert bodies(received) == list(range(20))


def test_what_was_delivered_is_not_delivered_by_the_next_notifier(world):
    with Receiver() as receiver:
        subscription = world.subscribe(receiver.url())
        world.post_numbers(30)
        with world.notifier():
            receiver.wait_for(30)
        world.post(b'"new"')
        with world.notifier():
            receiver.wait_for(31)

    assert set(receiver.counted().values()) == {1}
    assert world.standing(subscription).progress.delivered == 31
    assert world.standing(subscription).pending == 0


def test_a_failure_does_not_hold_up_what_comes_after(world):
    def behaves(received):
        return status(500 if received.json["body"] == 0 else 200)

    with Receiver(behaves) as receiver:
        world.subscribe(receiver.url(), _retry_policy={"retries_with_no_delay": 1})
        world.post(b"0", b"1", b"2")
        world.post(b"3")

        with world.notifier():
            receiver.wait_until(lambda received: {1, 2, 3} <= set(bodies(received)))


def test_a_message_that_fails_is_tried_again_at_once_and_then_on_schedule(world):
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url())
        world.post(b"1")

        with world.notifier() as notifier:
            receiver.wait_for(4)
            world.wait_until(lambda: notifier.counts().failed_attempts == 4)

    (failing,) = world.standing(subscription).progress.failing
    assert (failing.attempts, failing.answer) == (4, "status 500")
    assert 0 < failing.next_ms / 1000 - world.clock.now() < 7


NO_WAITING = {"retries_with_no_delay": 2, "minimum_delay_retries": 0, "maximum_delay_retries": 0, "minimum_delay": 1}


def test_a_message_is_tried_on_the_schedule_of_its_queue_and_of_its_subscription(world):
    world.retry_policy = {"retries_with_no_delay": 0, "ignore_subscription_override": True}
    with Receiver(lambda received: status(404)) as receiver:
        world.subscribe(receiver.url(), _retry_policy=NO_WAITING)
        world.post(b"1")

        with world.notifier() as notifier:
            receiver.wait_for(1)
            world.wait_until(lambda: notifier.counts().subscriptions == 0)

    assert len(receiver.received) == 1


def test_a_410_ends_the_subscription(world, caplog):
    with Receiver(lambda received: status(410)) as receiver, world.notifier():
        world.subscribe(receiver.url())
        world.post_numbers(10)
        receiver.wait_for(1)
        world.wait_until(lambda: not world.store.subscriptions.list(world.queue, marker=None, limit=10))


def test_a_retry_after_puts_the_next_attempt_off(world):
    with Receiver(lambda received: status(429, headers="Retry-After: 100\r\n")) as receiver:
        subscription = world.subscribe(receiver.url())
        world.post(b"1")
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().failed_attempts == 1)

    (failing,) = world.standing(subscription).progress.failing
    assert 90 < failing.next_ms / 1000 - world.clock.now() <= 101


def test_a_header_of_the_subscription_takes_the_place_of_a_password_in_its_address(world):
    with Receiver() as receiver:
        address = receiver.url("/a").replace("http://", "http://user:password@")
        world.subscribe(address, post_headers={"Authorization": "Bearer x"})
        world.subscribe(receiver.url("/b").replace("http://", "http://user:password@"))
        world.post(b"1")

        with world.notifier():
            received = receiver.wait_for(2)

    given = {one.path: one.headers["authorization"] for one in received}
    assert given == {"/a": "Bearer x", "/b": "Basic dXNlcjpwYXNzd29yZA=="}
