"""What asks a subscriber whether it agrees: notifications N-54 to N-60."""

import json
from datetime import UTC, datetime

import msgspec
import pytest

from tests.builders import queue_key
from tests.clock import MovableClock
from tests.notification.builders import subscription
from zaqar.models import Question
from zaqar.notification.confirmation import Confirmations
from zaqar.signing import Grant, Signer

EXPIRES = 1_800_003_600


def made(message_type="SubscriptionConfirmation", kind="queue", **where):
    """Return the text for a subscription, with the signer that made it."""
    signer = Signer(["s3cret"], MovableClock())
    asked = Question(message_type, EXPIRES)
    queue = queue_key(project="p1", name="orders", kind=kind)
    made = Confirmations(signer=signer, **where).asked(queue, subscription(id="ab12"), asked)
    return json.loads(msgspec.json.encode(made)), signer


@pytest.mark.parametrize("kind", ["queue", "topic"])
def test_the_headers_that_it_names_open_the_confirm_resource(kind):
    text, signer = made(kind=kind)

    path = f"/v2/{kind}s/orders/subscriptions/ab12/confirm"
    grant = Grant([path], ["PUT"], "p1", datetime.fromtimestamp(EXPIRES, UTC))
    signer.verify(grant, text["URL-Signature"])
    assert (text["URL-Paths"], text["URL-Methods"], text["URL-Expires"]) == (path, "PUT", "2027-01-15T09:00:00")
    assert text["X-Project-ID"] == "p1"


def test_it_tells_what_to_send_and_of_which_queue():
    text, _ = made()

    assert text["SubscribeBody"] == {"confirmed": True}
    assert text["UnsubscribeBody"] == {"confirmed": False}
    assert text["queue_name"] == "orders"
    assert "orders" in text["Message"]
    assert text["Message_Type"] == "SubscriptionConfirmation"


def test_it_names_the_endpoints_only_where_they_are_known():
    text, _ = made()

    assert "WSGISubscribeURL" not in text
    assert "WebSocketSubscribeURL" not in text


def test_an_endpoint_keeps_its_own_path():
    text, _ = made(endpoint={"zaqar": "https://host/messaging/", "zaqar-websocket": "wss://host:9000"}.get)

    assert text["WSGISubscribeURL"] == "https://host/messaging/v2/queues/orders/subscriptions/ab12/confirm"
    assert text["WebSocketSubscribeURL"] == "wss://host:9000/v2/queues/orders/subscriptions/ab12/confirm"


def test_who_unsubscribed_is_told_how_to_come_back():
    text, _ = made("UnsubscribeConfirmation")

    assert text["Message_Type"] == "UnsubscribeConfirmation"
    assert "subscribe again" in text["Message"]
