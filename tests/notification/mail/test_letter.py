"""A mail as it is sent (notifications N-41)."""

import email
from datetime import UTC, datetime
from email.policy import default

import pytest

from zaqar.notification.mail.address import envelope
from zaqar.notification.mail.letter import letter

CREATED = 1_800_000_000


def _read(text=b'{"body": 1}', *, name="n.s", uri="mailto:a@example.com", **options):
    made = letter(envelope(uri, options), text, name=name, created=CREATED)
    return made, email.message_from_bytes(made.content, policy=default)


def test_it_says_who_sends_it_to_whom_and_why():
    made, read = _read(uri="mailto:a@example.com?subject=H%C3%A4", **{"from": "Jörg, M. <j@example.org>"})

    assert (made.sender, made.recipient) == ("j@example.org", "a@example.com")
    assert str(read["From"].addresses[0].display_name) == "Jörg, M."
    assert (read["To"], read["Subject"]) == ("a@example.com", "Hä")
    assert read["Date"].datetime == datetime.fromtimestamp(CREATED, UTC)


@pytest.mark.parametrize(
    "subject", ["1+1=? =?a?= =?b?", "=?utf-8?q?H=C3=A4?= b", "x" * 500, "ü" * 500, "a, b <c@d>; e:"]
)
def test_a_subject_arrives_as_it_is_meant(subject):
    accepted = envelope("mailto:a@b", {"subject": subject}).subject

    _, read = _read(subject=subject)

    assert read["Subject"] == accepted


NAMES = [
    "Zaqar",
    "Doe, Jane",
    "a@b, c",
    "x\\y",
    "(a)",
    ":" + "a" * 90 + "[",
    "x@y, " + "a" * 90,
    "\u00fc" * 300,
    ";" * 60,
]


@pytest.mark.parametrize("name", NAMES)
def test_a_sender_is_one_whatever_the_name(name):
    made, read = _read(**{"from": f"{name} <j@example.org>"})

    (address,) = read["From"].addresses
    # The blank between two encoded words is none (RFC 2047, 6.2), but to the library that reads here.
    assert address.display_name.replace(" ", "") == name.replace(" ", "")
    assert address.addr_spec == "j@example.org"
    assert made.sender == "j@example.org"


def test_without_a_sender_the_header_is_empty():
    made, read = _read()

    assert (made.sender, read["From"], read["Subject"]) == ("", "", "")


def test_the_same_message_makes_the_same_mail():
    first, read = _read()
    second, _ = _read()
    _, other_read = _read(name="n.t")

    assert first == second
    assert read["Message-ID"] == "<n.s@zaqar.invalid>"
    assert other_read["Message-ID"] != read["Message-ID"]


def test_its_id_has_the_domain_of_the_sender():
    _, read = _read(**{"from": "j@example.org"})

    assert read["Message-ID"] == "<n.s@example.org>"


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        '{"body": "ü"}'.encode(),
        b'{"body": "%s"}' % (b"x" * 100_000),
        b'{"body": 1,\n.\n"ttl": 2}',
        b".",
        b'{"body": "\\u0000"}',
        b"a\0b",
    ],
    ids=["short", "not ASCII", "long", "lines", "dot", "escape", "zero"],
)
def test_the_text_arrives_as_it_is_in_one_part_with_lines_that_smtp_takes(text):
    made, read = _read(text)

    assert read.get_content_type() == "text/plain"
    assert read.get_content_charset() == "utf-8"
    assert not read.is_multipart()
    assert read.get_payload(decode=True).replace(b"\r\n", b"\n").rstrip(b"\n") == text
    assert max(map(len, made.content.split(b"\r\n"))) <= 998
    assert not read.defects


def test_plain_text_is_sent_plainly_so_that_programs_can_read_it():
    made, _ = _read(b'{"body": "https://example.com/?a=b"}')

    assert made.content.endswith(b'\r\n\r\n{"body": "https://example.com/?a=b"}\r\n')
