"""python-zaqarclient as a library: what clients.md 3.3 lists of subscriptions."""

import pytest
from zaqarclient.queues import client
from zaqarclient.transport import errors

from tests.integration.clients.subscriptions import HOOK

# What a client is warned of by its own libraries is not for us to repair.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def zaqar(server, project):
    options = {"auth_opts": {"backend": "noauth", "options": {"project_id": project}}}
    return client.Client(server.url, version=2, conf=options)


@pytest.fixture
def queue(zaqar):
    return zaqar.queue("jobs")


def test_a_subscription_is_made_read_changed_and_deleted(zaqar):
    """clients K-30, K-40"""
    made = zaqar.subscription("jobs", subscriber=HOOK, ttl=600, options={"a": 1})
    again = zaqar.subscription("jobs", subscriber=HOOK, ttl=900)
    nulls = zaqar.subscription("jobs", subscriber=f"{HOOK}/2", ttl=220367260800, options=None)

    assert (made.subscriber, made.ttl, made.options, made.confirmed) == (HOOK, 600, {"a": 1}, False)
    assert made.age >= 0
    assert (again.id, again.ttl) == (made.id, 600)
    assert nulls.options == {}

    made.update({"ttl": 700, "options": {"b": 2}, "subscriber": None})
    shown = zaqar.subscription("jobs", id=made.id)
    assert (shown.subscriber, shown.ttl, shown.options) == (HOOK, 700, {"b": 2})

    made.delete()
    made.delete()
    with pytest.raises(errors.ResourceNotFound):
        zaqar.subscription("jobs", id=made.id)


def test_three_kinds_of_subscribers_are_listed(zaqar):
    """clients 9, test_subscriptions: also where nothing sends mail."""
    wanted = ["http://fake:8080", "https://fake:8080", "mailto:fake@123.com"]
    for subscriber in wanted:
        assert (
            zaqar.subscription("jobs", subscriber=subscriber, ttl=600).id
            == zaqar.subscription("jobs", subscriber=subscriber, ttl=700).id
        )

    assert [one.subscriber for one in zaqar.subscriptions("jobs", detailed=True)] == wanted


def test_subscriptions_are_listed_page_by_page(zaqar, queue):
    """clients K-18"""
    ids = [zaqar.subscription("jobs", subscriber=f"{HOOK}/{number}", ttl=600).id for number in range(7)]

    assert [one.id for one in zaqar.subscriptions("jobs", limit=3, detailed=True).stream()] == ids
    assert [one.subscriber for one in queue.subscriptions(marker=ids[5])] == [f"{HOOK}/6"]


def test_purge_removes_subscriptions(zaqar, queue):
    zaqar.subscription("jobs", subscriber=HOOK, ttl=600)

    queue.purge(resource_types=["subscriptions"])

    assert list(zaqar.subscriptions("jobs")) == []


def test_a_subscriber_that_cannot_be_is_refused_with_the_reason(zaqar):
    with pytest.raises(errors.MalformedRequest, match="must be supported in the list"):
        zaqar.subscription("jobs", subscriber="email://fake", ttl=600)
