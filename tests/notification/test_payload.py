"""What is sent to a webhook: notifications N-13 to N-20, judged by the reference library of Standard Webhooks."""

import json

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.builders import queue_key
from tests.notification.builders import FORMER, SECRET, noticed, subscription
from zaqar.clock import SystemClock
from zaqar.notification import payload

QUEUE = queue_key(name="orders")


def test_a_notification_has_the_message_the_type_and_the_queue_and_nothing_else():
    text = payload.notification(QUEUE, noticed(ttl=60), b'{"a": 1}')

    assert json.loads(text) == {"body": {"a": 1}, "ttl": 60, "Message_Type": "Notification", "queue_name": "orders"}


def test_a_delay_is_told_where_there_is_one():
    assert json.loads(payload.notification(QUEUE, noticed(delay=7), b"1"))["delay"] == 7


@pytest.mark.parametrize(
    "body", [b'{"b" :1.0,\n "a":[ ]}', '"\u00e9\\u00e9"'.encode(), b"12345678901234567890.10", b"null"]
)
def test_a_body_stands_in_the_notification_byte_for_byte(body):
    assert payload.notification(QUEUE, noticed(), body).startswith(b'{"body": ' + body + b", ")


def test_without_a_template_the_notification_itself_is_sent():
    assert payload.in_template({}, b"{}") == b"{}"


def test_a_template_has_the_message_in_each_quoted_place_and_only_there():
    options = {"post_data": '{"a": "$zaqar_message$", "b": ["$zaqar_message$"], "c": "pre $zaqar_message$"}'}

    assert payload.in_template(options, b"[1]") == b'{"a": [1], "b": [[1]], "c": "pre $zaqar_message$"}'


def test_a_template_need_not_be_json():
    assert payload.in_template({"post_data": 'h\u00e9 "$zaqar_message$"'}, b"[1]") == "h\u00e9 [1]".encode()


def test_an_empty_template_sends_nothing():
    assert payload.in_template({"post_data": ""}, b"[1]") == b""


def test_the_content_is_json_unless_the_subscription_says_otherwise():
    assert payload.headers({}) == {"Content-Type": "application/json"}
    assert payload.headers({"post_headers": {"content-TYPE": "text/plain", "X-A": "b"}}) == {
        "content-TYPE": "text/plain",
        "X-A": "b",
    }


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "CONNECTION", "Webhook-Id", "webhook-x"]
)
def test_headers_of_the_service_are_not_a_subscriptions_to_set(name):
    assert payload.headers({"post_headers": {name: "x"}}) == {"Content-Type": "application/json"}


@pytest.mark.parametrize("given", [{"X-A": "b\r\nX-B: c"}, {"X\nA": "b"}, {"X-A": 1}, "nonsense"])
def test_headers_that_could_not_be_stored_today_are_left_out(given):
    assert payload.headers({"post_headers": given}) == {"Content-Type": "application/json"}


def signed(body, **changes):
    now = SystemClock().now()
    return payload.signed("message-1", now, body, payload.signing_keys(subscription(**changes), now))


def test_a_receiver_that_has_the_secret_accepts_the_signature():
    body = b'{"body": 1, "ttl": 60}'

    assert Webhook(SECRET).verify(body, signed(body)) == {"body": 1, "ttl": 60}


def test_a_receiver_refuses_another_body_or_another_secret():
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b'{"body": 2}', signed(b'{"body": 1}'))
    with pytest.raises(WebhookVerificationError):
        Webhook(FORMER).verify(b'{"body": 1}', signed(b'{"body": 1}'))


def test_the_former_secret_signs_along_while_it_lasts():
    lasting = {"former_secret": FORMER, "former_secret_ends": SystemClock().now() + 60}

    for secret in (SECRET, FORMER):
        Webhook(secret).verify(b"{}", signed(b"{}", **lasting))


def test_a_former_secret_that_has_ended_signs_nothing():
    headers = signed(b"{}", former_secret=FORMER, former_secret_ends=SystemClock().now())

    with pytest.raises(WebhookVerificationError):
        Webhook(FORMER).verify(b"{}", headers)
