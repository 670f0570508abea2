"""A mail server for tests: it keeps what it takes, and answers as a test tells it to."""

import asyncio
import contextlib
import email
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.integration.process import free_port


@dataclass(frozen=True)
class Mail:
    """One that was taken."""

    sender: str
    recipients: list[str]
    content: bytes
    at: float

    @property
    def message(self) -> EmailMessage:
        """Return it as a reader of mail has it."""
        read = email.message_from_bytes(self.content, policy=default)
        assert isinstance(read, EmailMessage)
        return read

    @property
    def id(self) -> str:
        """Return that by which a repetition shows."""
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        """Return what it says."""
        return str(self.message.get_content()).strip()


Answer = Callable[[str], str | None]
"""Takes the recipient, and returns what is answered; None: nothing ever is."""


@dataclass
class Sink:
    """Takes mails at ``port``."""

    port: int = field(default_factory=free_port)
    mails: list[Mail] = field(default_factory=list)
    sessions: set[object] = field(default_factory=set)
    """Connections on which a mail was begun."""
    names: set[str] = field(default_factory=set)
    """As whom clients introduced themselves."""
    to_sender: Answer = lambda _: "250 OK"
    to_recipient: Answer = lambda _: "250 OK"
    to_mail: Answer = lambda _: "250 OK"
    closes: Callable[[int], bool] = lambda _: False
    """Whether to close the connection, without an answer, when so many mails have come."""
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await _said(self.to_sender(address))
        if answer.startswith("2"):
            envelope.mail_from = address
            self.sessions.add(session)
            self.names.add(str(session.host_name))
        return answer

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await _said(self.to_recipient(address))
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.closes(len(self.mails)):
            server.transport.abort()
            return ""
        answer = await _said(self.to_mail(envelope.rcpt_tos[0]))
        if answer.startswith("2"):
            content = envelope.original_content or b""
            self.mails.append(Mail(envelope.mail_from or "", list(envelope.rcpt_tos), content, time.monotonic()))
        return answer

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)

    def to(self, recipient: str) -> list[Mail]:
        """Return what came for somebody."""
        return [one for one in list(self.mails) if recipient in one.recipients]


async def _said(answer: str | None) -> str:
    if answer is None:
        await asyncio.sleep(3600)
    return str(answer)


async def closed_connections() -> None:
    """Wait until this loop has none: the end of TLS takes some turns of it, and the loop of a test is over at once."""
    loop: Any = asyncio.get_running_loop()
    async with asyncio.timeout(10):
        while len(loop._selector.get_map()) > 1:  # it has one to itself
            await asyncio.sleep(0)


@contextlib.contextmanager
def running_sink(
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    wants_login: bool = False,
    offers_login: bool = True,
    port: int | None = None,
) -> Iterator[Sink]:
    """Take mails until the block ends."""
    sink = Sink() if port is None else Sink(port=port)
    controller = Controller(
        sink,
        hostname="127.0.0.1",
        port=sink.port,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        auth_required=wants_login,
        auth_require_tls=False,
        auth_exclude_mechanism=() if offers_login else ("LOGIN", "PLAIN"),
        authenticator=sink.authenticate if wants_login else None,
    )
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
