"""Where webhooks may be sent to with Keystone on, and what its catalogue changes in that (notifications N-58, N-77)."""

import contextlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.integration.keystone.conftest import Caller
from tests.integration.keystone.server import KeystoneServer, keystone
from tests.integration.process import RunningServer, free_port, running_server, wait_until


@pytest.fixture(scope="module")
def own_keystone() -> Iterator[KeystoneServer]:
    """One whose catalogue no other test changes: all of its endpoints are on 127.0.0.1."""
    with keystone() as server:
        yield server


@pytest.fixture
def serve(own_keystone, tmp_path):
    """Start a service that the catalogue leads to."""
    with contextlib.ExitStack() as stack:

        def start(**groups: dict[str, object]) -> RunningServer:
            port = free_port()
            own_keystone.publish(f"http://127.0.0.1:{port}")
            settings = {**own_keystone.settings(), "server": {"workers": 1}, **groups}
            return stack.enter_context(running_server(tmp_path, settings, port=port))

        yield start


class Subscriber(Caller):
    """Subscribes an address to a queue of its own."""

    def __init__(self, service: RunningServer, token: str) -> None:
        super().__init__(service)
        self.token = token
        self.path = f"/v2/queues/queue-{uuid.uuid4().hex[:8]}"

    def subscribe(self, subscriber: str) -> requests.Response:
        return self("POST", f"{self.path}/subscriptions", self.token, json={"subscriber": subscriber})

    def post(self) -> None:
        assert self("POST", f"{self.path}/messages", self.token, json={"messages": [{"body": 1}]}).status_code == 201

    def record(self, made: requests.Response) -> dict[str, list[dict[str, object]]]:
        path = f"{self.path}/subscriptions/{made.json()['subscription_id']}/deliveries"
        return dict(self("GET", path, self.token).json())


def test_a_local_address_is_refused_at_once_and_a_local_name_when_it_is_sent_to(serve, own_keystone, receiver):
    subscriber = Subscriber(serve(), own_keystone.any_token("member-one"))

    refused = [subscriber.subscribe(f"http://{host}:{receiver.port}") for host in ("127.0.0.2", "[::1]", "10.1.2.3")]
    made = subscriber.subscribe(f"http://localhost:{receiver.port}/hook")
    subscriber.post()
    wait_until(lambda: subscriber.record(made)["failing"], what="a failed attempt")

    assert [answer.status_code for answer in refused] == [400] * 3
    assert all("allowed_networks" in answer.json()["description"] for answer in refused)
    assert made.status_code == 201
    assert subscriber.record(made)["failing"][0]["last_answer"] == "the address is not allowed"
    assert receiver.deliveries == []


def test_a_network_that_the_operator_allows_is_sent_to(serve, own_keystone, receiver):
    service = serve(notification={"allowed_networks": "127.0.0.0/8,::1/128"})
    subscriber = Subscriber(service, own_keystone.any_token("member-one"))

    assert subscriber.subscribe(f"http://127.0.0.1:{receiver.port}/address").status_code == 201
    assert subscriber.subscribe(f"http://localhost:{receiver.port}/name").status_code == 201
    subscriber.post()

    wait_until(lambda: {one.path for one in receiver.deliveries} == {"/address", "/name"}, what="both deliveries")


def test_hosts_of_the_catalogue_are_sent_to_whatever_their_address(serve, own_keystone, receiver):
    subscriber = Subscriber(serve(), own_keystone.any_token("member-one"))

    made = subscriber.subscribe(f"http://127.0.0.1:{receiver.port}/mistral")
    assert made.status_code == 201, made.text
    subscriber.post()

    (delivery,) = wait_until(lambda: receiver.deliveries, seconds=30, what="the message")
    assert delivery.path == "/mistral"


def test_the_question_for_a_confirmation_says_where_the_service_is(serve, own_keystone, receiver):
    service = serve(
        notification={"require_confirmation": "true", "allowed_networks": "127.0.0.0/8"},
        signed_url={"secret_key": "k" * 32},
    )
    subscriber = Subscriber(service, own_keystone.any_token("member-one"))
    made = subscriber.subscribe(f"{receiver.url}/hook")

    def asked_again() -> dict[str, Any] | None:
        before = len(receiver.deliveries)
        subscriber.subscribe(f"{receiver.url}/hook")
        wait_until(lambda: len(receiver.deliveries) > before, what="the question")
        question: dict[str, Any] = receiver.deliveries[-1].document
        return question if "WSGISubscribeURL" in question else None

    # The first may go out before the notifier has read the catalogue.
    question = wait_until(asked_again, what="a question that says where")
    assert question
    copied = ("URL-Signature", "URL-Methods", "URL-Paths", "URL-Expires", "X-Project-ID")
    answer = requests.put(
        question["WSGISubscribeURL"],
        data=json.dumps(question["SubscribeBody"]),
        headers={name: question[name] for name in copied}
        | {"Client-ID": str(uuid.uuid4()), "Content-Type": "application/json"},
        timeout=10,
    )

    assert question["WSGISubscribeURL"] == service.url + question["URL-Paths"]
    assert "WebSocketSubscribeURL" not in question
    assert answer.status_code == 204
    shown = subscriber("GET", f"{subscriber.path}/subscriptions/{made.json()['subscription_id']}", subscriber.token)
    assert shown.json()["confirmed"] is True
