"""Tokens that were accepted, as long as that may be relied on."""

import time
from collections import OrderedDict
from collections.abc import Callable

from zaqar.transport.tokens.verdict import Verdict

MOST_REMEMBERED = 10_000
"""Tokens; of more, the one that was used longest ago is forgotten."""


class Memory:
    """Verdicts by the digest of their token: no token itself is kept. Any thread may call anything here."""

    def __init__(self, *, most: int = MOST_REMEMBERED, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._monotonic = monotonic
        self._known: OrderedDict[bytes, tuple[float, Verdict]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, digest: bytes) -> Verdict | None:
        """Return what is known of a token; None for one that is unknown, or is so again."""
        entry = self._known.get(digest)
        if entry is None:
            return None
        if entry[0] <= self._monotonic():
            self._known.pop(digest, None)
            return None
        try:
            self._known.move_to_end(digest)
        except KeyError:  # another thread has just made room
            return None
        return entry[1]

    def put(self, digest: bytes, verdict: Verdict) -> None:
        """Rely on a verdict from now on, for as many seconds as it says."""
        if verdict.seconds <= 0:
            return
        self._known[digest] = (self._monotonic() + verdict.seconds, verdict)
        while len(self._known) > self._most:
            self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()
