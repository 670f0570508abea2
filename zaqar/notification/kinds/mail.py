"""``mailto:``: each message is a mail, as is what asks the subscriber whether he wants them (notifications A5, A7)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from zaqar.errors import Invalid
from zaqar.models import QueueKey, Subscription
from zaqar.notification.confirmation import Asked
from zaqar.notification.confirmation_link import link
from zaqar.notification.kinds.kind import Answer, Delivery, SubscriberKind, Surroundings
from zaqar.notification.mail.address import NOBODY, Envelope, envelope
from zaqar.notification.mail.complaints import Complaints
from zaqar.notification.mail.questions import Questions
from zaqar.notification.mail.settings import MailSettings
from zaqar.notification.settings import NotifierSettings

if TYPE_CHECKING:
    from zaqar.notification.mail.letter import Letter

_DAYS = 14
"""For how long a mail is tried again where its message lives so long; by default none lives longer."""


class _Transport(Protocol):
    async def send(self, letter: "Letter") -> Answer:
        """Make one attempt."""
        ...

    async def close(self) -> None:
        """Release what is open."""
        ...


class Mail(SubscriberKind):
    """Whoever has a mail address. Nothing but the question goes to one who has not agreed."""

    waits = (5, 30, 60, 300, 900, 1800, *[3600] * (24 * _DAYS))
    is_always_asked = True

    def __init__(self, settings: NotifierSettings) -> None:
        super().__init__(settings)
        self._transport: _Transport | None = None
        self._questions = Questions()
        # As many again as are sent at a time are made ready meanwhile.
        self.places = None if settings.mail is None else 2 * settings.mail.most_at_a_time

    def parse(self, subscriber: str, options: Mapping[str, Any], source: QueueKey) -> None:  # noqa: ARG002  # any queue
        """Refuse what is not one address, and what could break out of a header. Raises ``Invalid``."""
        envelope(subscriber, options)

    def load(self) -> None:
        """Import what writes and sends: those that only take requests do without."""
        import zaqar.notification.mail.command
        import zaqar.notification.mail.letter
        import zaqar.notification.mail.smtp  # noqa: F401

    async def open(self, surroundings: Surroundings) -> None:  # noqa: ARG002  # nothing of it is needed
        """Make ready what takes the mails."""
        if self.settings.mail is not None:
            self._transport = _transport(self.settings.mail, self.settings)

    def prepare(self, subscription: Subscription) -> Envelope | None:
        """Return what the mails of a subscription have in common; None where there can be none."""
        sender = self.settings.mail.sender if self.settings.mail else NOBODY
        try:
            return envelope(subscription.subscriber, subscription.options, sender=sender)
        except Invalid:  # it was stored before it would have been refused
            return None

    async def deliver(self, delivery: Delivery) -> Answer:
        """Send one mail."""
        from zaqar.notification.mail.letter import letter

        found: Envelope | None = delivery.prepared
        if found is None:
            return Answer("the address, the sender or the subject cannot be used", is_final=True)
        if self._transport is None or self.settings.mail is None:
            return Answer("mail is not set up", is_ours=True)
        text = delivery.text
        if delivery.asked is not None:
            page = self.settings.confirmation_page()
            if page is None:
                return Answer("no link can be made", is_ours=True)
            refusal = self._refusal(found.recipient, delivery, delivery.asked)
            if refusal is not None:
                return Answer(refusal, is_final=True)
            found, text = _question(self.settings.mail, found, delivery.asked, page)
        # Another subscription of the same person is another mail, which no reader must take for a repetition.
        name = f"{delivery.message_id}.{delivery.subscription.id}"
        return await self._transport.send(letter(found, text, name=name, created=delivery.created))

    def _refusal(self, address: str, delivery: Delivery, asked: Asked) -> str | None:
        what = delivery.subscription.id, asked.message_type
        project, message_id = delivery.queue.project, delivery.message_id
        return self._questions.refusal(address, project=project, what=what, message_id=message_id)

    async def close(self) -> None:
        """Close connections."""
        if self._transport is not None:
            await self._transport.close()


def _question(mail: MailSettings, found: Envelope, asked: Asked, page: str) -> tuple[Envelope, bytes]:
    """Return the mail that asks a subscriber: what it is about, and its text (notifications N-61)."""
    template = mail.confirmation if asked.message_type == "SubscriptionConfirmation" else mail.farewell
    text = template.body.format(asked.queue_name, asked.project, link(page, asked))
    return Envelope(found.recipient, template.sender, template.subject), text.encode(errors="replace")


def _transport(mail: MailSettings, settings: NotifierSettings) -> _Transport:
    if mail.server is None:
        from zaqar.notification.mail.command import Command

        return Command(mail.command, most=mail.most_at_a_time, timeout=settings.total_timeout, complaints=Complaints())
    from zaqar.notification.mail.smtp import Smtp

    return Smtp(
        mail.server,
        most=mail.most_at_a_time,
        connect_timeout=settings.connect_timeout,
        total_timeout=settings.total_timeout,
        complaints=Complaints(),
    )
