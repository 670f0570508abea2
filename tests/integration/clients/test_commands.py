"""The commands ``openstack messaging ...``, called as the command line calls them (clients.md section 4)."""

import io
import json
import uuid
from types import SimpleNamespace

import pytest
from zaqarclient.queues import client
from zaqarclient.queues.v2 import cli

from tests.integration.clients.subscriptions import HOOK

# What a client is warned of by its own libraries is not for us to repair.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def messaging(server, project):
    """Run one command and return its rows, or the values of the one thing it shows."""
    options = {"auth_opts": {"backend": "noauth", "options": {"project_id": project}}}
    zaqar = client.Client(server.url, version=2, conf=options)
    app = SimpleNamespace(client_manager=SimpleNamespace(messaging=zaqar), stdout=io.StringIO(), NAME="cli")

    def run(command, *words):
        command = command(app, None)
        output = command.take_action(command.get_parser("cli").parse_args(list(words)))
        return list(output[1]) if output else None

    return run


ME = ("--client-id", uuid.uuid4().hex)
ANOTHER = ("--client-id", str(uuid.uuid4()))


def post(messaging, *bodies):
    messaging(cli.PostMessages, "jobs", json.dumps([{"body": body, "ttl": 300} for body in bodies]), *ME)


def bodies(messaging, *words):
    return [row[1] for row in messaging(cli.ListMessages, "jobs", *words)]


def test_ping_and_homedoc(messaging, capsys):
    assert messaging(cli.Ping) == [True]

    messaging(cli.HomeDoc)

    assert "rel/queue" in json.loads(capsys.readouterr().out)["resources"]


def test_queue_create_list_and_delete(messaging):
    assert messaging(cli.CreateQueue, "jobs") == ["jobs"]
    messaging(cli.CreateQueue, "mails")

    assert messaging(cli.ListQueues) == [("jobs",), ("mails",)]
    assert messaging(cli.ListQueues, "--limit", "1", "--with_count") == [("jobs",)]
    assert messaging(cli.ListQueues, "--marker", "jobs") == [("mails",)]
    name, metadata, href = messaging(cli.ListQueues, "--detailed")[0]
    assert (name, metadata["_default_message_ttl"], href) == ("jobs", 3600, "/v2/queues/jobs")

    messaging(cli.DeleteQueue, "jobs")

    assert messaging(cli.ListQueues) == [("mails",)]


def test_queue_set_and_get_metadata(messaging):
    messaging(cli.CreateQueue, "jobs")

    messaging(cli.SetQueueMetadata, "jobs", '{"_default_message_ttl": 600, "colour": "red"}')

    (metadata,) = messaging(cli.GetQueueMetadata, "jobs")
    assert (metadata["_default_message_ttl"], metadata["colour"]) == (600, "red")


def test_queue_stats_and_purge(messaging):
    post(messaging, "one", "two")
    assert messaging(cli.GetQueueStats, "jobs")[0]["messages"]["free"] == 2

    messaging(cli.PurgeQueue, "jobs", "--resource_types", "messages")
    assert messaging(cli.GetQueueStats, "jobs")[0]["messages"]["total"] == 0

    post(messaging, "three")
    messaging(cli.PurgeQueue, "jobs")
    assert messaging(cli.GetQueueStats, "jobs")[0]["messages"]["total"] == 0


def test_message_post_and_list(messaging):
    post(messaging, "one", {"n": 2})

    assert bodies(messaging, *ME) == []
    assert bodies(messaging, *ME, "--echo", "--limit", "1") == ["one"]
    rows = messaging(cli.ListMessages, "jobs", *ANOTHER)
    assert [row[1] for row in rows] == ["one", {"n": 2}]

    claimed = messaging(cli.CreateClaim, "jobs", "--limit", "1")
    assert bodies(messaging, *ANOTHER) == [{"n": 2}]
    assert bodies(messaging, *ANOTHER, "--include-claimed", "--include-delayed") == ["one", {"n": 2}]
    assert claimed[0][1] == rows[0][0]


def test_message_list_by_id(messaging):
    post(messaging, "one", "two")
    first = messaging(cli.ListMessages, "jobs", *ANOTHER)[0][0]

    assert bodies(messaging, "--message-ids", first, *ANOTHER) == ["one"]


def test_claim_create_query_renew_and_release(messaging):
    post(messaging, "one", "two")

    rows = messaging(cli.CreateClaim, "jobs", "--ttl", "60", "--grace", "60", "--limit", "2")
    claim = rows[0][0]
    assert [row[4] for row in rows] == ["one", "two"]
    assert [row[3] for row in messaging(cli.QueryClaim, "jobs", claim)] == ["one", "two"]
    renewed = messaging(cli.RenewClaim, "jobs", claim, "--ttl", "600", "--grace", "60")
    assert [row[3] for row in renewed] == ["one", "two"]
    assert messaging(cli.CreateClaim, "jobs") == []

    messaging(cli.ReleaseClaim, "jobs", claim)

    assert len(messaging(cli.CreateClaim, "jobs")) == 2


def test_queue_signed_url(messaging, server, project):
    post(messaging, "one")
    words = ("--paths", "messages,claims", "--ttl-seconds", "600", "--methods", "GET,POST")

    # The command shows names and values side by side, and run returns the values.
    paths, methods, expires, signature, its_project = messaging(cli.CreateSignedUrl, "jobs", *words)

    assert (paths, methods, its_project) == ("/v2/queues/jobs/claims,/v2/queues/jobs/messages", "GET,POST", project)
    options = {
        "paths": paths.split(","),
        "methods": methods.split(","),
        "expires": expires,
        "signature": signature,
        "os_project_id": its_project,
    }
    holder = client.Client(server.url, version=2, conf={"auth_opts": {"backend": "signed-url", "options": options}})
    assert [message.body for message in holder.queue("jobs").messages(echo=True)] == ["one"]
    assert messaging(cli.CreateSignedUrl, "jobs")[:2] == ["/v2/queues/jobs/messages", "GET"]


def test_subscription_create_update_show_list_and_delete(messaging):
    made, subscriber, ttl, options = messaging(cli.CreateSubscription, "jobs", HOOK, "600", "--options", '{"a": 1}')
    other, *_ = messaging(cli.CreateSubscription, "jobs", f"{HOOK}/2", "600")
    assert (subscriber, ttl, options) == (HOOK, 600, {"a": 1})

    messaging(cli.UpdateSubscription, "jobs", made, "--ttl", "900")

    # What is not given on the line is sent as null, but for the options.
    shown = messaging(cli.ShowSubscription, "jobs", made)
    assert (shown[0], shown[1], shown[2], shown[4], shown[5]) == (made, HOOK, 900, False, {})
    assert [row[0] for row in messaging(cli.ListSubscriptions, "jobs")] == [made, other]
    assert [row[0] for row in messaging(cli.ListSubscriptions, "jobs", "--marker", made)] == [other]

    messaging(cli.DeleteSubscription, "jobs", made)

    assert [row[0] for row in messaging(cli.ListSubscriptions, "jobs")] == [other]
