"""Requests that come with a signature in place of a token, from their headers (http U-12 to U-18).

Whoever authenticates by token asks ``is_signed`` first and lets such a request pass untouched: ``asker`` then either
establishes who asks, from the project alone, or refuses.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from zaqar.context import Opening
from zaqar.errors import SignatureRefused
from zaqar.signing import Grant, Signer, parse_time
from zaqar.transport.identity import CLIENT_ID

SIGNATURE, EXPIRES, METHODS, PATHS = "URL-Signature", "URL-Expires", "URL-Methods", "URL-Paths"
PROJECT = "X-Project-ID"
"""The only header that names the project of a signed request: it is part of what is signed."""

MOST_REMEMBERED = 10_000
"""Signatures that were verified; when there are more, all are forgotten."""
LONGEST_REMEMBERED = 2000
"""Characters of the headers; longer ones, which would fill the memory, are verified each time."""


class Asker(NamedTuple):
    """Who has a signature, and what that opens."""

    headers: dict[str, str]
    opening: Opening


class SignedRequests:
    """Verifies signed requests. ``spelled`` tells how a header's name is written among the headers that are given."""

    def __init__(self, signer: Signer, *, spelled: Callable[[str], str] = str) -> None:
        self._signer = signer
        self._signature, self._expires = spelled(SIGNATURE), spelled(EXPIRES)
        self._methods, self._paths = spelled(METHODS), spelled(PATHS)
        self._project, self._client_id = spelled(PROJECT), spelled(CLIENT_ID)
        # A holder sends the same again and again. Only what is right is here, and is found as a whole or not at all:
        # a lookup compares hashes first, so its time tells nothing of a signature that is nearly right.
        self._verified: dict[tuple[str, str, str, str, str], Grant] = {}

    def is_signed(self, headers: Mapping[str, str]) -> bool:
        """Tell whether the request wants to be judged by its signature; an empty one is none (http U-13)."""
        return bool(headers.get(self._signature))

    def asker(self, headers: Mapping[str, str], *, method: str, path: str) -> Asker:
        """Return who asks: of the headers those that tell it, whatever else speaks of an identity is dropped.

        ``path``: as the router sees it, decoded, without the prefix of the deployment and without the query.
        Raises ``SignatureRefused``.
        """
        project = headers.get(self._project)
        if not project:
            raise SignatureRefused("it names no project")
        get = headers.get
        said = (get(self._paths, ""), get(self._methods, ""), project, get(self._expires, ""), headers[self._signature])
        grant = self._verified.get(said)
        if grant is None:
            grant = grant_of(*said[:-1])
            self._signer.verify(grant, said[-1])
            self._remember(said, grant)
        self._signer.check(grant, method=method, path=path)
        kept = (self._project, self._client_id)
        opening = Opening(tuple(grant.paths), int(grant.expires.timestamp()))
        return Asker({name: headers[name] for name in kept if name in headers}, opening)

    def _remember(self, said: tuple[str, str, str, str, str], grant: Grant) -> None:
        if sum(map(len, said)) > LONGEST_REMEMBERED:
            return
        if len(self._verified) >= MOST_REMEMBERED:
            self._verified.clear()
        self._verified[said] = grant


def grant_of(paths: str, methods: str, project: str, expires: str) -> Grant:
    """Return what the texts of a signed request say. Raises ``SignatureRefused``."""
    try:
        return Grant(paths.split(","), methods.split(","), project, parse_time(expires))
    except ValueError:
        raise SignatureRefused("URL-Expires is missing or no time") from None
