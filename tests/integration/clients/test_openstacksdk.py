"""openstacksdk without Keystone (clients.md section 5)."""

import contextlib

import openstack.exceptions
import pytest
from keystoneauth1 import noauth, session
from openstack import connection
from openstack.message.v2.claim import Claim

from tests.integration.clients.subscriptions import HOOK

# What a client is warned of by its own libraries is not for us to repair.
pytestmark = pytest.mark.filterwarnings("ignore")


class Tenant(noauth.NoAuth):
    """No token, but a project, which every call needs."""

    def __init__(self, endpoint, project):
        super().__init__(endpoint=endpoint)
        self.project = project

    def get_project_id(self, session, **kwargs):
        return self.project


@pytest.fixture
def message(server, project):
    auth = session.Session(auth=Tenant(server.url, project))
    with contextlib.closing(connection.Connection(session=auth, message_endpoint_override=server.url)) as cloud:
        yield cloud.message


def post(message, *bodies):
    resources = message.post_message("jobs", [{"body": body, "ttl": 300} for body in bodies])
    return [path.rpartition("/")[2] for path in resources]


def test_queues_are_created_shown_listed_and_deleted(message):
    message.create_queue(name="jobs", default_message_ttl=600, description="what is to do")
    message.create_queue(name="mails")

    shown = message.get_queue("jobs")
    assert (shown.default_message_ttl, shown.max_messages_post_size) == (600, 262144)
    assert shown.description == "what is to do"
    assert [queue.name for queue in message.queues()] == ["jobs", "mails"]

    message.delete_queue("jobs")
    message.delete_queue("jobs")

    assert [queue.name for queue in message.queues()] == ["mails"]


def test_listings_of_several_pages_end(message):
    names = [f"queue-{number:02}" for number in range(25)]
    for name in names:
        message.create_queue(name=name)
    for first in range(0, 25, 5):
        post(message, *range(first, first + 5))

    assert [queue.name for queue in message.queues(limit=4)] == sorted([*names, "jobs"])
    assert [found.body for found in message.messages("jobs", limit=4)] == list(range(25))
    assert [found.body for found in message.messages("jobs")] == list(range(25))


def test_messages_are_posted_listed_shown_and_deleted(message):
    ids = post(message, {"n": 1}, "two")

    # Each call of the SDK is another client: its own messages are shown without an echo.
    assert [found.id for found in message.messages("jobs")] == ids
    assert message.get_message("jobs", ids[0]).body == {"n": 1}

    message.delete_message("jobs", ids[0])

    with pytest.raises(openstack.exceptions.NotFoundException):
        message.get_message("jobs", ids[0])
    assert [found.body for found in message.messages("jobs", echo=True, include_claimed=True)] == ["two"]


def test_a_listing_goes_on_after_the_id_of_a_message(message):
    ids = post(message, "one", "two", "three")

    assert [found.body for found in message.messages("jobs", marker=ids[0], limit=20)] == ["two", "three"]


def test_messages_are_claimed_renewed_deleted_and_released(message):
    post(message, "one", "two")
    # create_claim of the connection is broken in the SDK itself (clients K-37); its resource is not.
    claim = Claim.new(queue_name="jobs", ttl=60, grace=60, limit=2).create(message)

    shown = message.get_claim("jobs", claim.id)
    assert shown.ttl == 60
    assert [found["body"] for found in shown.messages] == ["one", "two"]
    message.update_claim("jobs", claim.id, ttl=120, grace=60)
    assert message.get_claim("jobs", claim.id).ttl == 120

    message.delete_message("jobs", shown.messages[0]["id"], claim.id)
    message.delete_claim("jobs", claim.id)

    assert [found.body for found in message.messages("jobs")] == ["two"]
    with pytest.raises(openstack.exceptions.NotFoundException):
        message.get_claim("jobs", claim.id)


def test_claiming_from_an_empty_queue_gives_nothing(message):
    claim = Claim.new(queue_name="jobs", ttl=60, grace=60).create(message)

    assert claim.id is None
    assert not claim.messages


def test_subscriptions_are_made_shown_listed_and_deleted(message):
    made = [message.create_subscription("jobs", subscriber=f"{HOOK}/{number}", ttl=600) for number in range(12)]

    shown = message.get_subscription("jobs", made[0].subscription_id)
    assert (shown.subscriber, shown.ttl, shown.options, shown.source) == (f"{HOOK}/0", 600, {}, "jobs")
    assert shown.age >= 0
    listed = [one.subscriber for one in message.subscriptions("jobs", limit=5)]
    assert listed == [f"{HOOK}/{number}" for number in range(12)]

    message.delete_subscription("jobs", made[0].subscription_id)
    message.delete_subscription("jobs", made[0].subscription_id)

    with pytest.raises(openstack.exceptions.NotFoundException):
        message.get_subscription("jobs", made[0].subscription_id)
