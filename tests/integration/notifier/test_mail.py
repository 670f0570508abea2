"""Mail from a real notifier, by a real mail server and by a program (notifications A5, A7)."""

import contextlib
import json
import random
import re
import ssl
import sys

import pytest

from tests.integration import mail_links
from tests.integration.notifier.house import House
from tests.integration.process import wait_until
from tests.integration.server.certificates import self_signed
from tests.mail_sink import running_sink

KEY = {"signed_url": {"secret_key": "k" * 32}}
PUBLIC = "https://zaqar.example.com/messaging"
PAGE = "https://pages.example.com/agree"
MAIL = {
    "smtp_mode": "self_local",
    "smtp_host": "127.0.0.1",
    "smtp_user_name": "zaqar",
    "smtp_user_password": "right",
    "smtp_sender": "Zaqar <zaqar@example.com>",
}
ADDRESS = "jane@example.org"
ORDER = ["Signature", "Methods", "Paths", "Project", "Expires", "Url", "Queue"]


@pytest.fixture
def sink(tmp_path):
    """A mail server that speaks TLS from the start, and wants a login."""
    files = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with running_sink(tls=context, wants_login=True) as sink:
        yield sink


@pytest.fixture
def house(tmp_path, store, sink):
    """A service on each store that sends mail, and asks nobody else."""
    options = MAIL | {"smtp_port": sink.port, "smtp_ca_file": tmp_path / "certificate.pem"}
    with contextlib.ExitStack() as stack:
        settings = store | KEY | {"notification": options, "server": {"workers": 2, "public_url": PUBLIC}}
        yield House(tmp_path, settings, stack)


def _link(mail):
    return mail_links.read(mail.text)


def _answer(house, values, *, confirmed):
    mail_links.answer(house.server.url, values, confirmed=confirmed)


def _confirmed(house, sink, queue="q", address=ADDRESS, **members):
    """Subscribe an address, and agree with what it is sent."""
    made = house.subscribe(queue, f"mailto:{address}", **members)
    (question,) = wait_until(lambda: sink.to(address), what="the question")
    _answer(house, dict(_link(question)[1]), confirmed=True)
    return made


def test_from_the_subscription_to_the_mail_and_back(house, sink):
    """notifications N-40, N-54, N-55, N-61, N-62"""
    options = {"from": "Jobs <jobs@example.org>", "subject": "of the options"}
    made = house.subscribe("q", f"mailto:{ADDRESS}?subject=A%20job", options=options)
    (question,) = wait_until(lambda: sink.mails, what="the question")
    page, said = _link(question)
    house.service.post("q", ["before"])
    wait_until(lambda: house.deliveries("q", made)["pending"] == 0, what="the post to be passed over")

    _answer(house, dict(said), confirmed=True)
    house.service.post("q", [{"event": "grüße"}])
    wait_until(lambda: len(sink.mails) > 1, what="the mail")
    _answer(house, dict(said), confirmed=False)
    wait_until(lambda: len(sink.mails) > 2, what="the farewell")

    _, mail, farewell = sink.mails
    assert question.sender == "zaqar@example.com"
    assert question.message["Subject"] == "Zaqar Notification - Subscription Confirmation"
    assert page == f"{PUBLIC}/confirm"
    assert [name for name, _ in said] == ORDER
    path = f"/v2/queues/q/subscriptions/{made}/confirm"
    assert (dict(said)["Paths"], dict(said)["Url"]) == (path, PUBLIC + path)
    assert (mail.sender, mail.recipients) == ("jobs@example.org", [ADDRESS])
    assert mail.message["Subject"] == "A job"
    assert json.loads(mail.text) == {
        "body": {"event": "grüße"},
        "ttl": 3600,
        "Message_Type": "Notification",
        "queue_name": "q",
    }
    assert farewell.message["Subject"] == "Zaqar Notification - Unsubscribe Confirmation"
    assert _link(farewell)[0] == page
    assert "right" not in house.server.log
    assert ADDRESS not in house.server.log


def test_a_killed_notifier_loses_no_mail(house, sink):
    _confirmed(house, sink)

    ids = [house.service.post("q", [number])[0] for number in range(25)]
    wait_until(lambda: len(sink.mails) > random.randint(2, 20), what="some mails")
    house.kill_notifier()
    ids += [house.service.post("q", [number])[0] for number in range(25, 50)]

    wait_until(lambda: len({one.id for one in sink.mails}) == 1 + len(ids), seconds=30, what="all mails")
    told = [json.loads(one.text)["body"] for one in sink.mails if one.text.startswith("{")]
    assert set(told) == set(range(50))
    by_id = {one.id: one.content for one in sink.mails}
    assert all(by_id[one.id] == one.content for one in sink.mails), "a mail that comes again is the same mail"


def test_what_a_server_refuses_for_good_is_given_up_with_its_status_on_record(house, sink):
    made = _confirmed(house, sink, options={"_dead_letter_queue": "undeliverable"})
    sink.to_recipient = lambda _: "550 5.1.1 secret words"

    (lost,) = house.service.post("q", [1])

    (outcome, *_) = wait_until(
        lambda: [one for one in house.deliveries("q", made)["outcomes"] if one["message_id"] == lost],
        what="the outcome",
    )
    assert (outcome["outcome"], outcome["attempts"], outcome["reason"]) == ("given up", 1, "status 550 5.1.1")
    _, dead = house.service.call("GET", "/v2/queues/undeliverable/messages?echo=true")
    assert [one["body"] for one in dead["messages"]] == [1]
    assert "secret words" not in house.server.log


def test_what_a_server_refuses_for_now_is_tried_again_when_somebody_asks(house, sink):
    made = _confirmed(house, sink, options={"_retry_policy": {"retries_with_no_delay": 0}})
    sink.to_mail = lambda _: "451 4.3.0 later"
    house.service.post("q", ["late"])
    (failing,) = wait_until(lambda: house.deliveries("q", made)["failing"], what="the failure")
    assert failing["last_answer"] == "status 451 4.3.0"

    sink.to_mail = lambda _: "250 OK"
    house.service.call("POST", f"/v2/queues/q/subscriptions/{made}/deliveries/retry")

    wait_until(lambda: any('"late"' in one.text for one in sink.mails), what="the mail")


def test_a_topic_sends_mail_too(house, sink):
    made = house.subscribe("news", f"mailto:{ADDRESS}", kind="topics")
    (question,) = wait_until(lambda: sink.mails, what="the question")
    _answer(house, dict(_link(question)[1]), confirmed=True)

    house.service.call("POST", "/v2/topics/news/messages", {"messages": [{"body": 1}]})

    wait_until(lambda: len(sink.mails) == 2, what="the mail")
    assert dict(_link(question)[1])["Paths"] == f"/v2/topics/news/subscriptions/{made}/confirm"


def test_a_program_takes_the_mails(tmp_path):
    program = tmp_path / "program"
    program.write_text(
        f"#!{sys.executable}\nimport os, pathlib, sys\n"
        f"name = pathlib.Path({str(tmp_path)!r}) / f'mail-{{os.getpid()}}'\n"
        "name.with_suffix('.part').write_bytes(sys.stdin.buffer.read())\nname.with_suffix('.part').rename(name)\n"
    )
    program.chmod(0o755)
    options = {"smtp_command": f"{program} -t -oi", "external_confirmation_url": PAGE}

    with contextlib.ExitStack() as stack:
        house = House(tmp_path, KEY | {"notification": options}, stack)
        house.subscribe("q", f"mailto:{ADDRESS}")
        (kept,) = wait_until(lambda: list(tmp_path.glob("mail-*[0-9]")), what="the mail")

    text = kept.read_text()
    assert f"\nTo: {ADDRESS}\n" in text
    assert re.search(rf"below: {re.escape(PAGE)}\?Signature=[0-9a-f]{{64}}&Methods=PUT&Paths=%2Fv2%2Fqueues%2F", text)


@pytest.mark.parametrize("missing", ["page", "key"])
def test_without_a_key_or_an_address_for_the_link_no_mail_goes_out_and_an_error_says_why(tmp_path, sink, missing):
    options = MAIL | {"smtp_port": sink.port, "smtp_ca_file": tmp_path / "certificate.pem"}
    if missing == "page":
        settings, said = KEY | {"notification": options}, "it is not known where clients reach the service"
    else:
        settings, said = {"notification": options | {"external_confirmation_url": PAGE}}, "to sign with"

    with contextlib.ExitStack() as stack:
        house = House(tmp_path, settings, stack)
        made = house.subscribe("q", f"mailto:{ADDRESS}")
        house.service.post("q", ["nothing for you"])
        wait_until(lambda: house.deliveries("q", made)["pending"] == 0, what="the post to be passed over")
        wait_until(lambda: said in house.server.log, what="the error")

    assert house.server.log.count(said) == 1
    assert sink.mails == []
