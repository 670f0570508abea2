"""Tokens for trusts: each is asked for once, and kept until shortly before its end."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from zaqar.errors import Unavailable

Ask = Callable[[str], Awaitable[tuple[str, float]]]
"""Returns a token for a trust, by its id, and for how many seconds it is good. Raises ``TrustLost`` and ``Unavailable``."""

MOST_KEPT = 10_000
"""Tokens; of more, the one that was used longest ago is forgotten."""
MOST_ASKED = 4
"""At a time."""
DEADLINE = 12.0
"""Seconds for an answer."""
SILENCE = 5.0
"""Seconds for which nobody is asked, once there was no answer."""
LEAST_LEFT = 60.0
"""Seconds before its end, or half its life if that is less, at which a token is not used any more."""


class _Kept(NamedTuple):
    token: str
    until: float


class Tokens:
    """Made and used in one event loop."""

    def __init__(self, ask: Ask, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._monotonic = monotonic
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._asking: dict[str, asyncio.Task[str]] = {}
        self._places = asyncio.Semaphore(MOST_ASKED)
        self._silent_until = float("-inf")

    async def get(self, trust_id: str) -> str:
        """Return a token for a trust. Raises ``TrustLost``, and ``Unavailable`` where Keystone does not answer."""
        kept = self._kept.get(trust_id)
        if kept is not None and kept.until > self._monotonic():
            self._kept.move_to_end(trust_id)
            return kept.token
        task = self._asking.get(trust_id)
        if task is None:
            task = self._asking[trust_id] = asyncio.create_task(self._get(trust_id))
            task.add_done_callback(lambda _: self._asking.pop(trust_id))
        return await asyncio.shield(task)  # others wait for it, too

    def drop(self, trust_id: str, token: str) -> None:
        """Forget a token that somebody did not take."""
        kept = self._kept.get(trust_id)
        if kept is not None and kept.token == token:
            del self._kept[trust_id]

    async def close(self) -> None:
        """Wait for nothing any more."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _get(self, trust_id: str) -> str:
        async with self._places:
            if self._silent_until > self._monotonic():
                raise Unavailable("Keystone did not answer a moment ago.")
            try:
                async with asyncio.timeout(DEADLINE):
                    token, seconds = await self._ask(trust_id)
            except TimeoutError as error:
                self._silent_until = self._monotonic() + SILENCE
                raise Unavailable("Keystone does not answer.") from error
            except Unavailable:
                self._silent_until = self._monotonic() + SILENCE
                raise
        self._keep(trust_id, token, seconds - min(LEAST_LEFT, seconds / 2))
        return token

    def _keep(self, trust_id: str, token: str, seconds: float) -> None:
        self._kept[trust_id] = _Kept(token, self._monotonic() + seconds)
        self._kept.move_to_end(trust_id)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
