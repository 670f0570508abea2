"""Subscribers that are queues, and dead letters of subscriptions, by real notifiers that are killed meanwhile."""

import collections
import json
import threading

from tests.integration.notifier.house import House
from tests.integration.notifier.receiver import Receiver
from tests.integration.process import wait_until
from tests.integration.rest import Service

POSTS = 400
KILLS = 3
TARGETS = ["one", "two", "three"]
ONCE = {"retries_with_no_delay": 0, "minimum_delay_retries": 0, "maximum_delay_retries": 0} | {
    "minimum_delay": 1,
    "maximum_delay": 11,
}


def _bodies(house: House, queue: str) -> collections.Counter[str]:
    return collections.Counter(json.dumps(one["body"]) for one in house.service.every_message(queue))


def _total(house: House, queue: str) -> int:
    status, stats = house.service.call("GET", f"/v2/queues/{queue}/stats")
    return int(stats["messages"]["total"]) if status == 200 else 0


def _post_numbers(house: House, count: int) -> None:
    service = Service(house.server.url, house.project)
    for number in range(count):
        service.post("source", [number])
    service.close()


def test_a_killed_notifier_leaves_no_copy_out_and_makes_none_twice(house: House) -> None:
    for name in TARGETS:
        house.subscribe("source", f"queue:{name}")
    posting = threading.Thread(target=_post_numbers, args=(house, POSTS))
    posting.start()
    for kill in range(KILLS):
        wait_until(lambda kill=kill: _total(house, "one") > POSTS * (kill + 1) / (KILLS + 2), seconds=30, what="copies")
        house.kill_notifier()
    posting.join()

    expected = collections.Counter(str(number) for number in range(POSTS))
    for name in TARGETS:
        wait_until(lambda name=name: _total(house, name) >= POSTS, seconds=30, what=f"all copies in {name}")
        assert _bodies(house, name) == expected


def test_a_copy_tells_webhooks_of_its_queue_and_no_further_queue(house: House, receiver: Receiver) -> None:
    house.subscribe("source", "queue:one")
    house.subscribe("one", "queue:source")
    house.subscribe("one", f"{receiver.url}/hook")

    house.service.post("source", ["there"])
    wait_until(lambda: receiver.bodies() == ["there"], what="the webhook of the target")
    house.service.post("one", ["and back"])
    wait_until(lambda: len(receiver.bodies()) == 2, what="the webhook of a post")
    wait_until(lambda: _total(house, "source") == 2, what="the copy of a post")

    assert _bodies(house, "one") == collections.Counter(['"there"', '"and back"'])


def test_what_a_webhook_does_not_take_is_in_the_queue_for_dead_letters_once(house: House, receiver: Receiver) -> None:
    receiver.answer = lambda _: 500
    options = {"_dead_letter_queue": "dead", "_retry_policy": ONCE}
    subscription = house.subscribe("source", f"{receiver.url}/hook", options=options)
    _post_numbers(house, 10)

    wait_until(lambda: _total(house, "dead") >= 5, seconds=60, what="the first dead letters")
    house.kill_notifier()
    wait_until(
        lambda: house.deliveries("source", subscription)["counts"]["given_up"] == 10, seconds=60, what="all given up"
    )

    assert _bodies(house, "dead") == collections.Counter(str(number) for number in range(10))
