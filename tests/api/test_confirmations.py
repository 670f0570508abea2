"""Subscribers are asked whether they want what is posted, where the operator wants that (http S-34 to S-39, notifications A7)."""

import logging
from datetime import UTC, datetime

import pytest

from tests.api import signed
from tests.api.notified import notified
from tests.api.signed import KEY
from tests.api.subscribed import HOOK, change, confirm, show, subscribe, subscribed
from zaqar.models import Question

REQUIRED = "[notification]\nrequire_confirmation = true\n"
every_source = pytest.mark.parametrize("source", ["queues/q", "topics/t"])


@pytest.fixture
def service(tmp_path, clock):
    with notified(tmp_path, clock, f"{KEY}{REQUIRED}[transport]\ndefault_subscription_ttl = 777\n") as made:
        yield made


def _path(subscription_id, source="queues/q"):
    return f"/v2/{source}/subscriptions/{subscription_id}/confirm"


def _headers(client, path, expires, paths=()):
    """Return the headers of a subscriber who was sent a confirmation that ends then."""
    text = datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    made = signed.made_by_hand(*(paths or (path,)), methods=("PUT",), project=client.project, expires=text)
    return signed.headers(made)


def _answer(client, path, expires, confirmed=True, paths=()):
    """Answer a confirmation."""
    body = b'{"confirmed": true}' if confirmed else b'{"confirmed": false}'
    return client.send("PUT", path, body, _headers(client, path, expires, paths))


@every_source
def test_a_new_subscriber_is_asked(service, clock, source):
    """S-35, S-37, S-39, notifications N-55"""
    made = subscribed(service.client, source, ttl=600)

    assert service.asked(source) == [(made, Question("SubscriptionConfirmation", clock.now() + 600))]
    assert show(service.client, made, source).body["confirmed"] is False


def test_what_is_sent_is_tried_as_long_as_its_signature_is_good(service):
    """notifications N-32"""
    subscribed(service.client, ttl=600)
    subscribed(service.client, "queues/r", ttl=220_367_260_800)

    assert [notice.messages[0].ttl for notice in service.notices()] == [600]
    assert [notice.messages[0].ttl for notice in service.notices("queues/r")] == [1_209_600]


def test_who_subscribes_again_is_asked_again(service, clock):
    """S-14, notifications N-55: with the ttl of the new request."""
    made = subscribed(service.client, ttl=600)

    subscribed(service.client, ttl=900)

    assert [(one, sent.expires - clock.now()) for one, sent in service.asked()] == [(made, 600), (made, 900)]
    for seconds in (600, 900):
        assert _answer(service.client, _path(made), clock.now() + seconds).status == 204


@every_source
def test_a_subscriber_confirms_unsubscribes_and_comes_back_with_one_signature(service, clock, source):
    """S-28, S-34, S-39, notifications N-57"""
    made = subscribed(service.client, source, ttl=600)
    path, end = _path(made, source), clock.now() + 600

    for confirmed in (True, False, True, True):
        answer = _answer(service.client, path, end, confirmed=confirmed)
        assert (answer.status, answer.location) == (204, path)
        assert show(service.client, made, source).body["confirmed"] is confirmed


def test_who_unsubscribes_is_told_how_to_come_back(service, clock):
    """S-37, S-39, notifications N-55"""
    made = subscribed(service.client, ttl=600)

    confirm(service.client, made, False)

    assert service.asked()[1:] == [(made, Question("UnsubscribeConfirmation", clock.now() + 777))]
    assert _answer(service.client, _path(made), clock.now() + 777).status == 204


def test_confirming_sends_nothing(service):
    """notifications N-55"""
    made = subscribed(service.client)

    confirm(service.client, made)
    change(service.client, made, ttl=100, options={"a": 1})

    assert len(service.asked()) == 1


def test_another_subscriber_has_to_agree_anew(service, clock):
    """S-20, notifications N-65"""
    made = subscribed(service.client, ttl=600)
    confirm(service.client, made)

    change(service.client, made, subscriber=f"{HOOK}/2")

    assert show(service.client, made).body["confirmed"] is False
    assert [sent.message_type for _, sent in service.asked()] == ["SubscriptionConfirmation"] * 2


def test_what_the_former_subscriber_was_sent_opens_nothing(service, clock):
    """S-34, notifications N-65"""
    made = subscribed(service.client, ttl=600)
    old = clock.now() + 600
    clock.move(1)
    change(service.client, made, subscriber=f"{HOOK}/2")

    refused = _answer(service.client, _path(made), old)

    assert (refused.status, refused.body) == (404, {"title": "404 Not Found"})
    assert show(service.client, made).body["confirmed"] is False
    assert _answer(service.client, _path(made), clock.now() + 600).status == 204


def test_what_the_former_subscriber_was_sent_opens_nothing_though_it_would_end_with_what_the_new_one_is_sent(
    service, clock
):
    """S-34, notifications N-65"""
    made = subscribed(service.client, ttl=600)

    change(service.client, made, subscriber=f"{HOOK}/2")

    assert _answer(service.client, _path(made), clock.now() + 600).status == 404
    ((_, _), (_, sent)) = service.asked()
    assert _answer(service.client, _path(made), sent.expires).status == 204


@pytest.mark.parametrize("asked_before", [0, 10])
def test_what_a_former_subscriber_was_sent_opens_nothing_however_the_times_are_chosen(service, clock, asked_before):
    """S-34, notifications N-65: whoever subscribes chooses them, and could confirm for others by what he was sent himself."""
    made = subscribed(service.client, ttl=600)
    old = clock.now() + 600
    for shorter in range(asked_before):
        subscribed(service.client, ttl=500 - shorter)
    change(service.client, made, subscriber=f"{HOOK}/2", ttl=300)
    clock.move(100)

    change(service.client, made, subscriber=f"{HOOK}/3", ttl=500)

    assert _answer(service.client, _path(made), old).status == 404
    assert show(service.client, made).body["confirmed"] is False
    *_, (_, sent) = service.asked()
    assert _answer(service.client, _path(made), sent.expires).status == 204


def test_what_a_former_subscriber_was_sent_opens_nothing_however_often_the_present_one_is_asked(service, clock):
    """S-34, notifications N-65"""
    made = subscribed(service.client, ttl=600)
    old = clock.now() + 600
    change(service.client, made, subscriber=f"{HOOK}/2")
    for _ in range(12):
        subscribed(service.client, subscriber=f"{HOOK}/2", ttl=700)
        clock.move(1)

    subscribed(service.client, subscriber=f"{HOOK}/2", ttl=old - clock.now())

    assert _answer(service.client, _path(made), old).status == 404


def test_the_same_subscriber_given_again_is_no_other(service, clock):
    """notifications N-65"""
    made = subscribed(service.client, ttl=600)
    confirm(service.client, made)

    change(service.client, made, subscriber=HOOK, options={"a": 1})

    assert show(service.client, made).body["confirmed"] is True
    assert len(service.asked()) == 1
    assert _answer(service.client, _path(made), clock.now() + 600).status == 204


def test_the_latest_ten_confirmations_are_good(service, clock):
    """S-34"""
    made = subscribed(service.client, ttl=600)
    for number in range(10):
        subscribe(service.client, ttl=601 + number)

    answers = [_answer(service.client, _path(made), clock.now() + 600 + number).status for number in range(11)]

    assert answers == [404] + [204] * 10


def test_a_signature_that_was_not_sent_confirms_nothing(service, clock):
    """S-34: whoever knows the key could make it, and whoever may share the subscriptions can."""
    client, made = service.client, subscribed(service.client, ttl=600)
    path, end = _path(made), clock.now() + 600
    shared = signed.share(
        client,
        paths=["subscriptions"],
        methods=["PUT"],
        expires=datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
    )

    refused = [
        _answer(client, path, end + 1),
        _answer(client, path, end, paths=("/v2/queues/q/subscriptions",)),
        _answer(client, path, end, paths=(path, "/v2/queues/other/messages")),
        signed.ask(client, shared, "PUT", path, {"confirmed": True}),
    ]

    assert [(answer.status, answer.body) for answer in refused] == [(404, {"title": "404 Not Found"})] * 4
    assert show(client, made).body["confirmed"] is False


def test_a_signature_for_what_is_gone_learns_nothing(service, clock):
    """S-34, U-17"""
    made = subscribed(service.client, ttl=600)
    service.client.ask("DELETE", f"/queues/q/subscriptions/{made}")

    answer = _answer(service.client, _path(made), clock.now() + 600)

    assert (answer.status, answer.body) == (404, {"title": "404 Not Found"})


def test_an_expired_confirmation_opens_nothing(service, clock):
    """S-39"""
    made = subscribed(service.client, ttl=600)
    end = clock.now() + 600
    change(service.client, made, ttl=6000)
    clock.move(600)

    assert _answer(service.client, _path(made), end).status == 404
    assert confirm(service.client, made).status == 204


def test_the_answer_of_a_subscriber_is_checked_as_any_other(service, clock):
    """S-29, S-34"""
    made = subscribed(service.client, ttl=600)
    path, end = _path(made), clock.now() + 600

    answer = service.client.send("PUT", path, b"{}", _headers(service.client, path, end))

    assert answer.error == (400, "Invalid API request")


def test_without_a_key_nobody_is_asked_and_the_log_says_so(tmp_path, clock, caplog):
    """S-36, notifications N-54"""
    with notified(tmp_path, clock, REQUIRED) as service:
        made = subscribed(service.client)
        changed = change(service.client, made, subscriber=f"{HOOK}/2")

        assert service.asked() == []
        assert changed.status == 204
    assert [record.levelno for record in caplog.records if "secret_key" in record.message] == [logging.ERROR] * 2


def test_where_nobody_has_to_confirm_nobody_is_asked(tmp_path, clock, caplog):
    """S-35, notifications N-2"""
    with notified(tmp_path, clock, KEY) as service:
        made = subscribed(service.client)
        confirm(service.client, made, False)
        change(service.client, made, subscriber=f"{HOOK}/2")

        assert service.asked() == []
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_who_is_confirmed_is_not_asked_again(service):
    """S-14"""
    made = subscribed(service.client)
    confirm(service.client, made)

    assert subscribe(service.client).status == 409
    assert len(service.asked()) == 1


def test_a_question_outlives_the_queue(service):
    """notifications N-68"""
    made = subscribed(service.client)
    service.client.delete_queue("q")

    assert confirm(service.client, made, False).status == 204

    assert len(service.asked()) == 2
    assert service.client.list_queues().names == ["q"]
