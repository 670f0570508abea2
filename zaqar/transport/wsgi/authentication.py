"""Whose request it is, before anything else is asked (http X-25 to X-28): with Keystone, only a token tells.

The credentials that a token brings are handed on under ``CREDENTIALS`` in the request's environment, where no client can
put anything. ``Checks`` makes the caller of them; whoever else vouches for a request does it in the same way.
"""

from collections.abc import Container
from typing import Any

from falcon import Request, Response

from zaqar.errors import Error
from zaqar.transport.tokens.tokens import Tokens

CREDENTIALS = "zaqar.credentials"
SIGNATURE = "HTTP_URL_SIGNATURE"
PROJECT = "HTTP_X_PROJECT_ID"


def _variable(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"


_WHOSE = ("Project", "User", "Domain", "Project-Domain", "User-Domain")
_NAMES = (
    *(f"X{prefix}-{whose}-{part}" for prefix in ("", "-Service") for whose in _WHOSE for part in ("Id", "Name")),
    *(f"X{prefix}-{name}" for prefix in ("", "-Service") for name in ("Roles", "Identity-Status")),
    "X-Role",
    "X-User",
    "X-Tenant",
    "X-Tenant-Id",
    "X-Tenant-Name",
    "X-Is-Admin-Project",
    "X-Service-Catalog",
    "OpenStack-System-Scope",
)
IDENTITY = frozenset(_variable(name) for name in _NAMES)
"""What WSGI calls the headers by which keystonemiddleware tells whose a request is.

A header sent twice is one variable, as is, under a server that admits it, one with underscores in its name.
"""
_BUT_PROJECT = IDENTITY - {PROJECT}


class Authentication:
    """Refuses every request without a good token, save for ``public`` paths."""

    def __init__(self, tokens: Tokens, *, public: Container[str]) -> None:
        self._tokens = tokens
        self._public = public

    def process_request(self, req: Request, resp: Response) -> None:
        """Establish whose request it is. An OPTIONS request is never refused (http X-8)."""
        env = req.env
        is_signed = bool(env.get(SIGNATURE))
        drop_identity(env, keeps_project=is_signed)
        # A signature has to be good whatever the token is: the checks refuse one that is not, before all else (http U-16).
        if is_signed or req.path in self._public:
            return
        try:
            env[CREDENTIALS] = self._tokens.credentials(env)
        except Error:
            if req.method != "OPTIONS":
                raise


def drop_identity(env: dict[str, Any], *, keeps_project: bool = False) -> None:
    """Remove what a client says of itself from a WSGI environment; of a signed request the project stays (http X-28)."""
    if not keeps_project:
        env.pop(PROJECT, None)  # many clients send it beside their token, and nothing else of these
    if _BUT_PROJECT.isdisjoint(env):
        return
    for name in _BUT_PROJECT & env.keys():
        del env[name]
