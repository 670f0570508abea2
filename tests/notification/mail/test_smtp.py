"""Mail by a mail server, which is a real one (notifications N-45)."""

import asyncio
import logging
import ssl

import pytest

from tests.integration.process import free_port
from tests.integration.server.certificates import self_signed
from tests.mail_sink import closed_connections, running_sink
from zaqar.notification.kinds.kind import Answer
from zaqar.notification.mail.address import envelope
from zaqar.notification.mail.complaints import Complaints
from zaqar.notification.mail.letter import letter
from zaqar.notification.mail.settings import Encryption, Server
from zaqar.notification.mail.smtp import Smtp

LOGIN = {"user": "zaqar", "password": "right"}
DELIVERED = Answer("status 250", is_delivered=True)


def letter_to(recipient="a@example.com", text=b"{}", **options):
    return letter(envelope(f"mailto:{recipient}", options), text, name="n", created=1_800_000_000)


def sent(server, *letters, most=4, total_timeout=5.0, at_once=False):
    """Send one letter after the other, or all at once; return the answers."""

    async def run():
        smtp = Smtp(server, most=most, connect_timeout=2.0, total_timeout=total_timeout, complaints=Complaints())
        try:
            if at_once:
                return await asyncio.gather(*(smtp.send(one) for one in letters))
            return [await smtp.send(one) for one in letters]
        finally:
            await smtp.close()
            await closed_connections()

    return asyncio.run(run())


def plain(sink, **changes):
    return Server(**{"host": "127.0.0.1", "port": sink.port, "encryption": Encryption.NONE} | changes)


@pytest.fixture
def sink():
    with running_sink() as sink:
        yield sink


@pytest.fixture
def tls(tmp_path):
    """A server's TLS, and the file of the certificate."""
    files = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return context, files.certificate


def test_a_mail_arrives_with_the_envelope_of_its_headers(sink):
    made = letter_to("a@example.com", b'{"body": "\xc3\xbc"}', **{"from": "Zaqar <z@example.org>", "subject": "S"})

    assert sent(plain(sink), made) == [DELIVERED]

    (mail,) = sink.mails
    assert (mail.sender, mail.recipients) == ("z@example.org", ["a@example.com"])
    assert mail.content == made.content
    assert mail.text == '{"body": "ü"}'


def test_it_introduces_itself_by_the_name_of_the_server(sink):
    sent(plain(sink), letter_to())
    sent(plain(sink, host="localhost"), letter_to())

    assert sink.names == {"[127.0.0.1]", "localhost"}


def test_lines_that_begin_with_a_dot_stay_as_they_are(sink):
    sent(plain(sink), letter_to(text=b"a\n.\n..b\nRCPT TO:<x@y>"))

    assert sink.mails[0].text.splitlines() == ["a", ".", "..b", "RCPT TO:<x@y>"]


def test_four_connections_are_used_again_and_again(sink):
    answers = sent(plain(sink), *[letter_to(f"a{number}@b") for number in range(40)], at_once=True)

    assert answers == [DELIVERED] * 40
    assert len(sink.mails) == 40
    assert len(sink.sessions) <= 4


@pytest.mark.parametrize("way", [Encryption.IMPLICIT, Encryption.STARTTLS])
def test_mail_goes_by_tls_to_a_server_whose_certificate_is_trusted(tls, way):
    context, certificate = tls
    with running_sink(**{"tls" if way is Encryption.IMPLICIT else "starttls": context}) as sink:
        answers = sent(plain(sink, encryption=way, ca_file=certificate), letter_to())

    assert answers == [DELIVERED]


@pytest.mark.parametrize("way", [Encryption.IMPLICIT, Encryption.STARTTLS])
def test_a_server_whose_certificate_is_not_trusted_gets_nothing(tls, way):
    context, _ = tls
    with running_sink(**{"tls" if way is Encryption.IMPLICIT else "starttls": context}) as sink:
        answers = sent(plain(sink, encryption=way), letter_to())

    assert answers == [Answer("its certificate is not trusted", is_ours=True)]
    assert sink.mails == []


def test_a_certificate_for_another_host_is_not_trusted(tls):
    context, certificate = tls
    with running_sink(tls=context) as sink:
        server = Server(host="localhost", port=sink.port, ca_file=certificate)

        assert sent(server, letter_to()) == [Answer("its certificate is not trusted", is_ours=True)]


def test_a_server_without_starttls_gets_nothing_where_it_is_wanted(sink):
    answers = sent(plain(sink, encryption=Encryption.STARTTLS, **LOGIN), letter_to())

    assert answers == [Answer("it offers no STARTTLS", is_ours=True)]
    assert (sink.mails, sink.logins) == ([], [])


def test_it_logs_in_once_for_each_connection():
    with running_sink(wants_login=True) as sink:
        answers = sent(plain(sink, **LOGIN), letter_to(), letter_to())

        assert answers == [DELIVERED] * 2
        assert sink.logins == [(b"zaqar", b"right")]


def test_a_failed_login_is_an_error_that_operators_see_once_a_minute_and_nobody_s_fault(caplog):
    with running_sink(wants_login=True) as sink:
        answers = sent(plain(sink, user="zaqar", password="wrong"), letter_to(), letter_to())

    assert answers == [Answer("the login failed: status 535 5.7.8", is_ours=True)] * 2
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.getMessage() == f"Mail waits: 127.0.0.1 port {sink.port}: the login failed: status 535 5.7.8."
    assert "wrong" not in caplog.text


def test_a_server_that_wants_a_login_is_waited_for():
    with running_sink(wants_login=True) as sink:
        assert sent(plain(sink), letter_to()) == [Answer("status 530 5.7.0", is_ours=True)]


def test_a_login_that_the_server_does_not_offer_is_waited_for():
    with running_sink(offers_login=False) as sink:
        assert sent(plain(sink, **LOGIN), letter_to()) == [
            Answer("it offers no login that is known here", is_ours=True)
        ]


@pytest.mark.parametrize("step", ["to_sender", "to_recipient", "to_mail"])
@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("450 4.2.1 secret words", Answer("status 450 4.2.1")),
        ("452 full", Answer("status 452")),
        ("550 5.1.1 <a@example.com>: secret words", Answer("status 550 5.1.1", is_final=True)),
        ("554 5.7.1.2.3 no", Answer("status 554", is_final=True)),
        ("503 5.5.1 bad sequence", Answer("status 503 5.5.1")),
        ("530 5.7.0 log in", Answer("status 530 5.7.0", is_ours=True)),
        ("421 4.3.2 closing", Answer("status 421 4.3.2")),
    ],
)
def test_what_the_server_refuses_for_now_is_tried_again_and_the_rest_is_not(sink, step, said, answer):
    setattr(sink, step, lambda _: said)

    assert sent(plain(sink), letter_to()) == [answer]
    assert sink.mails == []


@pytest.mark.parametrize(
    "said", ["450 4.2.1 later", "550 5.1.1 unknown", "503 5.5.1 bad sequence", "421 4.3.2 closing"]
)
def test_the_next_mail_goes_out_after_one_that_was_refused(sink, said):
    sink.to_recipient = lambda recipient: said if recipient.startswith("bad") else "250 OK"

    first, second = sent(plain(sink), letter_to("bad@b"), letter_to("good@b"))

    assert (first.is_delivered, second.is_delivered) == (False, True)
    assert [one.recipients for one in sink.mails] == [["good@b"]]


def test_a_connection_that_the_server_closes_amid_a_mail_is_a_failure_for_now(sink):
    sink.closes = lambda _: True

    assert sent(plain(sink), letter_to()) == [Answer("the connection was closed without an answer")]


def test_a_connection_that_was_closed_since_the_last_mail_is_opened_anew(sink):
    is_first = []
    sink.closes = lambda count: count == 1 and not is_first and not is_first.append(True)

    answers = sent(plain(sink), letter_to(), letter_to())

    assert answers == [DELIVERED] * 2
    assert len(sink.mails) == 2


def test_a_server_that_hangs_is_left_after_the_time_for_an_attempt(sink):
    sink.to_mail = lambda _: None

    assert sent(plain(sink), letter_to(), total_timeout=0.2) == [Answer("no answer in time")]


def test_after_a_server_that_hung_a_new_connection_is_used(sink):
    sink.to_mail = lambda recipient: None if recipient == "slow@b" else "250 OK"

    answers = sent(plain(sink), letter_to("slow@b"), letter_to("quick@b"), total_timeout=1.0)

    assert answers == [Answer("no answer in time"), DELIVERED]


def test_nobody_waits_for_ever_for_a_connection(sink):
    sink.to_mail = lambda _: None

    answers = sent(plain(sink), *[letter_to()] * 6, most=1, total_timeout=0.2, at_once=True)

    assert {one.text for one in answers} == {"no answer in time", "all connections are busy"}
    assert all(one.is_ours for one in answers if one.text == "all connections are busy")


def test_a_server_that_is_not_there_is_waited_for(caplog):
    server = Server(host="127.0.0.1", port=free_port(), encryption=Encryption.NONE)

    assert sent(server, letter_to()) == [Answer("the connection was refused", is_ours=True)]
    assert "Mail waits" in caplog.text


def test_a_name_that_is_not_found_is_waited_for():
    server = Server(host="mail.invalid", port=25, encryption=Encryption.NONE)

    assert sent(server, letter_to()) == [Answer("no connection", is_ours=True)]


@pytest.mark.parametrize(
    ("greeting", "text"),
    [
        (b"554 5.7.1 go away\r\n", "status 554 5.7.1"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "the answer is not SMTP"),
        (b"", "the connection was closed without an answer"),
    ],
)
def test_whoever_does_not_greet_as_a_mail_server_gets_nothing_and_no_mail_is_given_up(greeting, text):
    async def run():
        async def greet(reader, writer):
            writer.write(greeting)
            writer.close()

        async with await asyncio.start_server(greet, "127.0.0.1", 0) as listening:
            server = Server(host="127.0.0.1", port=listening.sockets[0].getsockname()[1], encryption=Encryption.NONE)
            smtp = Smtp(server, most=1, connect_timeout=2, total_timeout=2, complaints=Complaints())
            answer = await smtp.send(letter_to())
            await smtp.close()
            return answer

    assert asyncio.run(run()) == Answer(text, is_ours=True)
