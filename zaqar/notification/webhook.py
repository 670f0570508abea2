"""One attempt to deliver to a webhook: a POST, and what came of it (notifications A3, N-24).

A connection is made to the very address that was checked: the check is where the socket for it is made. So no name can
lead elsewhere between the two. Of what a receiver answers only the status and ``Retry-After`` are looked at.
"""

import asyncio
import contextvars
import dataclasses
import resource
import socket
import ssl
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp
from yarl import URL

from zaqar.notification.kinds.kind import Answer
from zaqar.notification.lookups import LookUp, Lookups, look_up
from zaqar.notification.sips import SippingSocket

_MOST_ANSWER = 64 * 1024
_LONGEST_ANSWER = 1.0
"""Seconds for what follows the headers of an answer: the status is known, and the connection is not worth more."""

_MOST_OPEN = 10_000
_IDLE = 60.0
"""Seconds after which a connection that nobody uses is closed."""

_GONE = 410
_MAY_ASK_TO_WAIT = frozenset({429, 503})


class AddressRefused(OSError):
    """No connection is made to this address."""


@dataclasses.dataclass
class _Attempt:
    is_trusted: bool
    has_connected: bool = False
    """Whether a connection was begun for it; else it took one that was there."""


_attempt: contextvars.ContextVar[_Attempt] = contextvars.ContextVar("attempt")


class Sender:
    """Sends; made and used in one event loop. Connections stay open for what comes next.

    ``accepts``: whether an address may be connected to. ``is_trusted``: whether a host is exempt from that. Times in seconds.
    From ``most_open`` connections on, half of the files that the process may have, new ones are made that are not kept.
    """

    def __init__(
        self,
        *,
        accepts: Callable[[str], bool],
        is_trusted: Callable[[str], bool],
        connect_timeout: float,
        total_timeout: float,
        most_lookups: int,
        tls: ssl.SSLContext | None = None,
        look_up: LookUp = look_up,
    ) -> None:
        self._accepts = accepts
        self._is_trusted = is_trusted
        self._lookups = Lookups(look_up, most=most_lookups)
        self.most_open = _most_open()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        """Those that are open: nobody else has one, so that it is gone once its connection is closed."""
        self._total_timeout = total_timeout
        self._timeout = aiohttp.ClientTimeout(connect=connect_timeout)
        self._tls = True if tls is None else tls
        self._session = self._new_session(keepalive_timeout=_IDLE)
        self._session_of_new = self._new_session(force_close=True)
        """Each of its connections is made for one request."""

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()
        await self._session_of_new.close()
        await self._lookups.close()

    async def send(self, url: URL, headers: Mapping[str, str], body: bytes) -> Answer:
        """Make one attempt; never raises for what a receiver, the network or a name does."""
        try:
            attempt = _Attempt(self._is_trusted(url.host or ""))
            _attempt.set(attempt)
            async with asyncio.timeout(self._total_timeout):
                return await self._send(attempt, url, headers, body)
        except TimeoutError as error:
            is_early = isinstance(error, aiohttp.ConnectionTimeoutError)
            return Answer("no connection in time" if is_early else "no answer in time")
        except (
            aiohttp.ClientError,
            OSError,
            ValueError,
            OverflowError,
        ) as error:  # the last two: for hosts and ports that are none
            return Answer(_told(error))

    async def _send(self, attempt: _Attempt, url: URL, headers: Mapping[str, str], body: bytes) -> Answer:
        if len(self._sockets) >= self.most_open:
            return await self._post(self._session_of_new, url, headers, body)
        try:
            return await self._post(self._session, url, headers, body)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            # A connection that lay idle may be closed at any moment: only a new one says something of the receiver.
            if attempt.has_connected or isinstance(error, aiohttp.ClientConnectorError):
                raise
        return await self._post(self._session_of_new, url, headers, body)

    async def _post(self, session: aiohttp.ClientSession, url: URL, headers: Mapping[str, str], body: bytes) -> Answer:
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            status = response.status
            retry_after = response.headers.get("Retry-After") if status in _MAY_ASK_TO_WAIT else None
            if not response.content.is_eof():
                await _pass_over(response)
            return Answer(f"status {status}", 200 <= status < 300, status == _GONE, retry_after=retry_after)

    def _new_session(self, **keeping: Any) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._lookups,
                socket_factory=self._open,
                limit=0,  # the places of the notifier bound it
                ssl=self._tls,
                **keeping,
            ),
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "zaqar"},
            skip_auto_headers=["Accept-Encoding"],
            auto_decompress=False,
            trust_env=False,
        )

    def _open(self, address: aiohttp.AddrInfoType) -> socket.socket:
        """Return a socket for an address, which is the one that it will be connected to."""
        attempt = _attempt.get()
        family, kind, protocol, _, place = address
        if not attempt.is_trusted and not self._accepts(str(place[0])):
            raise AddressRefused("the address is not allowed")
        attempt.has_connected = True
        made = SippingSocket(family, kind, protocol)
        self._sockets.add(made)
        return made


def _most_open() -> int:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _MOST_OPEN if most == resource.RLIM_INFINITY else min(most // 2, _MOST_OPEN)


async def _pass_over(response: aiohttp.ClientResponse) -> None:
    """Read the rest of an answer where it is short, so that the connection can be used again; else give it up."""
    left = _MOST_ANSWER
    try:
        async with asyncio.timeout(_LONGEST_ANSWER):
            async for chunk in response.content.iter_any():
                left -= len(chunk)
                if left < 0:
                    break
            else:
                return
    except (aiohttp.ClientError, OSError):  # what is said after the status does not matter
        pass
    response.close()


def _told(error: Exception) -> str:
    """Return in a few words why there was no answer; never a text that a receiver could have a say in."""
    cause = error
    if type(error) is aiohttp.ClientConnectorError:
        cause = error.os_error
    elif isinstance(error, aiohttp.ClientOSError) and not isinstance(error, aiohttp.ClientConnectorError):
        cause = aiohttp.ServerDisconnectedError()
    return next(text for kind, text in _REASONS if isinstance(cause, kind))


_REASONS: Sequence[tuple[type[Exception] | tuple[type[Exception], ...], str]] = (
    (aiohttp.ClientConnectorDNSError, "the name was not found"),
    (aiohttp.ClientConnectorCertificateError, "its certificate is not trusted"),
    (aiohttp.ClientSSLError, "TLS failed"),
    (AddressRefused, "the address is not allowed"),
    (ConnectionRefusedError, "the connection was refused"),
    (aiohttp.ServerDisconnectedError, "the connection was closed without an answer"),
    (aiohttp.ClientResponseError, "the answer is not HTTP"),
    ((OSError, aiohttp.ClientConnectionError), "no connection"),
    (Exception, "the URL cannot be used"),
)
