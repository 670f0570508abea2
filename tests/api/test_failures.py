"""When the store cannot answer, or the service has a fault (http X-35, O-7)."""

import pytest

from tests.api.http_client import PATCH_TYPE
from tests.api.rules import BODIES, RULES
from zaqar.errors import Unavailable
from zaqar.storage.sql.management.queues import Queues
from zaqar.storage.sql.messages.claims import QueueClaims
from zaqar.storage.sql.messages.deliveries import QueueDeliveries
from zaqar.storage.sql.messages.messages import QueueMessages
from zaqar.storage.sql.messages.records import QueueRecords
from zaqar.storage.sql.messages.redrives import QueueRedrives
from zaqar.storage.sql.messages.subscriptions import QueueSubscriptions

ASK_NO_STORE = ("ping:get", "queues:share")


@pytest.fixture
def no_store(monkeypatch):
    """Neither store can answer."""

    def unavailable(*arguments, **named):
        raise Unavailable("The database is locked.")

    nouns = (QueueRecords, QueueMessages, QueueClaims, QueueSubscriptions, QueueDeliveries, QueueRedrives, Queues)
    for noun in nouns:
        for verb in dir(noun.__base__):
            if not verb.startswith("_"):
                monkeypatch.setattr(noun, verb, unavailable)


@pytest.mark.parametrize(("rule", "method", "target"), [row for row in RULES if row[0] not in ASK_NO_STORE])
def test_a_store_that_cannot_answer_is_a_503_on_every_route(client, no_store, rule, method, target):
    """X-35, Q-10, M-13, M-23, M-45, C-11, O-41"""
    answer = client.request(method, target, BODIES.get(rule, b""), Content_Type=PATCH_TYPE)

    assert answer.error == (503, "Service temporarily unavailable")
    assert answer.body["description"].endswith("Please try again in a few seconds.")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["x-openstack-request-id"]


@pytest.mark.parametrize(
    ("cause", "end"),
    [
        (None, "The store is away."),
        (OSError(111, "Refused"), "The store is away. ConnectionRefusedError(111, 'Refused')"),
        (RuntimeError(10 * "Topology Description: <...>"), "The store is away."),
    ],
)
def test_a_store_that_cannot_answer_is_one_line_of_the_log_without_its_library_s_dump(
    client, monkeypatch, caplog, cause, end
):
    def unavailable(*arguments, **named):
        raise Unavailable("The store is away.") from cause

    monkeypatch.setattr(QueueMessages, "list", unavailable)

    assert client.list("q").error is Unavailable

    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.getMessage().endswith(f"cannot be served: {end}")
    assert record.exc_info is None


@pytest.mark.parametrize("path", ["/", "/v2/"])
def test_what_needs_no_store_answers_without_one(client, no_store, path):
    assert client.request("GET", path).status < 400


def test_an_unexpected_failure_shows_the_request_id_and_no_more(client, monkeypatch, caplog):
    """O-7: the operator finds the reason in the log by that id."""

    def broken(*arguments, **named):
        raise ZeroDivisionError("secret of the inside")

    monkeypatch.setattr(QueueMessages, "list", broken)

    answer = client.request("GET", "/v2/queues/q/messages")

    assert answer.error == (500, "Internal server error")
    assert b"secret" not in answer.data
    request_id = answer.headers["x-openstack-request-id"]
    assert request_id in answer.body["description"]
    (record,) = [record for record in caplog.records if record.exc_info]
    assert request_id in record.getMessage()
