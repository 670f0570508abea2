"""Questions to the identity service: one for a token at a time, few in all, none for long."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from zaqar.errors import Unavailable
from zaqar.transport.tokens.verdict import Refused, Verdict

DEADLINE = 10.0
"""Seconds that a request waits for a validation, repeats included."""

LEAST_PATIENCE, MOST_PATIENCE = 1.0, 5.0
"""Seconds after the start of a validation during which any number of requests with the same token may wait for it: four
times as long as the last one took, within these bounds."""

PLACE_PATIENCE = 1.0
"""Seconds that a request waits for one of the validations under way to end, where no more may begin."""

_SILENT = "The identity service does not answer."
_BUSY = "The identity service is slow to answer, and enough requests wait for it."


class Validations:
    """The validations under way in a process, each in a thread of its own.

    At most ``most`` run at a time, and at most so many requests wait for them: the other threads are for requests whose
    tokens are known. More requests may wait for tokens that are being validated already, while the identity
    service answers as quickly as it did before. As many again may wait for a place, for a moment, unless the service was
    silent when it was last asked. A validation that is over its deadline counts until it has really ended.
    """

    def __init__(
        self,
        *,
        most: int,
        deadline: float = DEADLINE,
        patience: float = MOST_PATIENCE,
        place_patience: float = PLACE_PATIENCE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._deadline = deadline
        self._most_patience = patience
        self._monotonic = monotonic
        self._place_patience = place_patience
        self._lock = threading.Lock()
        self._has_place = threading.Condition(self._lock)
        self.running: dict[object, tuple[float, Future[Verdict]]] = {}
        """When each validation under way began, and its result to be, by key."""
        self.waiting = 0
        """Requests that wait for one."""
        self.queued = 0
        """Requests that wait until one may begin."""
        self.patience = patience
        """Seconds after a validation's start during which any number of requests may wait for it."""

    def result(self, key: object, validate: Callable[[], Verdict], *, known: Callable[[], Verdict | None]) -> Verdict:
        """Return what ``validate`` returns, in this call or in one with the same key that runs already.

        ``known`` is asked first, when nothing with this key can begin or end. Raises what ``validate`` raises, and
        ``Unavailable`` when the deadline has passed or too many wait.
        """
        with self._lock:
            until = self._monotonic() + self._place_patience
            while (verdict := known()) is None and key not in self.running and len(self.running) >= self._most:
                self._wait_for_place(until)
            if verdict is not None:
                return verdict
            began, future = self.running.get(key) or self._begin(key, validate)
            seconds = began + self._allowed() - self._monotonic()
            if seconds <= 0:
                raise Unavailable(_BUSY)
            self.waiting += 1
        try:
            return future.result(seconds)
        except TimeoutError:
            self.patience = 0.0
            raise Unavailable(_SILENT if self._monotonic() - began >= self._deadline else _BUSY) from None
        finally:
            with self._lock:
                self.waiting -= 1

    def _allowed(self) -> float:
        """Return how long after the start of a validation one more request may wait for it."""
        if self.waiting < self._most:
            return self._deadline
        return self.patience

    def _wait_for_place(self, until: float) -> None:
        seconds = until - self._monotonic()
        if seconds <= 0 or self.queued >= self._most or not self.patience:
            raise Unavailable(_BUSY)
        self.queued += 1
        try:
            self._has_place.wait(seconds)
        finally:
            self.queued -= 1

    def _begin(self, key: object, validate: Callable[[], Verdict]) -> tuple[float, Future[Verdict]]:
        entry: tuple[float, Future[Verdict]] = (self._monotonic(), Future())
        try:
            threading.Thread(target=self._run, args=(key, entry, validate), name="validate", daemon=True).start()
        except RuntimeError as error:  # the system has no thread to give
            raise Unavailable(_BUSY) from error
        self.running[key] = entry
        return entry

    def _run(self, key: object, entry: tuple[float, Future[Verdict]], validate: Callable[[], Verdict]) -> None:
        began, future = entry
        try:
            verdict = validate()
        except Exception as error:  # noqa: BLE001  # whoever waits raises it
            self._end(key, began, has_answered=isinstance(error, Refused))
            future.set_exception(error)
        else:
            self._end(key, began, has_answered=True)
            future.set_result(verdict)

    def _end(self, key: object, began: float, *, has_answered: bool) -> None:
        if has_answered:
            least = min(LEAST_PATIENCE, self._most_patience)
            self.patience = min(self._most_patience, max(least, 4 * (self._monotonic() - began)))
        with self._lock:
            del self.running[key]
            self._has_place.notify_all()
