"""Requests that come with a signature in place of a token, from their headers (http U-12 to U-18).

Whoever authenticates by token asks ``is_signed`` first and lets such a request pass untouched: ``asker`` then either
establishes who asks, from the project alone, or refuses.
"""

from collections.abc import Callable, Mapping

from zaqar.errors import SignatureRefused
from zaqar.signing import Grant, Signer, parse_time
from zaqar.transport.identity import CLIENT_ID

SIGNATURE, EXPIRES, METHODS, PATHS = "URL-Signature", "URL-Expires", "URL-Methods", "URL-Paths"
PROJECT = "X-Project-ID"
"""The only header that names the project of a signed request: it is part of what is signed."""


class SignedRequests:
    """Verifies signed requests. ``spelled`` tells how a header's name is written among the headers that are given."""

    def __init__(self, signer: Signer, *, spelled: Callable[[str], str] = str) -> None:
        self._signer = signer
        self._signature, self._expires = spelled(SIGNATURE), spelled(EXPIRES)
        self._methods, self._paths = spelled(METHODS), spelled(PATHS)
        self._project, self._client_id = spelled(PROJECT), spelled(CLIENT_ID)

    def is_signed(self, headers: Mapping[str, str]) -> bool:
        """Tell whether the request wants to be judged by its signature; an empty one is none (http U-13)."""
        return bool(headers.get(self._signature))

    def asker(self, headers: Mapping[str, str], *, method: str, path: str) -> dict[str, str]:
        """Return the headers that tell who asks, and no others: whatever else speaks of an identity is dropped.

        ``path``: as the router sees it, decoded, without the prefix of the deployment and without the query.
        Raises ``SignatureRefused``.
        """
        project = headers.get(self._project)
        if not project:
            raise SignatureRefused("it names no project")
        try:
            expires = parse_time(headers.get(self._expires, ""))
        except ValueError:
            raise SignatureRefused("URL-Expires is missing or no time") from None
        grant = Grant(
            headers.get(self._paths, "").split(","),
            headers.get(self._methods, "").split(","),
            project,
            expires,
        )
        self._signer.check(grant, headers[self._signature], method=method, path=path)
        kept = (self._project, self._client_id)
        return {name: headers[name] for name in kept if name in headers}
