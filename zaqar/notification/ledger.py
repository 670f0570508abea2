"""What comes of each message of a subscription: noted in its course, counted, and said in the log (notifications N-78, N-79)."""

import collections
import logging
from collections.abc import Callable, Sequence

from zaqar.models import Failing, Notice
from zaqar.notification.counters import Counters
from zaqar.notification.course import Course, Lane
from zaqar.storage import ids

LOG = logging.getLogger(__name__)

MOST_LINES = 10
"""Lines of one subscription in ``BETWEEN_MS``; of the rest a line says how many there were."""
BETWEEN_MS = 1000


class Ledger:
    """Keeps the books of one subscription. Nothing that was sent or received, and no address, gets into the log."""

    def __init__(self, subscription_id: str, course: Course, counters: Counters, now_ms: Callable[[], int]) -> None:
        self._id = subscription_id
        self._course = course
        self._counters = counters
        self._now_ms = now_ms
        self._lines = 0
        self._next_say_ms = now_ms() + BETWEEN_MS
        self._unsaid: collections.Counter[tuple[int, str, str]] = collections.Counter()
        """What was too much for a line each: level, what and why."""
        self._unseen: collections.Counter[str] = collections.Counter()

    def delivered(self, notice: Notice, position: int, *, attempts: int, answer: str) -> None:
        """Note a message that has arrived."""
        original_id = notice.original_id(position)
        self._course.delivered(
            position, notice.token, attempts=attempts, at=self._now(), answer=answer, original_id=original_id
        )
        self._counters.delivered += 1

    def attempt_failed(self, notice: Notice, position: int, *, attempts: int, answer: str) -> None:
        """Note an attempt that failed, and say so."""
        self._course.count_failure()
        if self._has_line():
            message_id = notice.original_id(position) or ids.format_id(position, notice.token)
            LOG.info("subscription %s: attempt %d of message %s failed: %s", self._id, attempts, message_id, answer)
        else:
            self._unsaid[logging.INFO, "attempts failed", answer] += 1

    def waits(self, why: str) -> None:
        """Say that an attempt could not be made yet, through no fault of the receiver."""
        if self._has_line():
            LOG.warning("subscription %s: an attempt waits: %s", self._id, why)
        else:
            self._unsaid[logging.WARNING, "attempts wait", why] += 1

    def put_off(self, notice: Notice, position: int, *, attempts: int, next_ms: int, answer: str) -> None:
        """Note a message that is to be tried again."""
        original_id = notice.original_id(position)
        self._course.fail(Failing(position, notice.token, attempts, next_ms, answer, original_id))

    def gave_up(self, token: str, position: int, *, attempts: int, reason: str, original_id: str | None = None) -> None:
        """Note a message that is not tried any more."""
        self._course.give_up(position, token, attempts=attempts, at=self._now(), reason=reason, original_id=original_id)
        self._counters.given_up += 1
        if self._has_line():
            message_id = original_id or ids.format_id(position, token)
            LOG.warning(
                "subscription %s: gave up message %s after %d attempts: %s", self._id, message_id, attempts, reason
            )
        else:
            self._unsaid[logging.WARNING, "messages were given up", reason] += 1

    def gave_up_unseen(self, what: Notice | Lane, positions: Sequence[int], reason: str) -> None:
        """Note messages of a post that were never attempted; there may be thousands, so they are said together (``say``)."""
        at, original_ids = self._now(), what.original_ids
        for position in positions:
            original_id = original_ids.get(position)
            self._course.give_up(position, what.token, attempts=0, at=at, reason=reason, original_id=original_id)
        self._counters.given_up += len(positions)
        self._unseen[reason] += len(positions)

    def say(self) -> None:
        """Say in the log now and then, together, what was not said one by one."""
        now_ms = self._now_ms()
        if not 0 < self._next_say_ms - now_ms <= BETWEEN_MS:
            self._next_say_ms = now_ms + BETWEEN_MS
            self._lines = 0
            self.close()

    def close(self) -> None:
        """Say it now, as this is the end."""
        for (level, what, why), number in self._unsaid.items():
            LOG.log(level, "subscription %s: %d more %s: %s", self._id, number, what, why)
        self._unsaid.clear()
        for reason, number in self._unseen.items():
            LOG.warning("subscription %s: gave up %d messages without an attempt: %s", self._id, number, reason)
        self._unseen.clear()

    def _has_line(self) -> bool:
        self._lines += 1
        return self._lines <= MOST_LINES

    def _now(self) -> int:
        return self._now_ms() // 1000
