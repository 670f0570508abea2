"""Who a mail is for, from whom, and what about: read from a subscriber's URI and options (notifications N-40 to N-43).

What is read here may stand in a header and on a line of SMTP: there is no control character in it, and nothing that
a reader of mail would decode to one.
"""

import re
import urllib.parse
from collections.abc import Mapping
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import Any, NamedTuple

from zaqar.errors import Invalid

MOST_IN_HEADER = 500
"""Characters of a subject, or of a sender."""
_MOST_IN_LOCAL_PART, _MOST_IN_ADDRESS = 64, 254

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
# Not with a | or / in front: to old mail programs that names a program or a file.
_is_address = re.compile(rf"(?![|/]){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*").fullmatch
_named = re.compile(r'\s*(?P<name>[^<>"]*|"[^<>"]*")\s*<(?P<address>[^<>\s]+)>\s*').fullmatch
_has_control = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]").search
_has_encoded_word = re.compile(r"=\?[^?]*\?[qQbB]\?").search
"""Finds what a reader of mail decodes (RFC 2047)."""


class Sender(NamedTuple):
    """From whom a mail is."""

    name: str
    address: str
    """Empty for nobody, then the name is, too."""


class Envelope(NamedTuple):
    """What a mail says of itself."""

    recipient: str
    sender: Sender
    subject: str


NOBODY = Sender("", "")


def envelope(subscriber: str, options: Mapping[str, Any], *, sender: Sender = NOBODY) -> Envelope:
    """Return what the mails of a subscription have; ``sender``: of those that do not say it. Raises ``Invalid``."""
    if _has_control(subscriber):
        raise Invalid("The subscriber has a control character in it.")
    path, _, query = subscriber.partition(":")[2].partition("#")[0].partition("?")
    own_sender = sender_of(_text(options, "from"), what="from of the options")
    own_subject = one_line(_text(options, "subject"), what="subject of the options")
    in_uri = _subject_in(query)
    return Envelope(
        _recipient(path),
        sender if own_sender == NOBODY else own_sender,
        own_subject if in_uri is None else in_uri,
    )


def sender_of(text: str, *, what: str) -> Sender:
    """Return who is named by an address, or by a name with the address in angle brackets. Raises ``Invalid``."""
    text = one_line(text, what=what).strip()
    if not text:
        return NOBODY
    match = _named(text)
    name, address = ("", text) if match is None else (match["name"].strip().strip('"').strip(), match["address"])
    if not _can_be_address(address):
        raise Invalid(f"{what} must be one mail address, such as Somebody <somebody@example.com>.")
    return Sender(name, address)


def one_line(text: str, *, what: str) -> str:
    """Return what a header says to whoever reads it. Raises ``Invalid``."""
    if len(text) > MOST_IN_HEADER:
        raise Invalid(f"{what} is limited to {MOST_IN_HEADER} characters; it has {len(text)}.")
    if _has_control(text):
        raise Invalid(f"{what} has a control character in it.")
    if not _has_encoded_word(text):
        return text
    try:  # it may have been made a header already: what it hides counts, and is encoded anew
        read = str(make_header(decode_header(text)))
    except (MessageError, LookupError, ValueError):
        raise Invalid(f"{what} has an encoded word in it that cannot be read.") from None
    if _has_control(read) or _has_encoded_word(read):
        raise Invalid(f"{what} has an encoded word in it that hides a control character, or another.")
    return read


def _recipient(path: str) -> str:
    address = _decoded(path)
    if not _can_be_address(address):
        raise Invalid(
            "The subscriber must be mailto: and one address, such as mailto:somebody@example.com, in characters of ASCII; "
            "a domain that has others is written as xn--."
        )
    return address


def _subject_in(query: str) -> str | None:
    """Return the first subject of a query; None if there is none. A + stands for itself (RFC 6068)."""
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if urllib.parse.unquote(name).lower() == "subject":
            return one_line(_decoded(value), what="subject of the subscriber")
    return None


def _text(options: Mapping[str, Any], name: str) -> str:
    value = options.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid(f"{name} of the options must be a string.")
    return value


def _decoded(text: str) -> str:
    try:
        return urllib.parse.unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Invalid("What is percent-encoded in the subscriber must be UTF-8.") from None


def _can_be_address(text: str) -> bool:
    local_part = text.rpartition("@")[0]
    return len(local_part) <= _MOST_IN_LOCAL_PART and len(text) <= _MOST_IN_ADDRESS and _is_address(text) is not None
