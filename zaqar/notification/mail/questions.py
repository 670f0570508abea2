"""How many questions an address is sent: whoever may subscribe can have one sent to anybody, who never asked for it."""

import collections
import time
from collections.abc import Callable
from typing import NamedTuple

MOST = 10
"""Questions to one address in a day, of one process, whoever has them sent."""
MOST_OF_PROJECT = 5
"""Of them, those that one project has sent: it leaves some to others."""
PERIOD = 86_400.0
"""Seconds."""
BETWEEN = 60.0
"""Seconds between two that say the same."""
_MOST_ADDRESSES = 100_000
"""Which are remembered; the one that was asked least recently is forgotten first."""


class _Asked(NamedTuple):
    at: float
    project: str
    what: object
    message_id: str


class Questions:
    """Remembers what was asked of whom, in this process."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._asked: collections.OrderedDict[str, list[_Asked]] = collections.OrderedDict()

    def refusal(self, address: str, *, project: str, what: object, message_id: str) -> str | None:
        """Return why an address is not to be asked now; None where it may be, which counts from now on, once for all attempts."""
        now, key = self._monotonic(), _same(address)
        asked = [one for one in self._asked.get(key, ()) if now - one.at < PERIOD]
        if any(one.message_id == message_id for one in asked):
            return None
        if any((one.project, one.what) == (project, what) and now - one.at < BETWEEN for one in asked):
            return "the same was asked a moment ago"
        if len(asked) >= MOST or sum(one.project == project for one in asked) >= MOST_OF_PROJECT:
            return "the address was asked too often today"
        self._asked[key] = [*asked, _Asked(now, project, what, message_id)]
        self._asked.move_to_end(key)
        if len(self._asked) > _MOST_ADDRESSES:
            self._asked.popitem(last=False)
        return None


def _same(address: str) -> str:
    """Return what is the same for addresses of one mailbox, as most servers have it: without case, and without what follows a +."""
    local_part, _, domain = address.lower().rpartition("@")
    return f"{local_part.partition('+')[0] or local_part}@{domain}"
