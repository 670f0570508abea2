"""From the token of a request to the caller's credentials."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Protocol

from zaqar import forks
from zaqar.transport.identity import Credentials
from zaqar.transport.status import Unauthenticated
from zaqar.transport.tokens.memory import Memory
from zaqar.transport.tokens.validations import Validations
from zaqar.transport.tokens.verdict import Refused, Verdict

DIGEST = 32
"""Bytes of what stands for a token in memory: BLAKE2b, as SHA-256 takes longer for a text as long as a token."""


class IdentityService(Protocol):
    """Who knows tokens."""

    uri: str
    """Where clients get a token."""

    def validate(self, token: str, service_token: str | None) -> Verdict:
        """Return whose token it is. Raises ``Refused``, and ``Unavailable`` when that cannot be found out now."""
        ...


class Tokens:
    """Tells whose a token is: what the service has once said, a process knows until the verdict's seconds are over."""

    def __init__(self, service: IdentityService, *, most_validations: int, memory: Memory | None = None) -> None:
        self._service = service
        self._most = most_validations
        self._memory = Memory() if memory is None else memory
        self._validations = Validations(most=most_validations)
        forks.tell(self)

    def credentials(self, env: Mapping[str, Any]) -> Credentials:
        """Return whose the token in a WSGI environment is. Raises ``Unauthenticated`` and ``Unavailable``.

        With a service token beside it, the service is asked each time: one may make an expired token good.
        """
        token: str = env.get("HTTP_X_AUTH_TOKEN", "")
        service_token: str | None = env.get("HTTP_X_SERVICE_TOKEN")
        if not token or not token.isascii():
            raise self._refusal()
        digest = blake2b(token.encode(), digest_size=DIGEST).digest()
        verdict = self._memory.get(digest) if service_token is None else None
        if verdict is not None and verdict.check is None:
            return verdict.credentials
        try:
            if verdict is None:
                verdict = self._asked(digest, token, service_token)
            if verdict.check is not None:
                verdict.check(env)
        except Refused:
            raise self._refusal() from None
        return verdict.credentials

    def forget_parent(self) -> None:
        """Begin anew in a forked process: the threads that validate, and the connections they use, are the parent's."""
        self._memory.clear()
        self._validations = Validations(most=self._most)

    def _asked(self, digest: bytes, token: str, service_token: str | None) -> Verdict:
        if service_token is not None:
            return self._validations.result(
                object(), lambda: self._service.validate(token, service_token), known=lambda: None
            )

        def validate() -> Verdict:
            verdict = self._service.validate(token, None)
            self._memory.put(digest, verdict)
            return verdict

        return self._validations.result(digest, validate, known=lambda: self._memory.get(digest))

    def _refusal(self) -> Unauthenticated:
        return Unauthenticated("The request you have made requires authentication.", uri=self._service.uri)
