"""What Aodh and Ceilometer ask, with real tokens (clients.md section 7)."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from zaqarclient.transport import errors

from tests.integration.keystone import clients
from tests.integration.keystone.conftest import Caller
from tests.integration.process import RunningServer, running_server, wait_until

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def service(keystone, tmp_path_factory) -> Iterator[RunningServer]:
    settings = {
        **keystone.settings(),
        "server": {"workers": 1},
        "notification": {"allowed_networks": "127.0.0.0/8"},
        "signed_url": {"secret_key": "k" * 32},
    }
    with running_server(tmp_path_factory.mktemp("service"), settings) as running:
        yield running


@pytest.fixture
def project(service, keystone) -> Any:
    return clients.of("member-one", keystone, service.url)


def _alarm(state: str) -> dict[str, object]:
    return {
        "alarm_id": str(uuid.uuid4()),
        "alarm_name": "cpu",
        "severity": "low",
        "previous": "ok",
        "current": state,
        "reason": "Transition to alarm",
        "reason_data": {"type": "threshold", "count": 1, "most_recent": 0.93},
    }


def test_an_alarm_by_a_signed_url_has_the_default_ttl(project, service):
    """clients K-49"""
    name = f"alarms-{uuid.uuid4()}"
    share = project.queue(name).signed_url(paths=["messages"], methods=["POST"])
    alarm = _alarm("alarm")

    clients.with_signature(share, service.url).queue(name).post([{"body": alarm}])

    (message,) = list(project.queue(name).messages(echo=True))
    assert (message.body, message.ttl) == (alarm, 3600)


def test_an_alarm_of_a_topic_is_posted_each_time_to_subscribers_who_are_subscribed_each_time(project, receiver):
    """clients K-50"""
    name = f"{uuid.uuid4()}-{'t' * 27}"
    subscribers = [f"{receiver.url}/a", f"{receiver.url}/b"]
    for state in ("alarm", "ok", "insufficient data"):
        for subscriber in subscribers:
            project.subscription(name, subscriber=subscriber, ttl=3600)
        project.queue(name).post({"body": _alarm(state), "ttl": 3600})

    wait_until(lambda: len(receiver.counts()) == 3 and len(receiver.deliveries) >= 6, what="six deliveries")

    for path in ("/a", "/b"):
        assert [body["current"] for body in receiver.bodies(path)] == ["alarm", "ok", "insufficient data"]
    assert [one.subscriber for one in project.subscriptions(name)] == subscribers


def test_a_subscriber_who_has_confirmed_is_a_conflict(project, service, keystone, receiver):
    """clients K-50"""
    name = f"{uuid.uuid4()}-topic"
    made = project.subscription(name, subscriber=receiver.url, ttl=3600)
    caller_path = f"/v2/queues/{name}/subscriptions/{made.id}/confirm"
    answer = Caller(service)("PUT", caller_path, keystone.any_token("member-one"), json={"confirmed": True})

    assert answer.status_code == 204
    with pytest.raises(errors.ConflictError):
        project.subscription(name, subscriber=receiver.url, ttl=3600)


def test_a_batch_of_samples_is_one_post(project):
    """clients K-52"""
    name = f"samples-{uuid.uuid4()}"
    samples = [
        {"source": "openstack", "counter_name": "cpu", "counter_volume": number, "resource_metadata": {"host": "h"}}
        for number in range(1000)
    ]

    answer = project.queue(name).post([{"body": sample, "ttl": 3600} for sample in samples])

    assert len(answer["resources"]) == 1000
    assert [message.body for message in project.queue(name).messages(echo=True, limit=20).stream()] == samples
