"""Whatever is killed: what was acknowledged reaches every subscriber, and little of it twice."""

import os
import random
import signal
import threading

import pytest

from tests.integration.notifier.house import House
from tests.integration.notifier.receiver import Receiver
from tests.integration.process import wait_until
from tests.integration.rest import Service

KILLS = 3
MOST_REPEATS = 50
"""Of one subscription, for each kill."""


class Producer(threading.Thread):
    """Posts until it is stopped; what fails is posted again under another number."""

    def __init__(self, url: str, project: str) -> None:
        super().__init__(daemon=True)
        self.service, self.is_over = Service(url, project), threading.Event()
        self.acknowledged: list[str] = []

    def run(self) -> None:
        while not self.is_over.wait(0.002):
            try:
                self.acknowledged += self.service.post("q", [random.randint(0, 9)] * random.choice((1, 1, 3)))
            except (OSError, AssertionError):
                self.is_over.wait(0.1)
        self.service.close()

    def stop(self) -> list[str]:
        """Return the ids of what was acknowledged."""
        self.is_over.set()
        self.join(10)
        return self.acknowledged


def check(receiver: Receiver, acknowledged: list[str], paths: list[str], *, kills: int) -> None:
    """Wait until all has come to each path; count what came twice."""
    for path in paths:
        wait_until(lambda path=path: set(acknowledged) <= set(receiver.counts(path)), seconds=30, what=f"all at {path}")
        repeats = sum(receiver.counts(path).values()) - len(receiver.counts(path))
        assert repeats <= MOST_REPEATS * kills, f"{repeats} repeats at {path}"


def test_a_killed_notifier_loses_nothing_and_repeats_little(house: House, receiver: Receiver) -> None:
    paths = ["/a", "/b", "/c"]
    for path in paths:
        house.subscribe("q", receiver.url + path)
    producer = Producer(house.server.url, house.project)
    producer.start()
    for _ in range(KILLS):
        seen = len(receiver.deliveries)
        wait_until(lambda seen=seen: len(receiver.deliveries) > seen + 100, seconds=30, what="deliveries")
        house.kill_notifier()

    check(receiver, producer.stop(), paths, kills=KILLS)


def test_after_the_death_of_everything_what_is_pending_is_delivered_without_any_request(
    house: House, receiver: Receiver
) -> None:
    house.subscribe("q", f"{receiver.url}/a")
    os.kill(house.notifier, signal.SIGSTOP)
    ids = house.service.post("q", list(range(20)))
    house.kill_everything()

    house.start()

    wait_until(lambda: set(receiver.counts()) == set(ids), seconds=10, what="what was pending")


def test_killed_workers_lose_no_notification(embedded: House, receiver: Receiver) -> None:
    embedded.subscribe("q", f"{receiver.url}/a")
    producer = Producer(embedded.server.url, embedded.project)
    producer.start()
    for _ in range(KILLS):
        seen = len(producer.acknowledged)
        wait_until(lambda seen=seen: len(producer.acknowledged) > seen + 20, what="posts")
        os.kill(random.choice(embedded.server.worker_pids()), signal.SIGKILL)

    check(receiver, producer.stop(), ["/a"], kills=0)


@pytest.mark.parametrize("phase", ["while an attempt hangs", "between attempts"])
def test_a_message_that_fails_when_the_notifier_is_killed_is_tried_again_by_the_next(
    embedded: House, receiver: Receiver, phase: str
) -> None:
    is_mended, has_come = threading.Event(), threading.Event()

    def answer(_: object) -> int:
        has_come.set()
        if phase == "while an attempt hangs" and not is_mended.is_set():
            is_mended.wait(30)
        return 200 if is_mended.is_set() else 500

    receiver.answer = answer
    policy = {"retries_with_no_delay": 0, "minimum_delay_retries": 10, "minimum_delay": 1, "maximum_delay": 20}
    embedded.subscribe("q", f"{receiver.url}/a", options={"_retry_policy": policy})
    ids = embedded.service.post("q", [1])
    assert has_come.wait(10)

    embedded.kill_notifier()
    before = len(receiver.deliveries)
    is_mended.set()

    wait_until(lambda: len(receiver.deliveries) > before, seconds=20, what="another attempt")
    assert set(receiver.counts()) == set(ids)


def test_two_notifiers_on_one_store_share_the_work(house: House, receiver: Receiver, tmp_path) -> None:
    paths = [f"/{number}" for number in range(5)]
    for path in paths:
        house.subscribe("q", receiver.url + path)
    house.start_second_notifier()

    ids = [one for _ in range(50) for one in house.service.post("q", [1])]

    check(receiver, ids, paths, kills=0)
    house.kill_notifier()
    ids += house.service.post("q", [2])
    check(receiver, ids, paths, kills=1)
