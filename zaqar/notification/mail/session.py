"""The beginning of a session with a mail server: connection, TLS, login (notifications N-45)."""

import ipaddress
import ssl

import aiosmtplib

from zaqar.notification.mail.settings import Encryption, Server

_NEEDS_LOGIN = frozenset({530, 534, 535, 538})
"""Statuses by which a server says, at whatever command, that it wants another login (RFC 4954)."""


class NoSession(Exception):
    """The server takes no mail at all at the moment; the text says why, in few words."""


def trusted(server: Server) -> ssl.SSLContext | None:
    """Return what TLS trusts, if there is to be any. Raises ``OSError`` for a file that has no certificates."""
    if server.encryption is Encryption.NONE:
        return None
    return ssl.create_default_context(cafile=server.ca_file)


async def begin(
    server: Server, tls: ssl.SSLContext | None, *, connect_timeout: float, timeout: float
) -> aiosmtplib.SMTP:
    """Return a client that may send. Raises ``NoSession``, or ``TimeoutError``."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        local_hostname=_own_name(server.host),
        timeout=timeout,
        use_tls=server.encryption is Encryption.IMPLICIT,
        start_tls=False,
        tls_context=tls,
    )
    is_begun = False
    try:
        await client.connect(timeout=connect_timeout)
        await _greet(client, server)
        is_begun = True
    except aiosmtplib.SMTPTimeoutError:
        raise NoSession("no connection in time") from None
    except aiosmtplib.SMTPResponseException as error:
        raise NoSession(status(error)) from None
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise NoSession(_told(error)) from None
    finally:
        if not is_begun:  # cancelled, too
            client.close()
    return client


def needs_login(error: aiosmtplib.SMTPResponseException) -> bool:
    """Tell whether a server refuses because of the login."""
    return error.code in _NEEDS_LOGIN


def status(error: aiosmtplib.SMTPResponseException) -> str:
    """Return what a server has answered: the status and the enhanced one, and nothing of its words."""
    if not 200 <= error.code <= 599:
        return "the answer is not SMTP"
    enhanced = error.message.partition(" ")[0].partition("\n")[0]
    is_enhanced = [part.isascii() and part.isdigit() and len(part) <= 3 for part in enhanced.split(".")] == [True] * 3
    return f"status {error.code} {enhanced}" if is_enhanced else f"status {error.code}"


def _own_name(host: str) -> str:
    """Return as whom the service introduces itself: the name of the server, or its address as SMTP has it (RFC 5321, 4.1.3)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"


async def _greet(client: aiosmtplib.SMTP, server: Server) -> None:
    await _introduce(client)
    if server.encryption is Encryption.STARTTLS:
        if not client.supports_extension("starttls"):
            raise NoSession("it offers no STARTTLS")
        await client.starttls()
        await _introduce(client)
    if server.user is not None:
        await _log_in(client, server.user, server.password or "")


async def _introduce(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()


async def _log_in(client: aiosmtplib.SMTP, user: str, password: str) -> None:
    if not client.supported_auth_methods:
        raise NoSession("it offers no login that is known here")
    try:
        await client.login(user, password)
    except aiosmtplib.SMTPAuthenticationError as error:
        raise NoSession(f"the login failed: {status(error)}") from None


def _told(error: Exception) -> str:
    """Return in few words why there is no connection; never a text that a server could have a say in."""
    cause = error.__cause__ if isinstance(error, aiosmtplib.SMTPConnectError) and error.__cause__ else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(cause, ssl.SSLError):
        return "TLS failed"
    return next((text for kind, text in _REASONS if isinstance(cause, kind)), "no connection")


_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (ConnectionRefusedError, "the connection was refused"),
    (aiosmtplib.SMTPServerDisconnected, "the connection was closed without an answer"),
    (ConnectionResetError, "the connection was closed without an answer"),
)
