"""The wall clock of the host that delivers is wrong: what is told to whom, and when, follows the time of the store."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import test_wall_clock
from tests.integration.notifier.house import House
from tests.integration.notifier.receiver import Receiver
from tests.integration.process import wait_until

HOUR = 3600
LIFE = 600
"""Seconds that messages live: less than the clock is wrong by."""


@pytest.fixture
def offset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that says how many seconds the wall clock is wrong."""
    path = tmp_path / "seconds"
    path.write_text("0")
    monkeypatch.setenv("PYTHONPATH", str(Path(test_wall_clock.__file__).with_name("moved_wall_clock")))
    monkeypatch.setenv("MOVED_WALL_CLOCK", str(path))
    return path


@pytest.fixture
def house(tmp_path: Path, store: dict[str, dict[str, object]], offset: Path) -> Iterator[House]:
    """Return a service whose wall clock can be moved, on each store."""
    with contextlib.ExitStack() as stack:
        yield House(tmp_path, store, stack)


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_what_is_posted_is_delivered_tried_again_and_dated_by_the_time_of_the_store(
    house: House, receiver: Receiver, offset: Path, step: int
) -> None:
    policy = {"retries_with_no_delay": 1, "minimum_delay": 5, "minimum_delay_retries": 1}
    subscription = house.subscribe("q", receiver.url, options={"_retry_policy": policy})
    house.service.post("q", [0])
    wait_until(lambda: receiver.bodies() == [0], what="the first delivery")

    offset.write_text(str(step))
    receiver.answer = lambda delivery: 200 if receiver.counts()[delivery.id] > 1 else 500
    status, _ = house.service.call("POST", "/v2/queues/q/messages", {"messages": [{"body": 1, "ttl": LIFE}]})

    assert status == 201
    wait_until(
        lambda: [one.document["body"] for one in list(receiver.deliveries)] == [0, 1, 1], what="a second attempt"
    )
    wait_until(lambda: house.deliveries("q", subscription)["counts"]["delivered"] == 2, what="the record")
    assert house.deliveries("q", subscription)["counts"]["given_up"] == 0
    for delivery in receiver.deliveries:
        assert abs(int(delivery.headers["webhook-timestamp"]) - time.time()) < HOUR / 2
