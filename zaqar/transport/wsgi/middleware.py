"""The checks that come before every operation, in the order of http X-4, and the request's id."""

import random
from functools import lru_cache
from typing import Any

import falcon
import msgspec
from falcon import Request, Response

from zaqar.context import Context
from zaqar.errors import Error
from zaqar.limits import check_queue
from zaqar.models import Kind, QueueKey
from zaqar.signing import Signer
from zaqar.transport.identity import ClientIdRule, Identity
from zaqar.transport.signatures import SignedRequests
from zaqar.transport.wsgi import authentication, extra_spec, media_types, refusals

_JSON = "application/json"
_ACCEPTED = frozenset(("", "*/*", _JSON))
_FORM = "application/x-www-form-urlencoded"
_NAMES: tuple[tuple[str, Kind], ...] = (("queue_name", "queue"), ("topic_name", "topic"))
"""The fields of the table's paths that name a queue or topic."""
PUBLIC = "is_public"
"""A resource with this attribute asks for no Client-ID and no project, and looks at no signature (http X-27)."""


class RequestIds:
    """Gives each request an id and returns it in the answer (http X-31)."""

    def process_request(self, req: Request, resp: Response) -> None:
        """Make the id, a random UUID."""
        # Not a secret, so no system call, which would give up the interpreter's lock.
        digits = f"{random.getrandbits(128):032x}"
        variant = "89ab"[random.getrandbits(2)]
        req.context.request_id = (
            f"req-{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
        )

    def process_response(self, req: Request, resp: Response, resource: object, req_succeeded: bool) -> None:
        """Put the id into the answer's headers."""
        if not getattr(resp.context, "is_bare", False):
            resp.set_header("x-openstack-request-id", req.context.request_id)


class Checks:
    """Finds out who calls and which queue or topic the path names, or refuses the request."""

    def __init__(self, client_id_rule: ClientIdRule, signer: Signer) -> None:
        self._identity = Identity(client_id_rule, spelled=_variable)
        self._signed = SignedRequests(signer, spelled=_variable)

    def process_resource(self, req: Request, resp: Response, resource: object, params: dict[str, Any]) -> None:
        """Run every check on a known route; an OPTIONS request is never refused (http X-8)."""
        try:
            self._check(req, resource, params)
        except (falcon.HTTPError, Error):
            if req.method != "OPTIONS":
                raise
            resp.complete = True
            resp.context.is_bare = True
            resp.set_header("Content-Length", "0")

    def _check(self, req: Request, resource: object, params: dict[str, Any]) -> None:
        env = req.env
        is_public = hasattr(resource, PUBLIC)
        is_signed = not is_public and self._signed.is_signed(env)
        asker = self._signed.asker(env, method=req.method, path=req.path) if is_signed else None
        _check_content_type(env)
        _check_accept(req, resource)
        if is_public:
            return
        request_id = req.context.request_id
        if asker:
            context = self._identity.context(asker.headers, request_id=request_id)
            context = msgspec.structs.replace(context, opening=asker.opening)
        else:
            credentials = env.get(authentication.CREDENTIALS)
            context = self._identity.context(env, request_id=request_id, credentials=credentials)
        for field, kind in _NAMES:
            if field in params:
                params["queue"] = _queue(context.project, params.pop(field), kind)
        if "HTTP_EXTRA_SPEC" in env:
            extra_spec.check(env["HTTP_EXTRA_SPEC"])
        req.context.caller = context


def caller(req: Request) -> Context:
    """Return who asks."""
    context: Context = req.context.caller
    return context


@lru_cache(maxsize=4096)
def _queue(project: str, name: str, kind: Kind) -> QueueKey:
    """Return what addresses a queue or topic. Raises ``InvalidQueueName`` and ``Invalid``."""
    queue = QueueKey(project, name, kind)
    check_queue(queue)
    return queue


def _variable(header: str) -> str:
    """Return how WSGI spells the name of a header."""
    return f"HTTP_{header.upper().replace('-', '_')}"


def _check_content_type(env: dict[str, Any]) -> None:
    content_type = env.get("CONTENT_TYPE")
    # Most clients write it in this way.
    if not content_type or content_type == _JSON or not env.get("CONTENT_LENGTH"):
        return
    if media_types.without_parameters(content_type) == _FORM:
        raise refusals.InvalidContentType("The body must be JSON, not a form: set Content-Type: application/json.")


def _check_accept(req: Request, resource: object) -> None:
    header: str | None = req.env.get("HTTP_ACCEPT")
    if header is None or header in _ACCEPTED:
        return
    offered = getattr(resource, "media_types", (_JSON,))
    if not media_types.accepts(header, offered):
        raise falcon.HTTPNotAcceptable(
            description=f'This service only speaks {_JSON}, which the "Accept" header does not admit.'
        )
