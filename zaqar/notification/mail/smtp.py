"""Mail that leaves through a mail server (``smtp_mode = self_local``; notifications N-45)."""

import aiosmtplib

from zaqar.notification.kinds.kind import Answer
from zaqar.notification.mail.complaints import Complaints
from zaqar.notification.mail.connections import Connections
from zaqar.notification.mail.letter import Letter
from zaqar.notification.mail.session import NoSession, begin, needs_login, status, trusted
from zaqar.notification.mail.settings import Server

_UNSURE = aiosmtplib.SMTPStatus.bad_command_sequence
"""Says that client and server lost each other, and nothing of the mail."""


class Smtp:
    """Hands letters to a server. Made and used in one event loop; times in seconds."""

    def __init__(
        self,
        server: Server,
        *,
        most: int,
        connect_timeout: float,
        total_timeout: float,
        complaints: Complaints,
    ) -> None:
        self._server = server
        self._timeout = total_timeout
        self._complaints = complaints
        tls = trusted(server)
        self._connections = Connections(
            lambda: begin(server, tls, connect_timeout=connect_timeout, timeout=total_timeout),
            most=most,
            longest_wait=total_timeout,
        )
        self._connections.open()

    async def close(self) -> None:
        """Close every connection."""
        await self._connections.close()

    async def send(self, letter: Letter) -> Answer:
        """Make one attempt; never raises for what a server does."""
        try:
            await self._connections.use(
                lambda client: client.sendmail(letter.sender, [letter.recipient], letter.content),
                timeout=self._timeout,
            )
        except NoSession as error:  # nothing was said of the mail, and its receiver has no part in it
            self._complain(str(error))
            return Answer(str(error), is_ours=True)
        except TimeoutError:  # the library's own are such, too
            self._complain("no answer in time")
            return Answer("no answer in time")
        except aiosmtplib.SMTPRecipientsRefused as error:
            return self._refused(error.recipients[0])
        except aiosmtplib.SMTPResponseException as error:
            return self._refused(error)
        except (aiosmtplib.SMTPException, OSError, ValueError):
            return Answer("the connection was closed without an answer")
        return Answer("status 250", is_delivered=True)

    def _refused(self, error: aiosmtplib.SMTPResponseException) -> Answer:
        text = status(error)
        if needs_login(error):
            self._complain(text)
            return Answer(text, is_ours=True)
        return Answer(text, is_final=500 <= error.code <= 599 and error.code != _UNSURE)

    def _complain(self, why: str) -> None:
        self._complaints.say(f"Mail waits: {self._server.host} port {self._server.port}: {why}.")
