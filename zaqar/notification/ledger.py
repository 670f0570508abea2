"""What comes of each message of a subscription: noted in its course, counted, and said in the log (notifications N-78, N-79)."""

import collections
import logging
from collections.abc import Callable, Sequence

from zaqar.models import Failing, Notice
from zaqar.notification.counters import Counters
from zaqar.notification.course import Course
from zaqar.storage import ids

LOG = logging.getLogger(__name__)


class Ledger:
    """Keeps the books of one subscription. Nothing that was sent or received, and no address, gets into the log."""

    def __init__(self, subscription_id: str, course: Course, counters: Counters, now_ms: Callable[[], int]) -> None:
        self._id = subscription_id
        self._course = course
        self._counters = counters
        self._now_ms = now_ms
        self._unseen: collections.Counter[str] = collections.Counter()

    def delivered(self, notice: Notice, position: int, *, attempts: int, answer: str) -> None:
        """Note a message that has arrived."""
        self._course.delivered(position, notice.token, attempts=attempts, at=self._now(), answer=answer)
        self._counters.delivered += 1

    def attempt_failed(self, notice: Notice, position: int, *, attempts: int, answer: str) -> None:
        """Note an attempt that failed, and say so."""
        self._course.count_failure()
        message_id = ids.format_id(position, notice.token)
        LOG.info("subscription %s: attempt %d of message %s failed: %s", self._id, attempts, message_id, answer)

    def put_off(self, notice: Notice, position: int, *, attempts: int, next_ms: int, answer: str) -> None:
        """Note a message that is to be tried again."""
        self._course.fail(Failing(position, notice.token, attempts, next_ms, answer))

    def gave_up(self, token: str, position: int, *, attempts: int, reason: str) -> None:
        """Note a message that is not tried any more."""
        self._course.give_up(position, token, attempts=attempts, at=self._now(), reason=reason)
        self._counters.given_up += 1
        message_id = ids.format_id(position, token)
        LOG.warning("subscription %s: gave up message %s after %d attempts: %s", self._id, message_id, attempts, reason)

    def gave_up_unseen(self, token: str, positions: Sequence[int], reason: str) -> None:
        """Note messages of a post that were never attempted; there may be thousands, so they are said together (``say``)."""
        for position in positions:
            self._course.give_up(position, token, attempts=0, at=self._now(), reason=reason)
        self._counters.given_up += len(positions)
        self._unseen[reason] += len(positions)

    def say(self) -> None:
        """Say in the log what was given up unseen."""
        for reason, number in self._unseen.items():
            LOG.warning("subscription %s: gave up %d messages without an attempt: %s", self._id, number, reason)
        self._unseen.clear()

    def _now(self) -> int:
        return self._now_ms() // 1000
