"""The subscriptions to a queue: each verb is one call of a script, but for replacing, which reads first."""

from collections.abc import Sequence

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound
from zaqar.models import NewSubscription, QueueKey, Subscription
from zaqar.storage import contract, refusals
from zaqar.storage import subscription_documents as documents
from zaqar.storage.ids import Id, format_id, position_at
from zaqar.storage.redis.keys import outbox_keys_of
from zaqar.storage.redis.messages import scripts
from zaqar.storage.redis.messages.agenda import Agenda
from zaqar.storage.redis.server.server import Argument, Server

_NONE, _DONE, _CHANGED, _TAKEN = range(4)


class QueueSubscriptions(contract.Subscriptions):
    """The subscriptions on one server, on the primary that Sentinels name, or on a Cluster."""

    def __init__(self, server: Server, clock: Clock, agenda: Agenda) -> None:
        self._server = server
        self._clock = clock
        self._agenda = agenda

    def create(self, queue: QueueKey, new: NewSubscription, *, token: str) -> tuple[Subscription, bool]:
        """Subscribe; the sweep is told of the end."""
        microseconds = self._clock.microseconds()
        now = microseconds // 1_000_000
        new_id, ends = format_id(position_at(microseconds), token), now + new.ttl
        arguments = (now, new_id, documents.digest(new.subscriber), ends, documents.new_content(new, now=now))
        answer = self._server.call(scripts.CREATE_SUBSCRIPTION, outbox_keys_of(queue), arguments)
        if answer is None:
            raise QueueNotFound(queue)
        found = subscription_of(*answer, now=now)
        is_new = found.id == new_id
        if is_new:
            self._agenda.note_soon(queue, ends)
        return found, is_new

    def list(self, queue: QueueKey, *, marker: Id | None, limit: int) -> Sequence[Subscription]:
        """Return a page."""
        now = self._clock.now()
        after = "" if marker is None else format_id(*marker)
        found = self._server.call(scripts.LIST_SUBSCRIPTIONS, outbox_keys_of(queue), (now, after, limit))
        return [subscription_of(*each, now=now) for each in zip(*found, strict=True)]

    def get(self, queue: QueueKey, subscription_id: Id) -> Subscription:
        """Return one."""
        now, wanted = self._clock.now(), format_id(*subscription_id)
        return subscription_of(wanted.encode(), self._text(queue, wanted, now), now=now)

    def replace(self, queue: QueueKey, *, old: Subscription, new: Subscription, restarts: bool = False) -> None:
        """Read when it was made, then replace it."""
        now = self._clock.now()
        _, _, content = self._text(queue, old.id, now).split(b" ", 2)
        changed, ends = documents.changed_content(content, new), now + new.ttl
        end: Argument = ends if restarts else ""
        arguments = (now, old.id, old.version, documents.digest(new.subscriber), changed, end)
        answer = self._server.call(scripts.REPLACE_SUBSCRIPTION, outbox_keys_of(queue), arguments)
        if answer == _NONE:
            raise refusals.no_subscription()
        if answer == _CHANGED:
            raise refusals.subscription_changed()
        if answer == _TAKEN:
            raise refusals.subscriber_taken()
        if restarts:
            self._agenda.note_soon(queue, ends)

    def delete(self, queue: QueueKey, subscription_id: Id) -> None:
        """Delete one."""
        arguments = (format_id(*subscription_id),)
        if self._server.call(scripts.DELETE_SUBSCRIPTION, outbox_keys_of(queue), arguments):
            self._agenda.note_soon(queue, self._clock.now())  # which may have nothing to wait for any more

    def delete_all(self, queue: QueueKey) -> None:
        """Delete all in one step; the server frees the memory in the background."""
        if self._server.call(scripts.DELETE_SUBSCRIPTIONS, outbox_keys_of(queue)):
            self._agenda.note_soon(queue, self._clock.now())

    def _text(self, queue: QueueKey, subscription_id: str, now: int) -> bytes:
        text = self._server.call(scripts.GET_SUBSCRIPTION, outbox_keys_of(queue), (now, subscription_id))
        if not text:
            raise refusals.no_subscription()
        return bytes(text)


def subscription_of(subscription_id: bytes, text: bytes, *, now: int) -> Subscription:
    """Return the subscription of a text that a script found: version, digest of the subscriber, content."""
    version, _, content = text.split(b" ", 2)
    return documents.subscription(subscription_id.decode(), int(version), content, now=now)
