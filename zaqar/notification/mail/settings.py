"""What an operator decides of mail, as plain values."""

import dataclasses
import enum
from collections.abc import Sequence
from pathlib import Path

from zaqar.notification.mail.address import NOBODY, Sender


class Encryption(enum.Enum):
    """When TLS begins on a connection to the mail server."""

    IMPLICIT = "implicit"
    """Before anything is said."""
    STARTTLS = "starttls"
    """After the greeting; a server that does not offer it gets no mail."""
    NONE = "none"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Server:
    """The mail server that takes every mail."""

    host: str
    port: int
    encryption: Encryption = Encryption.IMPLICIT
    ca_file: Path | None = None
    """The certificates that are trusted; None: those that the system trusts."""
    user: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Template:
    """The mail that asks a subscriber. In the body ``{0}`` is the queue, ``{1}`` the project, ``{2}`` the link (N-61)."""

    subject: str
    sender: Sender
    body: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class MailSettings:
    """How mail leaves, and what confirmations say."""

    server: Server | None = None
    """None: ``command`` takes the mails, each on its standard input."""
    command: Sequence[str] = ("/usr/sbin/sendmail", "-t", "-oi")
    most_at_a_time: int = 4
    """Connections to the server, or commands that run."""
    sender: Sender = NOBODY
    """From whom a mail is whose subscription does not say it."""
    confirmation: Template
    farewell: Template
    """Of the mail that tells somebody that he is not subscribed any more."""
