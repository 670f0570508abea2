"""Dead letters that go back to where they came from, by real notifiers on every store (http section 7.10)."""

import contextlib
from collections import Counter

import pytest

from tests.integration.notifier.house import House
from tests.integration.process import wait_until

LARGE = {"transport": {"max_messages_per_claim_or_pop": 1000}}
MANY = 5000
SOON_GIVEN_UP = {"retries_with_no_delay": 0, "minimum_delay_retries": 0, "minimum_delay": 0, "maximum_delay": 10}
SOON_GIVEN_UP |= {"maximum_delay_retries": 0}
"""A schedule, of which the longest wait is five seconds."""


@pytest.fixture
def house(tmp_path, store):
    """A service on each store that hands out much at a time."""
    with contextlib.ExitStack() as stack:
        yield House(tmp_path, store | LARGE, stack)


def _claim(house, queue, limit):
    """Claim messages; return their ids, and give them back."""
    status, answer = house.service.call("POST", f"/v2/queues/{queue}/claims?limit={limit}", {"ttl": 300})
    if status == 204:
        return []
    assert status == 201, answer
    claim_id = answer["messages"][0]["href"].rpartition("=")[2]
    assert house.service.call("DELETE", f"/v2/queues/{queue}/claims/{claim_id}")[0] == 204
    return [message["id"] for message in answer["messages"]]


def _make_dead_letters(house, bodies):
    """Post to ``q``, and claim too often, until all is in ``dead``."""
    metadata = {"_max_claim_count": 1, "_dead_letter_queue": "dead"}
    assert house.service.call("PUT", "/v2/queues/q", metadata)[0] == 201
    for first in range(0, len(bodies), 500):
        house.service.post("q", bodies[first : first + 500])
    wait_until(
        lambda: not _claim(house, "q", 1000) and house.service.stats("dead")["total"] == len(bodies),
        seconds=60,
        what="dead letters",
    )


def _redrive(house, **terms):
    status, answer = house.service.call("POST", "/v2/queues/dead/redrive", terms)
    assert status == 202, answer
    return answer["redrive_id"]


def _shown(house, redrive_id):
    status, answer = house.service.call("GET", f"/v2/queues/dead/redrive/{redrive_id}")
    assert status == 200, answer
    return answer


def test_dead_letters_tell_where_they_come_from_and_go_back_there(house):
    _make_dead_letters(house, ["a", "b", "c"])
    first, *_ = house.service.every_message("dead")
    _, details = house.service.call("GET", f"/v2/queues/dead/messages/{first['id']}/details")
    assert (details["reason"], details["source"], details["attempts"]) == ("max_claim_count", {"queue": "q"}, 1)

    redrive_id = _redrive(house)
    wait_until(lambda: _shown(house, redrive_id)["state"] == "done", what="the end of the redrive")

    assert _shown(house, redrive_id)["moved"] == 3
    back = house.service.every_message("q")
    assert [message["body"] for message in back] == ["a", "b", "c"]
    assert house.service.stats("dead")["total"] == 0
    _, details = house.service.call("GET", f"/v2/queues/q/messages/{back[0]['id']}/details")
    assert (details["redriven"], details["claim_count"]) == (1, 0)


def test_a_source_that_was_deleted_is_made_again(house):
    _make_dead_letters(house, [1, 2])
    assert house.service.call("DELETE", "/v2/queues/q")[0] == 204

    _redrive(house)

    wait_until(lambda: len(house.service.every_message("q")) == 2, what="both messages")


def test_a_cancelled_one_stops(house):
    _make_dead_letters(house, list(range(30)))
    redrive_id = _redrive(house, rate=1)
    wait_until(lambda: _shown(house, redrive_id)["moved"] > 0, what="the first message")

    assert house.service.call("DELETE", f"/v2/queues/dead/redrive/{redrive_id}")[0] == 204

    assert _shown(house, redrive_id)["state"] == "cancelled"
    assert _redrive(house, dry_run=True) != redrive_id


def test_what_a_subscriber_did_not_take_goes_to_that_subscriber_alone(house, receiver):
    options = {"_retry_policy": SOON_GIVEN_UP, "_dead_letter_queue": "dead"}
    deaf = house.subscribe("news", f"{receiver.url}/deaf", kind="topics", options=options)
    house.subscribe("news", f"{receiver.url}/other", kind="topics", options=options)
    receiver.answer = lambda delivery: 500 if delivery.path == "/deaf" else 200
    for body in ("a", "b"):
        assert house.service.call("POST", "/v2/topics/news/messages", {"messages": [{"body": body}]})[0] == 201
    wait_until(lambda: house.service.stats("dead")["total"] == 2, seconds=30, what="the dead letters")
    dead = house.service.every_message("dead")
    assert sorted(message["body"] for message in dead) == ["a", "b"]
    _, details = house.service.call("GET", f"/v2/queues/dead/messages/{dead[0]['id']}/details")
    assert (details["reason"], details["source"]) == ("delivery_failed", {"topic": "news"})
    assert (details["subscription_id"], details["attempts"]) == (deaf, 3)
    assert "500" in details["answer"]

    receiver.answer = lambda _: 200
    failed = len([one for one in receiver.deliveries if one.path == "/deaf"])
    redrive_id = _redrive(house)

    wait_until(lambda: _shown(house, redrive_id)["state"] == "done", what="the end of the redrive")
    wait_until(lambda: house.deliveries("news", deaf, kind="topics")["counts"]["delivered"] == 2, what="both messages")
    came = [one.document["body"] for one in receiver.deliveries if one.path == "/deaf"][failed:]
    assert sorted(came) == ["a", "b"]
    assert sorted(receiver.bodies("/other")) == ["a", "b"]
    assert sum(receiver.counts("/other").values()) == 2
    assert house.service.stats("dead")["total"] == 0
    _, listed = house.service.call("GET", "/v2/topics/news/messages?echo=true")
    assert len(listed["messages"]) == 2


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_what_fails_again_and_again_stays_one_message_to_its_subscriber(house, receiver):
    """http S-45, notifications N-89"""
    options = {"_retry_policy": SOON_GIVEN_UP, "_dead_letter_queue": "dead"}
    subscription = house.subscribe("q", receiver.url, options=options)
    receiver.answer = lambda _: 500
    message_id = house.service.post("q", ["a"])[0]
    for times in range(2):
        wait_until(lambda: house.service.stats("dead")["total"] == 1, seconds=30, what="the dead letter")
        (dead,) = house.service.every_message("dead")
        _, details = house.service.call("GET", f"/v2/queues/dead/messages/{dead['id']}/details")
        assert (details["original_id"], details["redriven"]) == (message_id, times)
        if times:
            receiver.answer = lambda _: 200
        redrive_id = _redrive(house)
        wait_until(
            lambda redrive_id=redrive_id: _shown(house, redrive_id)["state"] == "done", what="the end of the redrive"
        )

    wait_until(lambda: house.deliveries("q", subscription)["counts"]["delivered"] == 1, what="the message")
    latest, *_ = house.deliveries("q", subscription)["outcomes"]
    assert latest["original_id"] == message_id != latest["message_id"]
    assert set(receiver.counts()) == {message_id}
    assert house.service.stats("dead")["total"] == 0


def test_whatever_is_killed_each_message_goes_back_once(house):
    _make_dead_letters(house, list(range(MANY)))
    redrive_id = _redrive(house, rate=2000)
    for part in (1, 2, 3):
        wait_until(
            lambda part=part: _shown(house, redrive_id)["moved"] > part * MANY / 5, seconds=30, what="some of it"
        )
        house.kill_notifier()

    wait_until(lambda: _shown(house, redrive_id)["state"] == "done", seconds=60, what="the end of the redrive")
    # What a crash left on its way arrives within half a minute at most.
    wait_until(lambda: house.service.stats("q")["total"] == MANY, seconds=60, what="what was on its way")

    counted = Counter(message["body"] for message in house.service.every_message("q"))
    assert counted == Counter(range(MANY))
    assert house.service.stats("dead")["total"] == 0
