"""The checks that come before every operation, in the order of http X-4, and the request's id."""

import random
from functools import lru_cache
from typing import Any

import falcon
from falcon import Request, Response

from zaqar.context import Context
from zaqar.errors import Error, Invalid
from zaqar.limits import check_queue
from zaqar.models import QueueKey
from zaqar.transport import status
from zaqar.transport.wsgi import extra_spec, media_types
from zaqar.transport.wsgi.client_id import ClientIdRule

_JSON = "application/json"
_ACCEPTED = frozenset(("", "*/*", _JSON))
_FORM = "application/x-www-form-urlencoded"
_PROJECT_HEADERS = (
    ("HTTP_X_PROJECT_ID", "X-Project-ID"),
    ("HTTP_X_TENANT_ID", "X-Tenant-Id"),
    ("HTTP_X_TENANT", "X-Tenant"),
)
_NO_PROJECT = 'The "X-Project-ID" header is required: it names the project, the tenant.'
PUBLIC = "is_public"
"""A resource with this attribute asks for no Client-ID and no project (http X-27)."""


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
        """Show it."""
        if not getattr(resp.context, "is_bare", False):
            resp.set_header("x-openstack-request-id", req.context.request_id)


class Checks:
    """Establishes who asks, or refuses."""

    def __init__(self, client_id_rule: ClientIdRule) -> None:
        self._client_id_rule = client_id_rule

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
        if env.get("HTTP_URL_SIGNATURE"):  # signed URLs are not built, and a bad signature is not found (http U-17)
            raise falcon.HTTPNotFound(description='Signed URLs, and with them "URL-Signature", are not built yet.')
        _check_content_type(env)
        _check_accept(req, resource)
        if hasattr(resource, PUBLIC):
            return
        client_id = self._client_id(env)
        project = _project(env)
        queue_name = params.get("queue_name")
        if queue_name is not None:
            _check_queue(project, queue_name)
        if "HTTP_EXTRA_SPEC" in env:
            extra_spec.check(env["HTTP_EXTRA_SPEC"])
        roles = env.get("HTTP_X_ROLES")
        req.context.caller = Context(
            project,
            client_id,
            req.context.request_id,
            env.get("HTTP_X_USER_ID"),
            tuple(role.strip() for role in roles.split(",")) if roles else (),
        )

    def _client_id(self, env: dict[str, Any]) -> str:
        try:
            return self._client_id_rule.canonical(env.get("HTTP_CLIENT_ID"))
        except Invalid as error:
            if any(name in env for name, _ in _PROJECT_HEADERS):
                raise
            # So that a newcomer learns of both at once.
            raise type(error)(f"{error} {_NO_PROJECT}") from None


def caller(req: Request) -> Context:
    """Return who asks."""
    context: Context = req.context.caller
    return context


@lru_cache(maxsize=4096)
def _check_queue(project: str, name: str) -> None:
    check_queue(QueueKey(project, name))


def _check_content_type(env: dict[str, Any]) -> None:
    content_type = env.get("CONTENT_TYPE")
    # Most clients write it in this way.
    if not content_type or content_type == _JSON or not env.get("CONTENT_LENGTH"):
        return
    if media_types.without_parameters(content_type) == _FORM:
        raise status.InvalidContentType("The body must be JSON, not a form: set Content-Type: application/json.")


def _check_accept(req: Request, resource: object) -> None:
    header: str | None = req.env.get("HTTP_ACCEPT")
    if header is None or header in _ACCEPTED:
        return
    offered = getattr(resource, "media_types", (_JSON,))
    if not media_types.accepts(header, offered):
        raise falcon.HTTPNotAcceptable(
            description=f'This service only speaks {_JSON}, which the "Accept" header does not admit.'
        )


def _project(env: dict[str, Any]) -> str:
    for name, header in _PROJECT_HEADERS:
        project: str | None = env.get(name)
        if project is not None:
            if not project:
                raise status.EmptyProject(f'The "{header}" header must not be empty: it names the project.')
            return project
    raise status.MissingProject(_NO_PROJECT)
