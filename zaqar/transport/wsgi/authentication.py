"""Whose request it is, before anything else is asked (http X-25 to X-28): with Keystone, only a token tells.

The credentials that a token brings are handed on under ``CREDENTIALS`` in the request's environment, where no client can
put anything. ``Checks`` makes the caller of them; whoever else vouches for a request does it in the same way.
"""

from collections.abc import Container
from functools import lru_cache
from typing import Any

from falcon import Request, Response

from zaqar.errors import Error
from zaqar.transport.tokens.tokens import Tokens

CREDENTIALS = "zaqar.credentials"
SIGNATURE = "HTTP_URL_SIGNATURE"
PROJECT = "HTTP_X_PROJECT_ID"

_MAY_BE_IDENTITY = ("HTTP_X_", "HTTP_OPENSTACK_SYSTEM_")
_IDENTITY = (
    "HTTP_X_PROJECT",
    "HTTP_X_TENANT",
    "HTTP_X_USER",
    "HTTP_X_ROLE",
    "HTTP_X_DOMAIN",
    "HTTP_X_SERVICE_",
    "HTTP_X_IDENTITY_STATUS",
    "HTTP_X_IS_ADMIN_PROJECT",
    "HTTP_OPENSTACK_SYSTEM_SCOPE",
)
"""How the names begin under which WSGI has identity headers. A header sent twice is one variable, as is, under a server
that admits it, one with underscores in its name."""
_TOKENS = frozenset(("HTTP_X_SERVICE_TOKEN",))


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
    for name in [name for name in env if name.startswith(_MAY_BE_IDENTITY)]:
        if _is_identity(name) and not (keeps_project and name == PROJECT):
            del env[name]


@lru_cache(maxsize=1024)
def _is_identity(name: str) -> bool:
    return name.startswith(_IDENTITY) and name not in _TOKENS
