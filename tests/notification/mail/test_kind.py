"""Subscribers that are mail addresses (notifications A5, N-61)."""

import asyncio

import pytest

from tests.builders import queue_key
from tests.mail_sink import running_sink
from tests.notification.builders import subscription
from tests.notification.test_confirmation_link import asked
from zaqar.errors import Invalid
from zaqar.notification.kinds.kind import Answer, Delivery, Surroundings
from zaqar.notification.kinds.mail import Mail
from zaqar.notification.mail.address import Sender
from zaqar.notification.mail.settings import Encryption, MailSettings, Server, Template
from zaqar.notification.settings import NotifierSettings

OURS = Sender("Zaqar", "zaqar@example.com")
TEMPLATES = {
    "confirmation": Template(subject="Confirm", sender=OURS, body="{0} of {1}: {{}} below: {2}"),
    "farewell": Template(subject="Farewell", sender=OURS, body="{1}"),
}


def _kind(port=0, *, page=lambda: "https://pages/confirm"):
    server = Server(host="127.0.0.1", port=port, encryption=Encryption.NONE)
    mail = MailSettings(server=server, sender=Sender("", "default@example.com"), **TEMPLATES)
    return Mail(NotifierSettings(mail=mail, confirmation_page=page))


def _delivered(kind, whom, **changes):
    """Deliver one message; return the answer."""

    async def nothing(*_):
        """Stand for what mail has no use for."""

    async def run():
        await kind.open(Surroundings(in_thread=nothing, post_copy=lambda **_: None))
        known = {"queue": queue_key(), "subscription": whom, "prepared": kind.prepare(whom), "position": 1}
        known |= {"message_id": "m1", "body": b"1", "text": b'{"body": 1}', "ttl": 60, "created": 0, "now": 0}
        try:
            return await kind.deliver(Delivery(**known | changes))
        finally:
            await kind.close()

    return asyncio.run(run())


@pytest.fixture
def sink():
    with running_sink() as sink:
        yield sink


def test_a_message_is_a_mail(sink):
    whom = subscription("mailto:a@b?subject=S", options={"from": "x@y", "post_data": "webhooks only"})

    answer = _delivered(_kind(sink.port), whom)

    (mail,) = sink.mails
    assert answer.is_delivered
    assert (mail.sender, mail.recipients, mail.message["Subject"], mail.text) == ("x@y", ["a@b"], "S", '{"body": 1}')
    assert mail.id == f"<m1.{whom.id}@y>"


def test_who_names_no_sender_has_the_operator_s(sink):
    _delivered(_kind(sink.port), subscription("mailto:a@b"))

    assert sink.mails[0].sender == "default@example.com"


@pytest.mark.parametrize(
    ("kind_of_question", "subject", "text"),
    [
        ("SubscriptionConfirmation", "Confirm", "q of p\u00fc: {} below: https://pages/confirm?Signature=ab12&"),
        ("UnsubscribeConfirmation", "Farewell", "p\u00fc"),
    ],
)
def test_a_question_is_made_of_its_template_and_takes_nothing_from_the_options(sink, kind_of_question, subject, text):
    """N-61"""
    whom = subscription("mailto:a@b?subject=S", options={"from": "x@y", "subject": "mine"})

    _delivered(_kind(sink.port), whom, asked=asked(message_type=kind_of_question, project="pü"))

    (mail,) = sink.mails
    assert (mail.sender, mail.message["Subject"]) == ("zaqar@example.com", subject)
    assert mail.text.startswith(text)


def test_a_question_waits_where_no_link_can_be_made(sink):
    answer = _delivered(_kind(sink.port, page=lambda: None), subscription("mailto:a@b"), asked=asked())

    assert answer == Answer("no link can be made", is_ours=True)
    assert sink.mails == []


@pytest.mark.parametrize("bad", [{"subscriber": "mailto:a@b%0A"}, {"options": {"subject": "a\r\nBcc: x@y"}}])
def test_what_was_stored_before_it_was_refused_is_not_sent(sink, bad):
    whom = subscription(**{"subscriber": "mailto:a@b"} | bad)

    answer = _delivered(_kind(sink.port), whom)

    assert answer.is_final
    assert sink.mails == []


def test_where_nobody_says_how_mail_is_sent_it_waits():
    assert _delivered(Mail(NotifierSettings()), subscription("mailto:a@b")).is_ours


def test_only_an_address_can_subscribe():
    with pytest.raises(Invalid, match="one address"):
        _kind().parse("mailto:nobody", {}, queue_key())

    _kind().parse("mailto:a@b", {"anything": 1}, queue_key())


def test_it_is_tried_again_for_as_long_as_messages_live_by_a_schedule_of_its_own():
    """N-31"""
    assert Mail.waits[:7] == (5, 30, 60, 300, 900, 1800, 3600)
    assert sum(Mail.waits) > 14 * 86_400
    assert Mail.is_always_asked


def test_an_address_is_not_flooded_with_questions(sink):
    """N-61"""
    kind, queue = _kind(sink.port), queue_key()
    answers = [
        _delivered(
            kind, subscription("mailto:a@b", id=f"{number}"), asked=asked(), message_id=f"m{number}", queue=queue
        )
        for number in range(7)
    ]

    assert len(sink.mails) == 5
    assert {(answer.text, answer.is_final) for answer in answers[5:]} == {
        ("the address was asked too often today", True)
    }
