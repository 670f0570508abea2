"""Makes the caller's context from the headers of a request, for every transport (http X-14 to X-27)."""

import re
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache

import msgspec

from zaqar.context import Context, Token
from zaqar.errors import Invalid
from zaqar.transport.status import EmptyProject, InvalidClientId, MissingHeader, MissingProject

CLIENT_ID, USER, ROLES, TOKEN = "Client-ID", "X-User-Id", "X-Roles", "X-Auth-Token"
PROJECTS = ("X-Project-ID", "X-Tenant-Id", "X-Tenant")
"""Headers that may name the project; the first of them that a request has counts."""

_NO_PROJECT = 'The "X-Project-ID" header is required: it names the project, the tenant.'

_OTHER_SCOPE = "The token is for no project: ask Keystone for one whose scope is a project."

_HEX = re.compile(r"[0-9a-fA-F]{32}\Z")


class Credentials(msgspec.Struct, frozen=True, gc=False):
    """The identity behind a token, for which Keystone vouches, and not the client."""

    project: str | None
    user: str | None = None
    roles: tuple[str, ...] = ()


class Identity:
    """Establishes the caller. ``spelled`` tells how a header's name is written among the headers it is given."""

    def __init__(self, rule: "ClientIdRule", *, spelled: Callable[[str], str] = str) -> None:
        self._rule = rule
        self._client_id, self._user, self._roles, self._token = map(spelled, (CLIENT_ID, USER, ROLES, TOKEN))
        self._projects = tuple((spelled(name), name) for name in PROJECTS)

    def context(
        self, headers: Mapping[str, str], *, request_id: str, credentials: Credentials | None = None
    ) -> Context:
        """Return who asks. Raises what is refused: the Client-ID first, then the project (http X-4).

        Of the identity headers nothing counts where there are ``credentials`` (http X-25), and all where there are none
        (http X-24).
        """
        try:
            client_id = self._rule.canonical(headers.get(self._client_id))
        except Invalid as error:
            if credentials is not None or any(name in headers for name, _ in self._projects):
                raise
            # So that a newcomer learns of both at once.
            raise type(error)(f"{error} {_NO_PROJECT}") from None
        if credentials is not None:
            if not credentials.project:
                raise MissingProject(_OTHER_SCOPE)
            token = headers.get(self._token)  # what the credentials are of
            return Context(
                credentials.project,
                client_id,
                request_id,
                credentials.user,
                credentials.roles,
                token=Token(token) if token else None,
            )
        project = self._project(headers)
        roles = headers.get(self._roles)
        return Context(
            project,
            client_id,
            request_id,
            headers.get(self._user),
            tuple(role.strip() for role in roles.split(",")) if roles else (),
        )

    def _project(self, headers: Mapping[str, str]) -> str:
        for name, header in self._projects:
            project = headers.get(name)
            if project is not None:
                if not project:
                    raise EmptyProject(f'The "{header}" header must not be empty: it names the project.')
                return project
        raise MissingProject(_NO_PROJECT)


class ClientIdRule:
    """The form that a Client-ID must have: a UUID when ``is_strict``, else any string of a length in characters."""

    def __init__(self, *, is_strict: bool, least: int, most: int) -> None:
        self._is_strict = is_strict
        self._least = least
        self._most = most

    def canonical(self, value: str | None) -> str:
        """Return the id in the form that is stored and compared: two spellings of a UUID are one client."""
        if value is None:
            raise MissingHeader('The "Client-Id" header is required.')
        canonical = _as_uuid(value)
        if self._is_strict:
            if canonical is None:
                raise InvalidClientId(
                    'Malformed hexadecimal UUID. The "Client-ID" header must be a UUID, such as '
                    "3381af92-2b9e-11e3-b191-71861300734c, which the client makes once and keeps."
                )
            return canonical
        if not self._least <= len(value) <= self._most:
            raise InvalidClientId(
                f'The "Client-ID" header has {self._least} to {self._most} characters; this has {len(value)}.'
            )
        return canonical or value


@lru_cache(maxsize=4096)
def _as_uuid(value: str) -> str | None:
    digits = value.replace("urn:", "").replace("uuid:", "").strip("{}").replace("-", "")
    return str(uuid.UUID(digits)) if _HEX.match(digits) else None
