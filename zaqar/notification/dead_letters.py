"""Dead letters of subscriptions: what is given up goes to a queue first, where the subscription names one.

The token of such a post follows from the message, and is remembered for an hour: who tries a message again after a crash, because
it could not be noted any more that it was given up, posts it there once all the same.
"""

import dataclasses
import logging
from collections.abc import Callable, Mapping
from typing import Any

from zaqar.errors import Invalid
from zaqar.models import Notice, Origin, QueueKey, Reason
from zaqar.notification.threads import Threads
from zaqar.storage import ids, origins, tokens

LOG = logging.getLogger(__name__)

_QUEUE, _TTL = "_dead_letter_queue", "_dead_letter_queue_messages_ttl"
_THREADS = 8


@dataclasses.dataclass(frozen=True)
class Burial:
    """Where the dead letters of a subscription go."""

    queue: QueueKey
    ttl: int | None
    """Of a dead letter; None: that of the message."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Death:
    """What became of a message that is given up."""

    reason: Reason
    attempts: int
    answer: str
    """The last one."""
    at: int


def burial(source: QueueKey, options: Mapping[str, Any]) -> Burial | None:
    """Return where dead letters go, if the options of the subscription say so."""
    name, ttl = options.get(_QUEUE), options.get(_TTL)
    if not isinstance(name, str) or not name:
        return None
    return Burial(QueueKey(source.project, name), ttl if isinstance(ttl, int) else None)


class DeadLetters:
    """Posts them, in threads of its own. ``post_copy``: ``Copies.post`` of the operations."""

    def __init__(self, post_copy: Callable[..., None]) -> None:
        self._post_copy = post_copy
        self._threads = Threads("notifier-dead-letters", _THREADS)

    async def post(
        self, where: Burial, source: QueueKey, subscription_id: str, notice: Notice, position: int, death: Death
    ) -> None:
        """Post a message of a notice. Raises ``Unavailable``; what the queue will never take is told of in the log."""
        message = notice.messages[position - notice.first]
        now = Origin(
            queue=source.name,
            kind=source.kind,
            reason=death.reason,
            attempts=death.attempts,
            at=death.at,
            ttl=message.ttl,
            message_id=ids.format_id(position, notice.token),
            answer=death.answer,
            subscription_id=subscription_id,
        )
        origin = origins.given_up(message.origin, now)
        try:
            await self._threads.run(
                self._post_copy,
                where.queue,
                body=message.body,
                ttl=where.ttl or message.ttl,
                delay=0,
                token=tokens.derived(f"{subscription_id} {position} dead letter".encode()),
                audience="nobody",
                origin=origin,
            )
        except Invalid as error:
            LOG.warning("subscription %s: message %s is no dead letter: %s", subscription_id, origin.message_id, error)

    def close(self) -> None:
        """End the threads."""
        self._threads.close()
