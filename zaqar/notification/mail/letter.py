"""A mail as it is sent: headers, an empty line, and a text in one part (notifications N-41)."""

import base64
import functools
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, quote
from typing import NamedTuple

from zaqar.notification.mail.address import Envelope, Sender

_POLICY = SMTP.clone(cte_type="7bit")
_LONGEST_LINE = 900
"""Bytes; SMTP takes 998. Text with shorter ones is sent as it is, so that programs can read it, too."""
_NO_DOMAIN = "zaqar.invalid"
_LONGEST_NAME = 60
"""Characters that are not folded."""
_CRLF = "\r\n"
_END_OF_LINE = _CRLF.encode()
_TEXT = b'MIME-Version: 1.0\r\nContent-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: '
_PLAIN, _ENCODED = _TEXT + b"7bit", _TEXT + b"base64"


class Letter(NamedTuple):
    """What a mail server or a command is given."""

    sender: str
    """The address; empty for nobody."""
    recipient: str
    content: bytes
    """With lines that end in CR LF."""


def letter(envelope: Envelope, text: bytes, *, name: str, created: int) -> Letter:
    """Return a mail with a text in UTF-8. The same ``name`` and second make the same mail, so that one that comes twice shows."""
    sender = envelope.sender.address
    domain = sender.rpartition("@")[2] or _NO_DOMAIN
    own = f"Date: {format_datetime(datetime.fromtimestamp(created, UTC))}\r\nMessage-ID: <{name}@{domain}>\r\n"
    return Letter(sender, envelope.recipient, _head(envelope) + own.encode("ascii") + _part(text))


@functools.lru_cache(maxsize=1024)
def _head(envelope: Envelope) -> bytes:
    """Return the headers that all mails of a subscription have; to fold them costs more than the rest of a mail."""
    made = EmailMessage(_POLICY)
    made["To"] = Address(addr_spec=envelope.recipient)
    made["Subject"] = envelope.subject
    made["Auto-Submitted"] = "auto-generated"  # so that nobody's absence is announced to the sender (RFC 3834)
    head = f"From:{_mailbox(envelope.sender)}\r\n".encode("ascii") + made.as_bytes().removesuffix(_END_OF_LINE)
    _check(head, ["From", *made.keys()])
    return head


def _mailbox(sender: Sender) -> str:
    """Return a sender as a header has it. By hand: the library drops the quotation marks of a long name, and commas get out."""
    name, address = sender
    if not name:
        return f" <{address}>" if address else ""
    if name.isascii() and len(name) <= _LONGEST_NAME:
        return f' "{quote(name)}" <{address}>'
    return f" {Header(name, 'utf-8', header_name='From').encode(linesep=_CRLF)}\r\n <{address}>"


def _check(head: bytes, names: list[str]) -> None:
    """Make sure that what was folded has these headers and no other. Raises ``ValueError``."""
    lines = head.removesuffix(_END_OF_LINE).split(_END_OF_LINE)
    found = [line.partition(b":")[0].decode("ascii") for line in lines if not line.startswith((b" ", b"\t"))]
    if found != names or b"\r" in b"".join(lines) or b"\n" in b"".join(lines):
        raise ValueError("a header has broken out of its line")


def _part(text: bytes) -> bytes:
    """Return the text with the headers that tell how it is written; by hand, as the library takes ten times as long."""
    lines = text.splitlines()
    is_plain = text.isascii() and b"\0" not in text and max(map(len, lines), default=0) <= _LONGEST_LINE
    if not is_plain:
        lines = base64.encodebytes(text).splitlines()
    return _END_OF_LINE.join([_PLAIN if is_plain else _ENCODED, b"", *lines, b""])
