"""What the service itself posts: copies for subscribers that are queues, and dead letters of subscriptions."""

from zaqar.encryption import MARK, plain_size
from zaqar.errors import Invalid, QueueNotFound
from zaqar.limits import MIN_MESSAGE_TTL, Limits
from zaqar.models import Audience, NewMessage, Origin, QueueKey
from zaqar.news import News
from zaqar.operations.bodies import Bodies
from zaqar.operations.messages import checksum
from zaqar.operations.settings import KnownQueues

MEMORY = 3600
"""Seconds for which a repetition of what was posted is known for one."""

_NOBODY = "00000000-0000-0000-0000-000000000000"
"""The client of what no client has posted."""


class Copies:
    """Posts messages into queues for nobody's request: no policy is asked. For any number of threads."""

    def __init__(self, *, known: KnownQueues, bodies: Bodies, limits: Limits, news: News) -> None:
        self._known = known
        self._bodies = bodies
        self._limits = limits
        self._news = news

    def post(
        self,
        queue: QueueKey,
        *,
        body: bytes,
        ttl: int | None = None,
        delay: int | None = None,
        token: str,
        audience: Audience,
        origin: Origin | None = None,
    ) -> None:
        """Append one message, creating the queue if need be; a repetition with the same token posts nothing.

        ``body``: as it was posted, or as it is stored where that is encrypted; then it stays as it is. What is not given the
        queue says; what the operator does not allow any more is brought within his bounds. A dead letter, which has an
        ``origin``, is as large as it is. Raises ``Unavailable``, and ``Invalid`` where the queue will never take it.
        """
        settings = self._known.settings(queue)
        if origin is None and plain_size(body) > settings.max_post_size:
            raise Invalid(f"The body of a post to this {queue.kind} is limited to {settings.max_post_size} bytes.")
        limits = self._limits
        lifetime = settings.message_ttl if ttl is None else ttl
        wait = settings.message_delay if delay is None else delay
        new = NewMessage(
            body,
            min(max(lifetime, MIN_MESSAGE_TTL), limits.max_message_ttl),
            min(max(wait, 0), limits.max_message_delay),
            checksum(self._bodies.plain(queue, body)) if limits.enable_checksum else None,
            origin,
        )
        messages = [new] if body.startswith(MARK) else self._bodies.stored(queue, [new], settings)
        told: Audience = audience if limits.notifies else "nobody"
        store = self._known.store_for(queue)
        try:
            posted = store.messages.post(queue, messages, client_id=_NOBODY, token=token, audience=told, memory=MEMORY)
        except QueueNotFound:
            self._known.create_lazily(queue)
            posted = store.messages.post(queue, messages, client_id=_NOBODY, token=token, audience=told, memory=MEMORY)
        if posted.has_notice:
            self._news.tell(queue)
