"""Subscribers who are asked first (http section 9.6), and secrets that are rotated: by real notifiers, with real receivers."""

import contextlib
import itertools
import json
import urllib.request
import uuid

import pytest
from standardwebhooks import Webhook

from tests.integration.notifier.house import House
from tests.integration.process import wait_until

REQUIRED = {"notification": {"require_confirmation": "true"}, "signed_url": {"secret_key": "k" * 32}}
COPIED = ("URL-Signature", "URL-Methods", "URL-Paths", "URL-Expires", "X-Project-ID")


@pytest.fixture
def asking(tmp_path, store):
    """A service on each store that asks subscribers first."""
    with contextlib.ExitStack() as stack:
        yield House(tmp_path, store | REQUIRED, stack)


def _said(receiver):
    """Return what was sent, each once."""
    return list({one.id: one.document for one in list(receiver.deliveries)}.values())


def _questions(receiver):
    return [one for one in _said(receiver) if one["Message_Type"] != "Notification"]


def _bodies(receiver):
    return [one["body"] for one in _said(receiver) if one["Message_Type"] == "Notification"]


def _answer(house, question, member):
    """Answer as a subscriber does, who has nothing but what he was sent."""
    own = {"Client-ID": str(uuid.uuid4()), "Content-Type": "application/json"}
    headers = {name: question[name] for name in COPIED} | own
    body = json.dumps(question[member]).encode()
    request = urllib.request.Request(f"{house.server.url}{question['URL-Paths']}", body, headers, method="PUT")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 204


def _post(house, kind, body):
    status, _ = house.service.call("POST", f"/v2/{kind}/q/messages", {"messages": [{"body": body}]})
    assert status == 201


def _is_passed_over(house, receiver, kind, made, body):
    """Post, wait until it was seen, and tell whether nothing was sent."""
    _post(house, kind, body)
    wait_until(lambda: house.deliveries("q", made, kind=kind)["pending"] == 0, what="the post to be seen")
    return body not in _bodies(receiver)


@pytest.mark.parametrize("kind", ["queues", "topics"])
def test_nothing_is_sent_to_whoever_has_not_agreed(asking, receiver, kind):
    made = asking.subscribe("q", f"{receiver.url}/hook", kind=kind)
    (question,) = wait_until(lambda: _questions(receiver), what="the question")
    assert _is_passed_over(asking, receiver, kind, made, "unasked")

    _answer(asking, question, "SubscribeBody")
    _post(asking, kind, "wanted")
    wait_until(lambda: _bodies(receiver) == ["wanted"], what="the message")
    _answer(asking, question, "UnsubscribeBody")
    wait_until(lambda: len(_questions(receiver)) == 2, what="the way back")
    # A notifier at work learns of it within a second.
    numbers = itertools.count()
    wait_until(
        lambda: _is_passed_over(asking, receiver, kind, made, next(numbers)), what="the notifier to leave him alone"
    )
    assert _is_passed_over(asking, receiver, kind, made, "unwanted")
    _answer(asking, _questions(receiver)[1], "SubscribeBody")
    _post(asking, kind, "wanted again")
    wait_until(lambda: "wanted again" in _bodies(receiver), what="the message")

    assert "unwanted" not in _bodies(receiver)
    assert [one["Message_Type"] for one in _questions(receiver)] == [
        "SubscriptionConfirmation",
        "UnsubscribeConfirmation",
    ]


def test_both_secrets_sign_for_a_day_after_a_rotation(embedded, receiver):
    made = embedded.subscribe("q", f"{receiver.url}/hook")
    path = f"/v2/queues/q/subscriptions/{made}/secret"
    _, first = embedded.service.call("GET", path)
    _, second = embedded.service.call("POST", path)
    _post(embedded, "queues", 1)

    wait_until(lambda: receiver.deliveries, what="the message")

    (delivery,) = receiver.deliveries
    for secret in (first["secret"], second["secret"]):
        assert Webhook(secret).verify(delivery.body, delivery.headers)["body"] == 1
    assert second["former_secret"] == first["secret"]
