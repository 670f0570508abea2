"""Signatures: create."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from zaqar.context import Context
from zaqar.errors import Invalid
from zaqar.models import QueueKey
from zaqar.operations.authorization import Authorization
from zaqar.signing import Grant, Signer, is_method, parse_time, path_of

RESOURCES = ("messages", "subscriptions", "claims")
"""What of a queue a signature may open."""
LIFETIME = timedelta(days=1)
"""How long a signature is good where the client names no end."""


class Signature(msgspec.Struct, frozen=True):
    """A grant with what proves it."""

    grant: Grant
    text: str


class Signatures:
    """The verb of a signature: whoever has one needs no token for what it opens."""

    def __init__(self, *, signer: Signer, authorization: Authorization) -> None:
        self._signer = signer
        self._authorization = authorization

    def create(
        self,
        context: Context,
        queue: QueueKey,
        *,
        resources: object = None,
        methods: object = None,
        expires: object = None,
    ) -> Signature:
        """Sign methods on resources of a queue, which need not exist, until a time (http U-1 to U-7).

        What is None or empty has a default: GET on the messages, for a day. Raises ``Invalid``.
        """
        self._authorization.check("queues:share", context)
        if not self._signer.has_key:
            raise Invalid("Signed URLs are off: the operator has set no [signed_url] secret_key.")
        paths = [path_of(queue, resource) for resource in _resources(resources)]
        grant = Grant(sorted(paths), sorted(_methods(methods)), context.project, self._end(expires))
        return Signature(grant, self._signer.sign(grant))

    def _end(self, expires: object) -> datetime:
        now = self._signer.now()
        if expires is None:
            return now + LIFETIME
        if not isinstance(expires, str):
            raise Invalid(_NO_TIME)
        try:
            end = parse_time(expires)
        except ValueError:
            raise Invalid(_NO_TIME) from None
        if end <= now:
            raise Invalid("expires must be in the future.")
        return end


_NO_TIME = "expires must be a time in ISO 8601, such as 2030-01-31T12:00:00, which is UTC where it has no offset."


def _resources(given: object) -> Sequence[str]:
    resources = _texts("paths", given) or ["messages"]
    if not all(resource in RESOURCES for resource in resources):
        raise Invalid(f"paths may only contain {', '.join(RESOURCES)}.")
    return resources


def _methods(given: object) -> Sequence[str]:
    methods = _texts("methods", given) or ["GET"]
    # What no request can be sent with could only hide another path, method or project in the text that is signed.
    if not all(map(is_method, methods)):
        raise Invalid("methods may only contain names of HTTP methods.")
    return methods


def _texts(name: str, given: object) -> list[str]:
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(element, str) for element in given):
        raise Invalid(f"{name} must be an array of strings.")
    return given
