"""Looking names up in threads, so that names that take long hold up nothing else."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult

Found = Sequence[tuple[socket.AddressFamily, str]]
LookUp = Callable[[str, int], Found]


_OUTLIVING = 8
"""How many times as long as an attempt waits for a name the system may look for it: a minute and more is usual where no server
answers. Such lookups go on when their attempts are over, and must leave places to others."""


class Lookups(AbstractResolver):
    """Names, each in a thread that no exit of the process waits for; ``most``: attempts at a time that may want one."""

    def __init__(self, look_up: LookUp, *, most: int) -> None:
        self._look_up = look_up
        self._places = asyncio.Semaphore(most * _OUTLIVING)

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - both are asked for
    ) -> list[ResolveResult]:
        """Return the addresses of a name. Raises ``OSError``."""
        async with self._places:
            answer: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
            threading.Thread(target=self._find, args=(host, port, answer), name="lookup", daemon=True).start()
            found = await answer
        return [
            ResolveResult(hostname=host, host=place, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, place in found
        ]

    async def close(self) -> None:
        """Leave the threads to end with what they look up."""

    def _find(self, host: str, port: int, answer: asyncio.Future[Found]) -> None:
        found: Found = ()
        error: Exception | None = None
        try:
            found = self._look_up(host, port)
        except (OSError, ValueError, OverflowError) as failed:  # what cannot be a name, or a port
            error = failed
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            answer.get_loop().call_soon_threadsafe(_settle, answer, found, error)


def look_up(host: str, port: int) -> Found:
    """Ask the system for the addresses of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((kind, _numeric(place)) for kind, _, _, _, place in found))


def _settle(answer: asyncio.Future[Found], found: Found, error: Exception | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(found)
    else:
        answer.set_exception(error)


def _numeric(place: tuple[object, ...]) -> str:
    """Return an address with its zone, where it has one."""
    return socket.getnameinfo(place, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0]  # type: ignore[arg-type]
