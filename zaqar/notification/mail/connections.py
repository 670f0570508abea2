"""Connections to the mail server that stay open for the next mail."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiosmtplib

from zaqar.notification.mail.session import NoSession

IDLE = 60.0
"""Seconds after which a connection that nobody uses is closed."""
_UNCERTAIN = 5.0
"""Seconds after which one that lay idle is asked whether it still is one, and for how long it may think about that."""
_LOOK = 10.0
"""Seconds between looks at what lies idle."""
_AFTER_REFUSAL = 1.0
"""Seconds for which a server that let nobody in is not asked again: those that wait in line would each wait for that."""

Result = TypeVar("Result")


class Connections:
    """At most ``most``, made by ``begin`` when they are wanted. Used in one event loop, from ``open`` to ``close``."""

    def __init__(
        self,
        begin: Callable[[], Awaitable[aiosmtplib.SMTP]],
        *,
        most: int,
        longest_wait: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._begin = begin
        self._places = asyncio.Semaphore(most)
        self._longest_wait = longest_wait
        self._monotonic = monotonic
        self._idle: list[tuple[aiosmtplib.SMTP, float]] = []
        """With since when; the one that was used last comes last, and is used next."""
        self._refusal: NoSession | None = None
        self._refused_at = 0.0
        self._tending: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to close what lies idle for too long."""
        self._tending = asyncio.create_task(self._tend())

    async def close(self) -> None:
        """Take leave of the server."""
        if self._tending is not None:
            self._tending.cancel()
            await asyncio.gather(self._tending, return_exceptions=True)
        await self._dismiss([client for client, _ in self._idle])
        self._idle.clear()

    async def use(self, act: Callable[[aiosmtplib.SMTP], Awaitable[Result]], *, timeout: float) -> Result:
        """Do something with a connection, within a time. Raises what ``act`` raises, ``NoSession`` and ``TimeoutError``."""
        await self._wait_for_place()
        try:
            async with asyncio.timeout(timeout):
                return await self._use(act)
        finally:
            self._places.release()

    async def dismiss_idle(self) -> None:
        """Close what has lain idle for too long."""
        old = [one for one in self._idle if self._monotonic() - one[1] >= IDLE or not one[0].is_connected]
        for one in old:
            self._idle.remove(one)
        await self._dismiss([client for client, _ in old])

    async def _wait_for_place(self) -> None:
        try:
            async with asyncio.timeout(self._longest_wait):
                await self._places.acquire()
        except TimeoutError:
            raise NoSession("all connections are busy") from None

    async def _use(self, act: Callable[[aiosmtplib.SMTP], Awaitable[Result]]) -> Result:
        client = await self._idle_one()
        if client is not None:
            try:
                return await self._with(client, act)
            except aiosmtplib.SMTPServerDisconnected:
                pass  # one that lay idle may be closed at any moment: only a new one says something of the server
        return await self._with(await self._new(), act)

    async def _with(self, client: aiosmtplib.SMTP, act: Callable[[aiosmtplib.SMTP], Awaitable[Result]]) -> Result:
        is_in_order = False
        try:
            result = await act(client)
            is_in_order = True
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException) as error:
            # The library has reset the session; a server that lost its thread may not have followed.
            is_in_order = getattr(error, "code", 0) != aiosmtplib.SMTPStatus.bad_command_sequence
            raise
        finally:
            if is_in_order and client.is_connected:
                self._idle.append((client, self._monotonic()))
            else:
                client.close()
        return result

    async def _idle_one(self) -> aiosmtplib.SMTP | None:
        while self._idle:
            client, since = self._idle.pop()
            if client.is_connected and (self._monotonic() - since < _UNCERTAIN or await _is_alive(client)):
                return client
            client.close()
        return None

    async def _new(self) -> aiosmtplib.SMTP:
        if self._refusal is not None and self._monotonic() - self._refused_at < _AFTER_REFUSAL:
            raise NoSession(str(self._refusal))
        try:
            client = await self._begin()
        except NoSession as error:
            self._refusal, self._refused_at = error, self._monotonic()
            raise
        self._refusal = None
        return client

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            await self.dismiss_idle()

    async def _dismiss(self, clients: list[aiosmtplib.SMTP]) -> None:
        await asyncio.gather(*(_quit(client) for client in clients))


async def _is_alive(client: aiosmtplib.SMTP) -> bool:
    try:
        await client.rset(timeout=_UNCERTAIN)
    except (aiosmtplib.SMTPException, OSError):
        return False
    return True


async def _quit(client: aiosmtplib.SMTP) -> None:
    try:
        if client.is_connected:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=_UNCERTAIN)
    finally:
        client.close()
