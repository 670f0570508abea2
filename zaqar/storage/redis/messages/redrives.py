"""The redrive of each queue: a step looks in one script, and lets what it has chosen leave in a second (``leaving.py``)."""

from collections.abc import Iterable, Sequence

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound
from zaqar.models import QueueKey, Redrive, RedriveTerms
from zaqar.storage import contract, refusals
from zaqar.storage import subscription_documents as documents
from zaqar.storage.ids import Id, format_id, position_at
from zaqar.storage.redis.keys import keys_of, outbox_keys_of
from zaqar.storage.redis.messages import scripts
from zaqar.storage.redis.messages.agenda import Agenda
from zaqar.storage.redis.messages.choosing import Looked, choose, looked, redrive_of
from zaqar.storage.redis.messages.due import settled
from zaqar.storage.redis.messages.leaving import RESCUE, Leaving
from zaqar.storage.redis.messages.running import Running
from zaqar.storage.redis.server.server import Server

_FIELDS = (
    "redrive",
    "redrive_until",
    "redrive_state",
    "redrive_after",
    "redrive_moved",
    "redrive_skipped",
    "redrive_ended",
)
_NONE_RUNS, _ANOTHERS = 0, 1


class QueueRedrives(contract.Redrives):
    """The redrives on one server, on the primary that Sentinels name, or on a Cluster."""

    def __init__(self, server: Server, clock: Clock, agenda: Agenda, leaving: Leaving, running: Running) -> None:
        self._server = server
        self._clock = clock
        self._agenda = agenda
        self._leaving = leaving
        self._running = running

    def create(self, queue: QueueKey, terms: RedriveTerms, *, token: str) -> Redrive:
        """Begin one; the script says where the queue ends."""
        microseconds = self._clock.microseconds()
        redrive_id = format_id(position_at(microseconds), token)
        text = documents.encode_redrive(Redrive(redrive_id, terms, created=microseconds // 1_000_000, until=0))
        self._running.note(queue)
        answer = self._server.call(scripts.CREATE_REDRIVE, keys_of(queue), (redrive_id, text))
        if answer is None:
            raise QueueNotFound(queue)
        if not isinstance(answer, list):
            raise refusals.redrive_running()
        self._running.note(queue)
        return redrive_of(answer)

    def get(self, queue: QueueKey) -> Redrive | None:
        """Read it from the queue's record."""
        text, *figures = self._server.command("HMGET", keys_of(queue).record, *_FIELDS)
        return None if text is None else redrive_of((text, *figures))

    def cancel(self, queue: QueueKey, redrive_id: Id) -> None:
        """End it where it is the queue's."""
        arguments = (format_id(*redrive_id), self._clock.now())
        if not self._server.call(scripts.CANCEL_REDRIVE, keys_of(queue), arguments):
            raise refusals.no_redrive()

    def running(self) -> Sequence[QueueKey]:
        """Return what was noted."""
        return list(self._running.find())

    def step(self, queue: QueueKey, *, holder: str, seconds: float, limit: int) -> Redrive | None:
        """Look and move, again where somebody else took the step in between; then take on what has left."""
        while True:
            found = self._look(queue, holder, seconds, limit)
            if found is None:
                return None
            if found.is_something_leaving:  # a step before this one was not finished, and its messages come first
                self._leaving.forward(queue)
            choice = choose(found, queue, self._living)
            if choice.moving and not found.redrive.terms.is_dry_run:
                self._require(choice.targets)
                self._agenda.note_now(queue, self._clock.now() + RESCUE)
            answer = self._server.call(scripts.MOVE, keys_of(queue), (self._clock.now(), *choice.arguments(found)))
            if answer is not None:
                return self._finish(queue, *answer)

    def _look(self, queue: QueueKey, holder: str, seconds: float, limit: int) -> Looked | None:
        """Take the redrive and what it has to look at; None where that cannot be had."""
        now = self._clock.microseconds() // 1000
        arguments = (now, holder, now + round(seconds * 1000), limit)
        answer = settled(self._server, scripts.LOOK, queue, arguments)
        if answer == _NONE_RUNS:
            self._running.forget(queue)
        return looked(answer) if isinstance(answer, list) else None

    def _finish(self, queue: QueueKey, shown: Sequence[bytes], left: Sequence[bytes]) -> Redrive:
        """Take on what has left in a step, and tell how far the redrive is then."""
        for field, figures in zip(left[::2], left[1::2], strict=True):
            self._leaving.take_on(queue, field, figures)
        return redrive_of(shown)

    def _living(self, queue: QueueKey, ids: Sequence[str]) -> set[str]:
        """Return those of the subscriptions to a queue that have not ended."""
        now = self._clock.now()
        seconds = self._server.command("ZMSCORE", outbox_keys_of(queue).endings, *ids)
        return {id_ for id_, ends in zip(ids, seconds, strict=True) if ends is not None and float(ends) > now}

    def _require(self, targets: Iterable[QueueKey]) -> None:
        """Raise ``QueueNotFound`` where one of the queues has no record."""
        for target in targets:
            if not self._server.command("EXISTS", keys_of(target).record):
                raise QueueNotFound(target)
