"""What is on record of deliveries, and what a notifier hears of (http S-45, S-46)."""

import pytest

from tests.api.notified import SECOND, notified
from tests.api.subscribed import change, confirm, subscribe, subscribed
from zaqar.models import Failing, Outcome, Progress

every_source = pytest.mark.parametrize("source", ["queues/q", "topics/t"])


@pytest.fixture
def service(tmp_path, clock):
    with notified(tmp_path, clock) as made:
        yield made


def _record(client, subscription_id, source="queues/q"):
    return client.ask("GET", f"/{source}/subscriptions/{subscription_id}/deliveries")


def _retry(client, subscription_id, source="queues/q"):
    return client.ask("POST", f"/{source}/subscriptions/{subscription_id}/deliveries/retry")


def _post(client, source="queues/q"):
    return client.ask("POST", f"/{source}/messages", document={"messages": [{"body": 1}]})


@every_source
def test_of_a_new_subscription_there_is_nothing_but_what_waits(service, source):
    """S-45"""
    made = subscribed(service.client, source)
    for _ in range(3):
        _post(service.client, source)

    answer = _record(service.client, made, source)

    assert answer.status == 200
    assert answer.body.pop("attempted_until").startswith("2027-01-")
    assert answer.body == {
        "subscription_id": made,
        "pending": 3,
        "failing": [],
        "outcomes": [],
        "counts": {"delivered": 0, "failed_attempts": 0, "given_up": 0},
    }


def test_what_fails_and_what_is_done_is_shown(service):
    """S-45"""
    made = subscribed(service.client)
    (failing,), (done,) = (_post(service.client).ids for _ in range(2))
    start = 1_800_000_000
    progress = Progress(
        high=int(done[:14], 16),
        failing=[Failing(int(failing[:14], 16), failing[14:], 3, (start + 5) * 1000 + 999, "503")],
        outcomes=[Outcome("first", False, 15, start, "timed out"), Outcome(done, True, 1, start + 1, "200")],
        delivered=7,
        failed_attempts=18,
        given_up=1,
    )
    service.deliver(made, progress)

    shown = _record(service.client, made).body

    assert shown["failing"] == [
        {"message_id": failing, "attempts": 3, "next_attempt": "2027-01-15T08:00:05", "last_answer": "503"}
    ]
    assert shown["outcomes"] == [
        {"message_id": done, "outcome": "delivered", "attempts": 1, "at": "2027-01-15T08:00:01", "reason": "200"},
        {
            "message_id": "first",
            "outcome": "given up",
            "attempts": 15,
            "at": "2027-01-15T08:00:00",
            "reason": "timed out",
        },
    ]
    assert shown["counts"] == {"delivered": 7, "failed_attempts": 18, "given_up": 1}
    assert shown["pending"] == 0
    assert service.client.get("q", failing).message.body == 1


def test_what_was_brought_back_is_shown_with_the_id_that_its_subscriber_knows(service):
    """S-45"""
    made = subscribed(service.client)
    (own,) = _post(service.client).ids
    position, token = int(own[:14], 16), own[14:]
    failing = [Failing(position, token, 1, 5000, "503", "first"), Failing(position, token, 1, 5000, "503")]
    outcomes = [Outcome(own, True, 1, 5, "200"), Outcome(own, False, 1, 5, "503", "first")]
    service.deliver(made, Progress(high=position, failing=failing, outcomes=outcomes))

    shown = _record(service.client, made).body

    for found in (shown["failing"], shown["outcomes"]):
        assert [one["message_id"] for one in found] == [own, own]
        assert [one.get("original_id", "none") for one in found] == ["first", "none"]


def test_the_record_tells_until_when_all_was_attempted(service, clock):
    """S-45"""
    made = subscribed(service.client)
    _post(service.client)
    service.deliver(made, Progress(high=1_800_000_000 * SECOND + 17))

    assert _record(service.client, made).body["attempted_until"] == "2027-01-15T08:00:00"


@every_source
def test_what_fails_is_wanted_to_be_tried_now(service, source):
    """S-46"""
    made = subscribed(service.client, source)
    _post(service.client, source)
    service.heard.taken()

    answer = _retry(service.client, made, source)

    assert (answer.status, answer.data) == (204, b"")
    assert service.heard.taken() == [service.key(source)]
    (lease,) = service.store.deliveries.lease(service.key(source), holder="test", seconds=3, limit=10)
    assert lease.is_hurried


@pytest.mark.parametrize("ask", [_record, _retry])
def test_what_is_not_there_has_no_record(service, ask):
    """S-45, S-46"""
    made = subscribed(service.client)

    for answer in (
        ask(service.client, "123"),
        ask(service.client, made, "topics/q"),
        ask(service.client, made, "queues/r"),
    ):
        assert answer.error == (404, "Not found")


@every_source
def test_a_post_to_subscribers_is_news_and_leaves_a_notice(service, source):
    """notifications N-4"""
    _post(service.client, source)
    assert service.heard.taken() == []
    subscribed(service.client, source)
    service.heard.taken()

    _post(service.client, source)

    assert service.heard.taken() == [service.key(source)]
    assert len(service.notices(source)) == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda client, made: subscribe(client, subscriber="http://b"),
        lambda client, made: change(client, made, ttl=60),
        confirm,
        lambda client, made: client.ask("DELETE", f"/queues/q/subscriptions/{made}"),
        lambda client, made: client.ask("POST", f"/queues/q/subscriptions/{made}/secret"),
        lambda client, made: client.ask("POST", "/queues/q/purge"),
    ],
    ids=["subscribe", "change", "confirm", "unsubscribe", "rotate", "purge"],
)
def test_whatever_changes_subscriptions_is_news(service, act):
    made = subscribed(service.client)
    service.heard.taken()

    assert act(service.client, made).status < 300

    assert service.heard.taken() == [service.key()]


def test_looking_is_no_news(service):
    made = subscribed(service.client)
    service.heard.taken()

    _record(service.client, made)
    service.client.ask("GET", "/queues/q/subscriptions")
    service.client.list("q")

    assert service.heard.taken() == []


def test_the_operator_may_turn_delivery_off(tmp_path, clock):
    """notifications N-1"""
    with notified(tmp_path, clock, "[notification]\nenabled = false\n") as service:
        subscribed(service.client)
        service.heard.taken()

        assert _post(service.client).status == 201

        assert service.notices() == []
        assert service.heard.taken() == []
