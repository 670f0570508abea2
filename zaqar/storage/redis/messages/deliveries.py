"""The outboxes of queues: each verb is one call of a script."""

from collections.abc import Mapping, Sequence

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound
from zaqar.models import Held, Lease, NewMessage, Notice, Progress, QueueKey, Saved, Standing
from zaqar.storage import contract, refusals
from zaqar.storage import subscription_documents as documents
from zaqar.storage.ids import Id, format_id
from zaqar.storage.redis.keys import outbox_keys_of
from zaqar.storage.redis.messages import scripts
from zaqar.storage.redis.messages.agenda import Agenda
from zaqar.storage.redis.messages.notices import addressed, notice_of
from zaqar.storage.redis.messages.sources import Sources
from zaqar.storage.redis.messages.subscriptions import subscription_of
from zaqar.storage.redis.server.server import Argument, Server

MOST_COUNTED = 1000
"""Posts behind a subscription that are told; more of them are not told apart."""


class QueueDeliveries(contract.Deliveries):
    """The outboxes on one server, on the primary that Sentinels name, or on a Cluster."""

    def __init__(self, server: Server, clock: Clock, agenda: Agenda, sources: Sources) -> None:
        self._server = server
        self._clock = clock
        self._agenda = agenda
        self._sources = sources

    def sources(self) -> Sequence[QueueKey]:
        """Return what was noted, and what was found by looking."""
        return self._sources.find()

    def lease(self, queue: QueueKey, *, holder: str, seconds: float, limit: int) -> Sequence[Lease]:
        """Take subscriptions; a queue whose log is empty is no source any more."""
        now, ends = self._milliseconds(seconds)
        answer = self._server.call(scripts.LEASE, outbox_keys_of(queue), (now, holder, ends, limit))
        is_empty, *found = answer
        if is_empty:
            self._sources.forget(queue)
        return [
            Lease(subscription_of(id_, text, now=now // 1000), _progress_of(progress), bool(hurried))
            for id_, text, progress, hurried in zip(*found, strict=True)
        ]

    def notices(self, queue: QueueKey, *, after: int, most_bytes: int) -> Sequence[Notice]:
        """Read the log, a bounded number of notices in a step."""
        found: list[Notice] = []
        left = most_bytes
        while left >= 0:
            arguments = (after + 1, left, int(not found))
            entries, left = self._server.call(scripts.NOTICES, outbox_keys_of(queue), arguments)
            found += [notice_of(entry) for entry in entries]
            after = found[-1].last if found else after
        return found

    def save(self, queue: QueueKey, *, holder: str, seconds: float, saved: Sequence[Saved]) -> Mapping[str, Held]:
        """Store progress and trim the log."""
        now, ends = self._milliseconds(seconds)
        arguments: list[Argument] = [now, holder, ends]
        for one in saved:
            arguments += (one.subscription_id, *_figures_of(one.progress), int(one.is_released))
            arguments.append(documents.encode_progress(one.progress))
        told = self._server.call(scripts.SAVE, outbox_keys_of(queue), tuple(arguments))
        return {
            id_.decode(): Held(int(version), bool(hurried))
            for id_, version, hurried in zip(told[::3], told[1::3], told[2::3], strict=True)
        }

    def address(self, queue: QueueKey, subscription_id: Id, message: NewMessage, *, token: str) -> None:
        """Leave a notice; nowhere where there is no such subscription."""
        microseconds = self._clock.microseconds()
        gone, due, envelope = addressed(message, now=microseconds // 1_000_000)
        arguments = (microseconds, format_id(*subscription_id), token, gone, due, envelope)
        answer = self._server.call(scripts.ADDRESS, outbox_keys_of(queue), arguments)
        if answer is None:
            raise QueueNotFound(queue)
        if answer:
            self._sources.note_soon(queue)
        self._agenda.note_soon(queue, gone)

    def standing(self, queue: QueueKey, subscription_id: Id) -> Standing:
        """Read the progress and count what is behind it."""
        arguments = (self._clock.now(), format_id(*subscription_id))
        answer = self._server.call(scripts.STANDING, outbox_keys_of(queue), arguments)
        if answer is None:
            raise refusals.no_subscription()
        progress, pending = answer
        return Standing(_progress_of(progress), min(pending, MOST_COUNTED))

    def hurry(self, queue: QueueKey, subscription_id: Id) -> None:
        """Note it for whoever holds the subscription, or will."""
        arguments = (self._clock.now(), format_id(*subscription_id))
        if not self._server.call(scripts.HURRY, outbox_keys_of(queue), arguments):
            raise refusals.no_subscription()

    def _milliseconds(self, seconds: float) -> tuple[int, int]:
        """Return now, and when so many seconds are over."""
        now = self._clock.microseconds() // 1000
        return now, now + round(seconds * 1000)


def _figures_of(progress: Progress) -> tuple[Argument, ...]:
    """Return what the scripts know of progress: high, low, when it wakes, whether it is full."""
    wakes = "-" if progress.wakes_ms is None else progress.wakes_ms
    return progress.high, progress.low, wakes, int(progress.is_full)


def _progress_of(text: bytes) -> Progress:
    """Return the progress that a script found."""
    high, _, _, saved = text.split(b" ", 3)
    return documents.decode_progress(saved) if saved else Progress(int(high))
