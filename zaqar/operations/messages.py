"""Messages: post, list, get, tell the details of, delete, pop."""

import hashlib
import json
from collections.abc import Sequence

from zaqar.context import Context
from zaqar.errors import Invalid, MessageNotFound, NotFound, QueueNotFound, Unavailable
from zaqar.limits import MIN_MESSAGE_TTL, Limits, check_range, page_size
from zaqar.models import Audience, Message, MessageDetails, NewMessage, PostedMessage, QueueKey
from zaqar.news import News
from zaqar.operations.authorization import Authorization
from zaqar.operations.bodies import Bodies
from zaqar.operations.settings import KnownQueues, Settings
from zaqar.storage.ids import MalformedId, named, new_token, parse_id, parse_ids


class Messages:
    """The verbs of a message."""

    def __init__(
        self, *, known: KnownQueues, authorization: Authorization, limits: Limits, bodies: Bodies, news: News
    ) -> None:
        self._known = known
        self._news = news
        self._bodies = bodies
        self._authorization = authorization
        self._limits = limits

    def post(self, context: Context, queue: QueueKey, new: Sequence[PostedMessage], *, size: int) -> Sequence[str]:
        """Append messages, creating the queue if need be; return their ids in order (http M-6 to M-14).

        ``size``: bytes of the whole request body.
        """
        self._authorization.check("messages:create", context)
        settings = self._known.settings(queue)
        if size > settings.max_post_size:
            raise Invalid(f"The body of a post to this {queue.kind} is limited to {settings.max_post_size} bytes.")
        if not new:
            raise Invalid("messages must not be empty.")
        decided = [self._decided(message, settings) for message in new]
        messages = self._bodies.stored(queue, decided, settings)
        token = new_token()
        audience: Audience = "everybody" if self._limits.notifies else "nobody"
        store = self._known.store_for(queue)
        try:
            posted = store.messages.post(queue, messages, client_id=context.client_id, token=token, audience=audience)
        except QueueNotFound:
            self._known.create_lazily(queue)
            posted = store.messages.post(queue, messages, client_id=context.client_id, token=token, audience=audience)
        if posted.has_notice:
            self._news.tell(queue)
        return posted.ids

    def list(
        self,
        context: Context,
        queue: QueueKey,
        *,
        marker: str | None = None,
        limit: int | None = None,
        echo: bool = False,
        include_claimed: bool = False,
        include_delayed: bool = False,
    ) -> Sequence[Message]:
        """Return messages after ``marker``, oldest first; without ``echo``, none that the caller posted (http M-15)."""
        self._authorization.check("messages:get_all", context)
        most = page_size(limit, most=self._limits.max_messages_per_page)
        try:
            after = None if marker is None else parse_id(marker)
        except MalformedId:  # it is no place in the queue
            return []
        found = self._known.store_for(queue).messages.list(
            queue,
            marker=after,
            limit=most,
            hidden_client_id=None if echo else context.client_id,
            include_claimed=include_claimed,
            include_delayed=include_delayed,
        )
        return self._bodies.shown(queue, found)

    def get(self, context: Context, queue: QueueKey, message_id: str) -> Message:
        """Return one message, claimed or delayed all the same (http M-28). Raises ``MessageNotFound``."""
        self._authorization.check("messages:get", context)
        found = self._known.store_for(queue).messages.get(queue, [named(message_id)])
        if not found:
            raise MessageNotFound(f"The {queue.kind} has no such message.")
        return self._bodies.shown(queue, found)[0]

    def details(self, context: Context, queue: QueueKey, message_id: str) -> MessageDetails:
        """Return all that is known of a message but its body (http M-52, M-53). Raises ``MessageNotFound``."""
        self._authorization.check("messages:get", context)
        return self._known.store_for(queue).messages.details(queue, named(message_id))

    def get_many(self, context: Context, queue: QueueKey, ids: Sequence[str]) -> Sequence[Message]:
        """Return those messages that exist (http M-24 to M-27). Raises ``NotFound`` when none does."""
        self._authorization.check("messages:get_all", context)
        self._check_number(ids)
        found = self._known.store_for(queue).messages.get(queue, parse_ids(ids))
        if not found:
            raise NotFound(f"The {queue.kind} has none of these messages.")
        return self._bodies.shown(queue, found)

    def delete(self, context: Context, queue: QueueKey, message_id: str, *, claim_id: str | None) -> None:
        """Delete one message, a claimed one only under its claim (http M-30 to M-38)."""
        self._authorization.check("messages:delete", context)
        claim = None if claim_id is None else named(claim_id)
        self._known.store_for(queue).messages.delete(queue, named(message_id), claim_id=claim)

    def delete_many(self, context: Context, queue: QueueKey, ids: Sequence[str], *, claim_ids: Sequence[str]) -> None:
        """Delete messages, claimed or not, unless the operator wants claims to be named (http M-40, M-41)."""
        self._authorization.check("messages:delete_all", context)
        self._check_number(ids)
        is_guarded = self._limits.message_delete_with_claim_id and queue.kind == "queue"
        if is_guarded and not claim_ids:
            raise Invalid("claim_ids must be given when messages are deleted by ids.")
        store = self._known.store_for(queue)
        claims = parse_ids(claim_ids) if is_guarded else None
        store.messages.delete_many(queue, parse_ids(ids), claim_ids=claims)

    def pop(
        self, context: Context, queue: QueueKey, number: int, *, claim_ids: Sequence[str] = ()
    ) -> Sequence[Message]:
        """Remove and return up to ``number`` messages, oldest first (http M-42 to M-44); not of a topic (http T-9)."""
        self._authorization.check("messages:delete_all", context)
        if queue.kind == "topic":
            raise Invalid("Messages of a topic are for everybody and cannot be popped; they can be read by markers.")
        if claim_ids and self._limits.message_delete_with_claim_id:
            raise Invalid("claim_ids cannot be given together with pop.")
        check_range("pop", number, least=1, most=self._limits.max_messages_per_claim_or_pop)
        is_encrypted = self._known.settings(queue).is_encrypted
        store = self._known.store_for(queue)
        self._bodies.check_next(queue, store, number=number, is_encrypted=is_encrypted, gone=True)
        popped = store.messages.pop(queue, limit=number)
        try:
            return self._bodies.shown(queue, popped)
        except Unavailable:
            self._bodies.put_back(queue, store, popped)
            raise

    def _check_number(self, ids: Sequence[str]) -> None:
        check_range("The number of ids", len(ids), least=1, most=self._limits.max_messages_per_page)

    def _decided(self, message: PostedMessage, settings: Settings) -> NewMessage:
        """Fill in the queue's defaults and check the bounds (http M-8, M-9)."""
        limits = self._limits
        ttl = settings.message_ttl if message.ttl is None else message.ttl
        delay = settings.message_delay if message.delay is None else message.delay
        check_range("ttl", ttl, least=MIN_MESSAGE_TTL, most=limits.max_message_ttl)
        check_range("delay", delay, least=0, most=limits.max_message_delay)
        return NewMessage(message.body, ttl, delay, checksum(message.body) if limits.enable_checksum else None)


def checksum(body: bytes) -> str | None:
    """Return the MD5 of the body's ASCII serialisation; a null body has none (http M-48)."""
    value = json.loads(body)
    if value is None:
        return None
    return "MD5:" + hashlib.md5(json.dumps(value).encode(), usedforsecurity=False).hexdigest()
