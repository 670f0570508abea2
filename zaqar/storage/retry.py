"""Trying again what a server could not do: how often, how long, and with what pauses in between."""

import dataclasses
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Failure = TypeVar("Failure", bound=Exception)
Result = TypeVar("Result")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Retry(Generic[Failure]):
    """Tries again what ended with a ``failure``.

    ``deadline``: seconds after which no other attempt begins. ``attempts``: how often it is tried again. The first
    repetition comes at once, as an idle connection may just have been closed; then come pauses of ``first_pause``
    seconds, twice as long each time, at most ``longest_pause``.
    """

    failure: type[Failure]
    deadline: float
    attempts: int
    first_pause: float
    longest_pause: float

    def run(self, attempt: Callable[[], Result], *, may_be_repeated: Callable[[Failure], bool]) -> Result:
        """Try, again while there is hope and time; return the answer, or raise the last failure.

        ``may_be_repeated`` is asked once after each failure that leaves an attempt.
        """
        ends = time.monotonic() + self.deadline
        try:
            return attempt()
        except self.failure as error:
            failed = error
        return self._again(failed, attempt, may_be_repeated, ends)

    def again(
        self, failed: Failure, attempt: Callable[[], Result], *, may_be_repeated: Callable[[Failure], bool]
    ) -> Result:
        """Go on where the first attempt was made already and ``failed``; else as ``run``."""
        return self._again(failed, attempt, may_be_repeated, time.monotonic() + self.deadline)

    def _again(
        self,
        failed: Failure,
        attempt: Callable[[], Result],
        may_be_repeated: Callable[[Failure], bool],
        ends: float,
    ) -> Result:
        pause = 0.0
        for _ in range(self.attempts):
            if not may_be_repeated(failed) or time.monotonic() + pause > ends:
                break
            time.sleep(pause)
            pause = min(max(2 * pause, self.first_pause), self.longest_pause)
            try:
                return attempt()
            except self.failure as latest:
                failed = latest
        raise failed
