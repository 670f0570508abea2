"""Bodies of messages between clients, who see plain text, and the stores, which may have to keep ciphertext.

Whether a body is encrypted is told by its first byte alone, so a queue's metadata may change while it holds messages, and
dead letters move as they are.
"""

import logging
from collections.abc import Sequence

from zaqar.encryption import MARK, Cipher, Unreadable
from zaqar.errors import QueueNotFound, Unavailable
from zaqar.log_text import quote
from zaqar.models import Message, NewMessage, QueueKey
from zaqar.operations.settings import Settings
from zaqar.storage.contract import MessageStore
from zaqar.storage.ids import new_token

LOG = logging.getLogger(__name__)

MOST_REMEMBERED = 10_000
"""Queues of which it is known whether they can be read; when there are more, all are forgotten."""

_NOBODY = "00000000-0000-0000-0000-000000000000"
"""The client of messages that were put back: whose they were is not told by what was popped."""


class Bodies:
    """Encrypts on the way in and decrypts on the way out, where need be."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher
        self._is_readable: dict[QueueKey, bool] = {}

    def stored(self, queue: QueueKey, messages: Sequence[NewMessage], settings: Settings) -> Sequence[NewMessage]:
        """Return the messages as they are stored. Raises ``Unavailable`` rather than storing plain text unasked."""
        if not settings.is_encrypted:
            return messages
        try:
            bodies = self._cipher.encrypt(queue.project, [message.body for message in messages])
        except Unreadable as error:
            raise Unavailable("The messages of this queue cannot be encrypted.") from error
        return [
            NewMessage(body, message.ttl, message.delay, message.checksum, message.origin)
            for message, body in zip(messages, bodies, strict=True)
        ]

    def shown(self, queue: QueueKey, messages: Sequence[Message]) -> Sequence[Message]:
        """Return the messages as they are shown: all of them, or none. Raises ``Unavailable``."""
        stored = [message.body for message in messages]
        if not stored or not (stored[0].startswith(MARK) or MARK in [body[:1] for body in stored]):  # nearly always
            return messages
        try:
            bodies = self._cipher.decrypt(queue.project, stored)
        except Unreadable as error:
            self._note(queue, is_readable=False)
            raise Unavailable("A message of this queue cannot be decrypted.") from error
        # A third of what msgspec's own replace costs.
        return [
            Message(one.id, body, one.ttl, one.age, one.claim_id, one.claim_count, one.checksum)
            for one, body in zip(messages, bodies, strict=True)
        ]

    def plain(self, queue: QueueKey, body: bytes) -> bytes:
        """Return a body as it was posted. Raises ``Unavailable``."""
        if not body.startswith(MARK):
            return body
        try:
            return self._cipher.decrypt(queue.project, [body])[0]
        except Unreadable as error:
            raise Unavailable("A message for this queue cannot be decrypted.") from error

    def check_next(
        self, queue: QueueKey, store: MessageStore, *, number: int, is_encrypted: bool, gone: bool = False
    ) -> None:
        """Look at what would be taken next, so that what cannot be read stays in its place, its claims uncounted.

        It is done where this process has met such messages, and of a queue that ``is_encrypted`` once, or each time where
        what is taken is ``gone``. Raises ``Unavailable``.
        """
        if not (gone and is_encrypted) and self._is_readable.get(queue, not is_encrypted):
            return
        self.shown(
            queue,
            store.messages.list(
                queue, marker=None, limit=number, hidden_client_id=None, include_claimed=False, include_delayed=False
            ),
        )
        self._note(queue, is_readable=True)

    def put_back(self, queue: QueueKey, store: MessageStore, popped: Sequence[Message]) -> None:
        """Post what was popped and cannot be shown, at the end of the queue, for the rest of its time."""
        messages = [
            NewMessage(message.body, message.ttl - message.age, 0, message.checksum)
            for message in popped
            if message.age < message.ttl
        ]
        if not messages:
            return
        try:
            store.messages.post(queue, messages, client_id=_NOBODY, token=new_token(), audience="nobody")
        except QueueNotFound:  # deleted meanwhile, with all that was in it
            return
        except Unavailable as error:
            LOG.critical(
                "%d messages popped from the queue %s of the project %s are lost: they cannot be decrypted, and the store "
                "does not take them back: %s",
                len(messages),
                queue.name,
                quote(queue.project),
                error,
            )

    def _note(self, queue: QueueKey, *, is_readable: bool) -> None:
        if len(self._is_readable) >= MOST_REMEMBERED:
            self._is_readable.clear()
        self._is_readable[queue] = is_readable
