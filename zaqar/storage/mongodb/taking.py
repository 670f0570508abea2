"""Takes the first messages of a queue that are ready, beside others that do the same: what pop and claim have in common."""

import abc
import dataclasses
import time
from collections.abc import Callable, Sequence

from pymongo import ReturnDocument

from zaqar.errors import QueueNotFound
from zaqar.models import QueueKey
from zaqar.storage.mongodb.candidates import Candidates, View
from zaqar.storage.mongodb.connection import Database, Document
from zaqar.storage.mongodb.messages import READY, living
from zaqar.storage.mongodb.rivals import Rivals, Turn
from zaqar.storage.mongodb.scope import scope_of

LONGEST = 5.0
"""Seconds that a call goes on while others are faster; then it answers with what it has."""

LONGEST_BURIAL = 1.0
"""Seconds that a call goes on while what it finds was claimed too often."""

BURIED = 100
"""Messages that were claimed too often which one step moves, at most."""

Take = Callable[[Sequence[Document], bool], list[Document]]
"""Takes messages, of which only what a decision needs was read where the second argument is true; returns the whole ones."""


TakeFirst = Callable[[View], Document | None]
"""Takes the first message of a view that is ready then, whichever that is; returns it, or None where there is none."""


@dataclasses.dataclass(frozen=True)
class Burial:
    """What is to be done with messages that were claimed so often."""

    most: int
    bury: Callable[[Sequence[Document]], object]
    remember: Callable[[], object]
    """Notes that some may be left."""

    def worn(self, found: Sequence[Document]) -> list[Document]:
        """Return the messages that have to go, up to the size of a step."""
        return [each for each in found if each.get("claim_count", 0) >= self.most][:BURIED]


class Taking:
    """Takes, for one store."""

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._rivals = Rivals()

    def take(
        self, queue: QueueKey, take: Take, first: TakeFirst, *, limit: int, burial: Burial | None = None
    ) -> list[Document]:
        """Take up to ``limit`` messages, in post order: again, for those that others were given.

        A single one is taken by ``first``: the server chooses it, so that takers of other processes get the next ones.
        """
        call: _Call
        with self._rivals.turn(scope_of(queue)) as turn:
            if limit == 1:
                call = _FirstStep(self._candidates, queue, first, burial)
            else:
                call = _Steps(self._candidates, queue, turn, take, burial)
            try:
                while len(call.taken) < limit and not call.is_over:
                    call.step(limit - len(call.taken))
            except QueueNotFound as error:
                if error.queue != queue and not call.taken:
                    raise
        return sorted(call.taken, key=lambda each: int(each["position"]))


class _Call(abc.ABC):
    """What the steps of one call have in common."""

    def __init__(self, candidates: Candidates, queue: QueueKey, burial: Burial | None) -> None:
        self.taken: list[Document] = []
        self.is_over = False
        self._candidates = candidates
        self._queue = queue
        self._burial = burial
        self._began = time.monotonic()
        self._has_buried = False

    @abc.abstractmethod
    def step(self, wanted: int) -> None:
        """Take up to so many messages, or find that there are no more."""

    def _left_by_burial(self, found: list[Document]) -> tuple[list[Document], int]:
        """Move what was claimed too often; return the others, and how many went."""
        worn = self._burial.worn(found) if self._burial is not None else []
        if self._burial is None or not worn:
            return found, 0
        self._burial.bury(worn)
        self._has_buried = True
        return [each for each in found if each.get("claim_count", 0) < self._burial.most], len(worn)

    def _is_late(self, missing: int) -> bool:
        """Tell whether the call has gone on for long enough; see to it that what it leaves behind is moved."""
        passed = time.monotonic() - self._began
        if self._burial is not None and self._has_buried and passed > LONGEST_BURIAL:
            if missing:
                self._burial.remember()
            return True
        return passed > LONGEST


class _FirstStep(_Call):
    """The steps of a call for a single message."""

    def __init__(self, candidates: Candidates, queue: QueueKey, first: TakeFirst, burial: Burial | None) -> None:
        super().__init__(candidates, queue, burial)
        self._first = first

    def step(self, wanted: int) -> None:
        """Take the first message, if any is ready."""
        view = self._candidates.ready(self._queue, limit=BURIED if self._has_buried else 1, is_brief=True)
        found, buried = self._left_by_burial(list(view.found))
        if not found:
            self.is_over = not buried or self._is_late(wanted)
            return
        self._candidates.watch(view)
        taken = self._first(view)
        self.taken = [taken] if taken is not None else []
        self.is_over = True  # without one, others had the last


class _Steps(_Call):
    """The steps of a call for several messages."""

    def __init__(self, candidates: Candidates, queue: QueueKey, turn: Turn, take: Take, burial: Burial | None) -> None:
        super().__init__(candidates, queue, burial)
        self._turn = turn
        self._take = take

    def step(self, wanted: int) -> None:
        """Look for messages and take some."""
        width = max(self._turn.width(wanted), BURIED if self._has_buried else 0)
        view = self._candidates.ready(self._queue, limit=width, is_brief=width > wanted)
        if not view.found:
            self.is_over = True
            return
        found, buried = self._left_by_burial(self._turn.free(view.found))
        self._candidates.watch(view)
        with self._turn.choosing(found, wanted) as chosen:
            won = self._take(chosen, width > wanted) if chosen else []
        self.taken += won
        has_all = len(view.found) < width and len(won) == len(chosen) >= min(len(found), wanted)
        self.is_over = (has_all and not buried) or self._is_late(wanted - len(won))


def take_first(
    database: Database,
    view: View,
    change: Document,
    *,
    mine: Document,
    now: int,
    most: int | None = None,
    when_in_doubt: Callable[[], object] | None = None,
) -> Document | None:
    """Change the first ready message of a view and return it as it is then; None where there is none.

    ``mine`` finds what this call was given, should the answer be lost; ``most``: what was claimed so often is passed over.
    """
    positions = {"$gte": view.record.floor, "$lt": view.bound}
    wanted: Document = {"queue": view.scope, "state": READY, "position": positions, "expires": living(now)}
    if most is not None:
        wanted["claim_count"] = {"$not": {"$gte": most}}
    attempts = iter((True,))

    def take() -> Document | None:
        found = None if next(attempts, False) else database.messages.find_one(mine)
        return found or database.messages.find_one_and_update(
            wanted, change, sort=[("position", 1)], return_document=ReturnDocument.AFTER
        )

    return database.run(take, when_in_doubt=when_in_doubt)
