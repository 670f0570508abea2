"""Who a mail is for, from whom, and what about (notifications N-40 to N-43)."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaqar.errors import Invalid
from zaqar.notification.mail.address import NOBODY, Sender, envelope, sender_of
from zaqar.notification.mail.letter import letter


@pytest.mark.parametrize(
    ("uri", "recipient"),
    [
        ("mailto:fake@123.com", "fake@123.com"),
        ("MAILTO:a.b+c@example.com", "a.b+c@example.com"),
        ("mailto:a%2Bb@example.com?subject=x", "a+b@example.com"),
        ("mailto:root@localhost", "root@localhost"),
        ("mailto:x@xn--mller-kva.example", "x@xn--mller-kva.example"),
    ],
)
def test_the_recipient_is_the_path(uri, recipient):
    """N-40"""
    assert envelope(uri, {}).recipient == recipient


@pytest.mark.parametrize(
    "uri",
    [
        "mailto:",
        "mailto:?subject=x",
        "mailto:nobody",
        "mailto:@example.com",
        "mailto:a@",
        "mailto:a@b,c@d",
        "mailto:a@b%2Cc@d",
        "mailto:a@b c",
        "mailto:a b@c",
        "mailto:<a@b>",
        "mailto:A <a@b>",
        'mailto:"a"@b',
        "mailto:a@b\r\nBcc: c@d",
        "mailto:a@b%0D%0ABcc:%20c@d",
        "mailto:a%0A@b",
        "mailto:a%00@b",
        "mailto:a@b%0a",
        "mailto:|/bin/sh@b",
        "mailto:/etc/passwd@b",
        "mailto:jörg@example.com",
        "mailto:j%C3%B6rg@example.com",
        "mailto:%FF@example.com",
        "mailto:a@b..c",
        "mailto:a@-b",
        "mailto:a@[127.0.0.1]",
        f"mailto:{'a' * 65}@b",
        f"mailto:a@{'b' * 254}",
    ],
)
def test_what_is_not_one_address_is_refused(uri):
    """N-40, N-43"""
    with pytest.raises(Invalid):
        envelope(uri, {})


@pytest.mark.parametrize(
    ("query", "options", "subject"),
    [
        ("", {}, ""),
        ("", {"subject": "of the options"}, "of the options"),
        ("?subject=uri", {"subject": "of the options"}, "uri"),
        ("?SUBJect=a%20b+c&subject=second", {}, "a b+c"),
        ("?subject=", {"subject": "of the options"}, ""),
        ("?cc=x@y&bcc=z@y&body=text", {}, ""),
        ("?subject=H%C3%A4%26", {}, "Hä&"),
        ("?subject==?utf-8?q?H=C3=A4?=", {}, "Hä"),
        ("", {"subject": None}, ""),
        ("", {"subject": "1+1=? =?a?= =?b?"}, "1+1=? =?a?= =?b?"),
    ],
)
def test_the_subject_is_that_of_the_uri_else_that_of_the_options(query, options, subject):
    """N-42"""
    assert envelope(f"mailto:a@b{query}", options).subject == subject


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("", NOBODY),
        ("  ", NOBODY),
        ("a@b", Sender("", "a@b")),
        ("<a@b>", Sender("", "a@b")),
        ("Zaqar Notifications <no-reply@openstack.org>", Sender("Zaqar Notifications", "no-reply@openstack.org")),
        ('"Doe, Jane" <a@b>', Sender("Doe, Jane", "a@b")),
        ("=?utf-8?b?SsO2cmc=?= <a@b>", Sender("Jörg", "a@b")),
    ],
)
def test_a_sender_is_an_address_and_perhaps_a_name(text, sender):
    """N-41"""
    assert sender_of(text, what="from") == sender


HIDDEN = ["a\r\nBcc: x@y", "a\nb", "a\rb", "a\0", "a\x0bb", "a\u2028b", "a\x85b", "\ud800"]
HIDDEN += ["=?utf-8?q?a=0D=0ABcc:_x@y?=", "=?utf-8?b?YQpi?=", "=?nonsense?q?a?=", "=?utf-8?b?A?=", "x" * 501]
HIDDEN += ["=?\u00a0?q?a?=", "=?utf-8?b?a?=", "=?utf-16?q?=FF?="]
HIDDEN += ["=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3D0Ab=3F=3D?="]


@pytest.mark.parametrize("text", HIDDEN)
def test_nothing_in_the_options_gets_out_of_its_line(text):
    """N-43"""
    for options in ({"subject": text}, {"from": text}, {"from": f"{text} <a@b>"}):
        with pytest.raises(Invalid):
            envelope("mailto:a@b", options)


@pytest.mark.parametrize("text", ["a%0D%0ABcc:x@y", "a%0Ab", "%00", "%E2%80%A8", "%FF", "=?utf-8?q?a=0Ab?="])
def test_nothing_in_the_subject_of_the_uri_gets_out_of_its_line(text):
    """N-43"""
    with pytest.raises(Invalid):
        envelope(f"mailto:a@b?subject={text}", {})


@pytest.mark.parametrize("value", [1, True, [], {}, ["a@b"]])
@pytest.mark.parametrize("name", ["from", "subject"])
def test_what_stands_in_headers_is_text(name, value):
    with pytest.raises(Invalid, match="must be a string"):
        envelope("mailto:a@b", {name: value})


@pytest.mark.parametrize("value", ["a", "a@b, c@d", "undisclosed:;", "A <a@b> c", "<a@b", "A <a@b>, B <c@d>", "a@b\\"])
def test_a_sender_that_is_not_one_address_is_refused(value):
    with pytest.raises(Invalid, match="one mail address"):
        envelope("mailto:a@b", {"from": value})


WORDS = st.sampled_from(
    ["=?", "?=", "=?utf-8?q?", "=0A", "=0D", "?", "=", " ", "a", "b?", "\n", "<", ">", '"', ",", "\\", "=?a?b?Cg==?="]
)
TEXTS = (
    st.lists(WORDS, max_size=12).map("".join)
    | st.text(max_size=120)
    | st.text(alphabet=string.printable + "=?_ü\u2028", max_size=120)
)


@given(subject=TEXTS, name=TEXTS)
def test_whatever_is_accepted_makes_these_headers_and_no_other(subject, name):
    """N-43"""
    try:
        accepted = envelope("mailto:a@b", {"subject": subject, "from": f"{name} <x@y>"})
    except Invalid:
        return

    head = letter(accepted, b"{}", name="n", created=0).content.partition(b"\r\n\r\n")[0]

    lines = head.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    names = [line.partition(b":")[0] for line in lines if not line.startswith((b" ", b"\t"))]
    assert names == [
        *(b"From", b"To", b"Subject", b"Auto-Submitted", b"Date", b"Message-ID"),
        *(b"MIME-Version", b"Content-Type", b"Content-Transfer-Encoding"),
    ]
