"""Takes the first messages of a queue that are ready, beside others that do the same: what pop and claim have in common."""

import dataclasses
import time
from collections.abc import Callable, Sequence

from zaqar.errors import QueueNotFound
from zaqar.models import QueueKey
from zaqar.storage.mongodb.candidates import Candidates
from zaqar.storage.mongodb.connection import Document
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

    def take(self, queue: QueueKey, take: Take, *, limit: int, burial: Burial | None = None) -> list[Document]:
        """Take up to ``limit`` messages, in post order: again, for those that others were given."""
        with self._rivals.turn(scope_of(queue)) as turn:
            steps = _Steps(self._candidates, queue, turn, take, burial)
            try:
                while len(steps.taken) < limit and not steps.is_over:
                    steps.step(limit - len(steps.taken))
            except QueueNotFound as error:
                if error.queue != queue and not steps.taken:
                    raise
        return sorted(steps.taken, key=lambda each: int(each["position"]))


class _Steps:
    """The steps of one call."""

    def __init__(self, candidates: Candidates, queue: QueueKey, turn: Turn, take: Take, burial: Burial | None) -> None:
        self.taken: list[Document] = []
        self.is_over = False
        self._candidates = candidates
        self._queue = queue
        self._turn = turn
        self._take = take
        self._burial = burial
        self._began = time.monotonic()
        self._has_buried = False

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
