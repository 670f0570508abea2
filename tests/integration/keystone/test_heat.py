"""What Heat and its agents ask, with real tokens and a real catalogue (clients.md section 6)."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from zaqarclient.transport import errors

from tests.integration.keystone import clients
from tests.integration.keystone.server import KeystoneServer
from tests.integration.process import RunningServer, running_server, wait_until

pytestmark = pytest.mark.filterwarnings("ignore")

TTL_OF_HEAT = 220367260800


@pytest.fixture(scope="module")
def service(keystone, tmp_path_factory) -> Iterator[RunningServer]:
    settings = {
        **keystone.settings(),
        "server": {"workers": 1},
        "notification": {"allowed_networks": "127.0.0.0/8"},
        "signed_url": {"secret_key": "k" * 32},
        "trustee": keystone.trustee(),
    }
    with running_server(tmp_path_factory.mktemp("service"), settings) as running:
        yield running


@pytest.fixture
def heat(service: RunningServer, keystone: KeystoneServer) -> Any:
    """Heat's client for somebody who makes a stack."""
    return clients.of("member-one", keystone, service.url)


@pytest.fixture
def name() -> str:
    """Return the name of a queue as Heat makes one."""
    return f"stack-{uuid.uuid4()}"


def _event(number: int) -> dict[str, object]:
    return {
        "timestamp": "2026-11-28T12:00:00Z",
        "version": "0.1",
        "type": "os.heat.event",
        "id": str(uuid.UUID(int=number)),
        "payload": {
            "resource_name": f"server-{number}",
            "physical_resource_id": None,
            "stack_id": "arn:openstack:heat::p:stacks/s/1",
            "resource_action": "CREATE",
            "resource_status": "COMPLETE",
            "resource_status_reason": "state changed",
            "resource_type": "OS::Nova::Server",
            "resource_properties": {"image": "debian", "größe": 1.0},
            "version": "0.1",
        },
    }


def test_a_thousand_events_of_a_stack_sink_into_a_queue_that_nobody_made(heat, name):
    """clients K-38, K-39"""
    events = [_event(number) for number in range(1000)]

    for event in events:
        heat.queue(name).post({"body": event, "ttl": 3600})

    found = list(heat.queue(name).messages(echo=True, limit=20).stream())
    assert [message.body for message in found] == events
    assert {message.ttl for message in found} == {3600}


def test_a_queue_with_metadata_is_there_once_something_was_posted(heat, name):
    """clients K-41"""
    queue = heat.queue(name)
    with pytest.raises(errors.ResourceNotFound):
        queue.metadata(new_meta={"colour": "red"})

    queue.post({"body": 1, "ttl": 60})
    made = queue.metadata(new_meta={"colour": "red"})
    updated = queue.metadata(new_meta={"size": 2})
    queue.delete()
    queue.delete()

    assert made["colour"] == "red"
    assert (updated["size"], "colour" in updated) == (2, False)


def test_a_subscription_without_options_is_delivered_changed_and_deleted(heat, name, receiver):
    """clients K-40"""
    made = heat.subscription(name, subscriber=f"{receiver.url}/a", ttl=TTL_OF_HEAT, options=None)
    as_made = (made.ttl, made.options)
    heat.queue(name).post({"body": "first", "ttl": 300})
    wait_until(lambda: receiver.bodies("/a") == ["first"], what="the first message")

    made.update({"subscriber": f"{receiver.url}/b", "ttl": TTL_OF_HEAT, "options": None})
    heat.queue(name).post({"body": "second", "ttl": 300})
    wait_until(lambda: receiver.bodies("/b") == ["second"], what="the second message")
    made.delete()

    assert as_made == (TTL_OF_HEAT, {})
    assert receiver.bodies("/a") == ["first"]
    with pytest.raises(errors.ResourceNotFound):
        heat.subscription(name, id=made.id)


def test_a_signed_url_has_five_members_which_are_all_that_its_user_needs(heat, name, service):
    """clients K-42, K-45"""
    share = heat.queue(name).signed_url(paths=["messages", "claims"], methods=["GET", "DELETE", "PATCH", "POST", "PUT"])

    holder = clients.with_signature(share, service.url).queue(name)
    holder.post([{"body": "by the holder", "ttl": 300}])
    (message,) = list(holder.claim(ttl=60, grace=60))
    message.delete()

    assert set(share) == {"paths", "methods", "project", "expires", "signature"}
    assert message.body == "by the holder"
    assert list(heat.queue(name).messages(echo=True, include_claimed=True)) == []


def test_a_guest_signals_its_outputs_and_the_engine_polls_for_them(heat, name, service):
    """clients K-44"""
    share = heat.queue(name).signed_url(paths=["messages"], methods=["GET", "DELETE"])
    engine = clients.with_signature(share, service.url).queue(name)
    nothing_yet = list(engine.pop())
    heat.queue(name).post([{"body": {"deploy_stdout": "done", "deploy_status_code": 0}, "ttl": 600}])

    polled, then = list(engine.pop()), list(engine.pop())
    heat.queue(name).delete()

    assert nothing_yet == []
    assert [message.body for message in polled] == [{"deploy_stdout": "done", "deploy_status_code": 0}]
    assert then == []
    assert list(engine.pop()) == []
    assert list(heat.queue(name).pop()) == []
    with pytest.raises(errors.ResourceNotFound):
        engine.post([{"body": "a signature for GET and DELETE", "ttl": 60}])


def test_metadata_reach_a_server_up_to_the_limit_of_a_post(heat, name):
    """clients K-43, K-46"""
    metadata = {"deployments": [{"config": "#!/bin/sh\n" * 20_000}]}
    heat.queue(name).post({"body": metadata, "ttl": 3600})

    (message,) = list(heat.queue(name).pop(1))
    with pytest.raises(errors.MalformedRequest, match="262144"):
        heat.queue(name).post({"body": metadata | {"more": "x" * 70_000}, "ttl": 3600})
    heat.queue(name).delete()

    assert message.body == metadata
    assert list(heat.queue(name).pop(1)) == []


def test_a_message_starts_a_workflow_with_a_token_of_whoever_made_the_stack(heat, name, receiver, keystone):
    """clients K-53"""
    receiver.answer = lambda _: 201
    workflow = {
        "workflow_id": "w-1",
        "params": {"env": {"notification": "$zaqar_message$"}, "description": "by a message"},
        "input": {"name": "größe"},
    }
    trigger = heat.subscription(
        name,
        subscriber=f"trust+{receiver.url}/v2/executions",
        ttl=TTL_OF_HEAT,
        options={"post_data": json.dumps(workflow)},
    )
    heat.queue(name).post({"body": {"quotes": '"\\"', "n": 1}, "ttl": 300})

    (delivery,) = wait_until(lambda: receiver.deliveries, what="the trigger")

    told = {"body": {"quotes": '"\\"', "n": 1}, "ttl": 300, "Message_Type": "Notification", "queue_name": name}
    expected = workflow | {"params": {"env": {"notification": told}, "description": "by a message"}}
    assert (delivery.path, delivery.document) == ("/v2/executions", expected)
    assert delivery.headers["content-type"] == "application/json"
    token = keystone.ask("GET", "/auth/tokens", headers={"X-Subject-Token": delivery.headers["x-auth-token"]})["token"]
    assert token["user"]["name"] == "member-one"
    trust = heat.subscription(name, id=trigger.id).options["trust_id"]
    trigger.delete()
    assert trust not in [one["id"] for one in keystone.ask("GET", "/OS-TRUST/trusts")["trusts"]]
