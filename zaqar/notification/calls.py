"""Calls of a store, in a few threads: the loop of deliveries waits for none."""

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from zaqar.errors import Unavailable
from zaqar.notification.threads import Threads

LOG = logging.getLogger(__name__)

_THREADS = 4

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Calls:
    """Those of one store. That it does not answer is said once, and once that it does again.

    ``follow`` is called, in the same thread, after each that came back: the store has just told its time, or can.
    """

    def __init__(self, follow: Callable[[], None]) -> None:
        self._follow = follow
        self._threads = Threads("notifier-store", _THREADS)
        self._is_down = False

    async def run(self, call: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs) -> Result:
        """Call, and return what it returns. Raises what it raises, ``Unavailable`` above all."""
        try:
            result = await self.ask(self._do, functools.partial(call, *args, **named))
        except Unavailable as error:
            if not self._is_down:
                LOG.warning("notifications wait, as a message store does not answer: %s", error)
            self._is_down = True
            raise
        if self._is_down:
            LOG.info("notifications go on, as the message store answers again")
        self._is_down = False
        return result

    async def ask(self, call: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs) -> Result:
        """Call something else in the same threads, of whose outage nothing is said."""
        return await self._threads.run(call, *args, **named)

    def _do(self, call: Callable[[], Result]) -> Result:
        result = call()
        self._follow()
        return result

    def close(self) -> None:
        """End the threads."""
        self._threads.close()
