"""What operators have to see because no mail leaves, said once a minute however many mails wait."""

import logging
import time
from collections.abc import Callable

LOG = logging.getLogger(__name__)

BETWEEN = 60.0
"""Seconds."""


class Complaints:
    """Says each sentence at once, and not again for a minute."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._next: dict[str, float] = {}

    def say(self, sentence: str) -> None:
        """Log an error, unless it was just said. The sentences are few: none names a mail or a subscriber."""
        now = self._monotonic()
        if now >= self._next.get(sentence, now):
            self._next[sentence] = now + BETWEEN
            LOG.error("%s", sentence)
