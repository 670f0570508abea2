"""Subscribers that are mail addresses (http S-8, S-35, notifications N-40 to N-43, N-54)."""

from datetime import UTC, datetime

import pytest

from tests.api.notified import notified
from tests.api.signed import KEY, ask, made_by_hand
from tests.api.subscribed import HOOK, change, confirm, show, subscribe, subscribed
from zaqar.models import Question

JANE = "mailto:jane@example.org?subject=A%20job"


@pytest.fixture
def service(tmp_path, clock):
    with notified(tmp_path, clock, KEY) as made:
        yield made


def _agree(service, subscription_id):
    """Answer as the page does that the link in the mail leads to; return the status."""
    ends = next(question.expires for whom, question in reversed(service.asked()) if whom == subscription_id)
    path = f"/v2/queues/q/subscriptions/{subscription_id}/confirm"
    expires = datetime.fromtimestamp(ends, UTC).replace(tzinfo=None).isoformat()
    signed = made_by_hand(path, methods=["PUT"], project=service.client.project, expires=expires)
    return ask(service.client, signed, "PUT", path, {"confirmed": True}).status


def _asked(service):
    return [(whom, question.message_type) for whom, question in service.asked()]


def test_an_address_is_asked_whatever_the_operator_wants_of_others(service, clock):
    """S-35, notifications N-54"""
    made = subscribed(service.client, subscriber=JANE, ttl=600)
    hook = subscribed(service.client)

    assert service.asked() == [(made, Question("SubscriptionConfirmation", clock.now() + 600))]
    assert show(service.client, made).body["confirmed"] is False
    assert show(service.client, hook).body["subscriber"] == HOOK


def test_who_is_not_wanted_any_more_is_told_how_to_come_back(service):
    """notifications N-55"""
    made, hook = subscribed(service.client, subscriber=JANE), subscribed(service.client)
    assert _agree(service, made) == 204
    assert confirm(service.client, hook, confirmed=True).status == 204
    for one in (made, hook):
        assert confirm(service.client, one, confirmed=False).status == 204

    assert _asked(service) == [(made, "SubscriptionConfirmation"), (made, "UnsubscribeConfirmation")]


def test_nobody_agrees_for_an_address_but_who_reads_its_mail(service):
    """S-34"""
    made = subscribed(service.client, subscriber=JANE)

    answer = confirm(service.client, made)

    assert answer.status == 403
    assert "by the link" in answer.body["description"]
    assert show(service.client, made).body["confirmed"] is False
    assert confirm(service.client, made, confirmed=False).status == 204
    assert _agree(service, made) == 204
    assert confirm(service.client, made).status == 204


def test_a_webhook_that_becomes_an_address_has_to_agree(service):
    """notifications N-65"""
    made = subscribed(service.client)
    confirm(service.client, made)

    assert change(service.client, made, subscriber=JANE).status == 204

    assert show(service.client, made).body["confirmed"] is False
    assert _asked(service) == [(made, "SubscriptionConfirmation")]


def test_an_address_that_becomes_a_webhook_is_asked_no_more(service):
    made = subscribed(service.client, subscriber=JANE)
    assert _agree(service, made) == 204

    assert change(service.client, made, subscriber=HOOK).status == 204

    assert show(service.client, made).body["confirmed"] is True
    assert len(service.asked()) == 1


def test_an_address_with_another_subject_is_another_subscriber(service):
    first = subscribed(service.client, subscriber=JANE)

    assert subscribed(service.client, subscriber=f"{JANE}s") != first
    assert subscribed(service.client, subscriber=JANE) == first


REFUSED = [
    ({"subscriber": "mailto:nobody"}, "one address"),
    ({"subscriber": "mailto:a@b,c@d"}, "one address"),
    ({"subscriber": "mailto:a@b%0D%0ABcc:c@d"}, "one address"),
    ({"subscriber": "mailto:a@b?subject=x%0D%0ABcc:c@d"}, "control character"),
    ({"subscriber": "mailto:a@b\r\nBcc: c@d"}, "control character"),
    ({"subscriber": JANE, "options": {"from": "a@b\r\nBcc: c@d"}}, "control character"),
    ({"subscriber": JANE, "options": {"subject": "x\nBcc: c@d"}}, "control character"),
    ({"subscriber": JANE, "options": {"subject": "=?utf-8?q?x=0D=0ABcc:c=40d?="}}, "hides a control character"),
    ({"subscriber": JANE, "options": {"from": "nobody"}}, "one mail address"),
    ({"subscriber": JANE, "options": {"from": ["a@b"]}}, "must be a string"),
    ({"subscriber": JANE, "options": {"subject": 1}}, "must be a string"),
]


@pytest.mark.parametrize(("document", "sentence"), REFUSED)
def test_what_could_break_out_of_a_header_is_refused(service, document, sentence):
    """notifications N-40, N-43"""
    made = subscribed(service.client, subscriber=JANE)

    created, changed = subscribe(service.client, **document), change(service.client, made, **document)

    for answer in (created, changed):
        assert answer.error == (400, "Invalid API request")
        assert sentence in answer.body["description"]


def test_what_is_wrong_in_a_mail_is_no_matter_for_webhooks(service):
    assert subscribe(service.client, options={"from": 1, "subject": "a\nb"}).status == 201


def test_options_that_no_mail_can_have_are_refused_when_they_alone_change(service):
    made = subscribed(service.client, subscriber=JANE)

    assert change(service.client, made, options={"subject": "a\nb"}).status == 400
    assert change(service.client, made, options={"subject": "ab"}).status == 204
