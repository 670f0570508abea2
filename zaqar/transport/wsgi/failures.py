"""Turns every error into an answer, at the outer edge of the transport."""

import logging
from typing import Any

import falcon
from falcon import Request, Response

from zaqar.errors import Error, SignatureRefused, Unavailable
from zaqar.log_text import quote
from zaqar.transport import documents, status
from zaqar.transport.status import Unauthenticated
from zaqar.transport.wsgi import refusals, unbuilt

LOG = logging.getLogger(__name__)

LONGEST_REASON = 200
"""Characters. PyMongo names every server of a cluster, and every timeout."""


def install(app: "falcon.App[Request, Response]") -> None:
    """Let ``app`` answer every error with a JSON document (http X-13)."""
    app.add_error_handler(Exception, _unexpected)
    app.add_error_handler(Error, _refused)
    app.add_error_handler(Unauthenticated, _unauthenticated)
    app.add_error_handler(SignatureRefused, _unopened)
    app.add_error_handler(falcon.HTTPError, _falcon_error)
    app.set_error_serializer(_serialize)


def _refused(req: Request, resp: Response, error: Error, params: dict[str, Any]) -> None:
    code, title = refusals.status_of(error)
    if isinstance(error, Unavailable):
        # One line: while a store is away, this is said of every request.
        LOG.error("%s cannot be served: %s%s", _named(req), error, _reason(error))
        LOG.debug("It came from here.", exc_info=error)
        resp.set_header("Retry-After", str(status.RETRY_AFTER))
    _answer(resp, code, {"title": title, "description": status.description_of(error)})


def _unauthenticated(req: Request, resp: Response, error: Unauthenticated, params: dict[str, Any]) -> None:
    """Answer in the shape that clients of OpenStack know, which is another than that of all errors (http X-26)."""
    code, title = status.status_of(error)
    resp.set_header("WWW-Authenticate", f'Keystone uri="{error.uri}"')
    _answer(resp, code, {"error": {"code": code, "title": title, "message": str(error)}})


def _unopened(req: Request, resp: Response, error: SignatureRefused, params: dict[str, Any]) -> None:
    """Answer as if there were no such path: whoever has a bad signature learns nothing (http U-17)."""
    LOG.debug("%s is not opened by its signature: %s.", _id(req), error)
    _falcon_error(req, resp, falcon.HTTPNotFound(), params)


def _reason(error: Exception) -> str:
    """Return what a client library says of it, unless that is its whole state; the log has that with debug."""
    text = repr(error.__cause__) if error.__cause__ else ""
    return f" {text}" if 0 < len(text) <= LONGEST_REASON else ""


def _unexpected(req: Request, resp: Response, error: Exception, params: dict[str, Any]) -> None:
    LOG.error("%s failed", _named(req), exc_info=error)
    code, title = status.INTERNAL
    text = f"The request failed for a reason that the operator can find by its id, {_id(req)}."
    _answer(resp, code, {"title": title, "description": text})


def _falcon_error(req: Request, resp: Response, error: falcon.HTTPError, params: dict[str, Any]) -> None:
    """Answer what falcon itself refuses; an unknown path asked with OPTIONS is no error (http X-8)."""
    if req.method == "OPTIONS":
        resp.status = falcon.HTTP_200
        resp.context.is_bare = True
        return
    resp.status = error.status
    if error.headers:
        resp.set_headers(error.headers)
    if isinstance(error, falcon.HTTPRouteNotFound):
        error.description = unbuilt.sentence(req.path)
    _serialize(req, resp, error)


def _serialize(req: Request, resp: Response, error: falcon.HTTPError) -> None:
    resp.data = documents.encode(error.to_dict())
    resp.content_type = falcon.MEDIA_JSON
    resp.set_header("Vary", "Accept")


def _answer(resp: Response, code: int, document: dict[str, Any]) -> None:
    resp.status = falcon.code_to_http_status(code)
    resp.data = documents.encode(document)
    resp.content_type = falcon.MEDIA_JSON
    resp.set_header("Vary", "Accept")


def _named(req: Request) -> str:
    """Return the words that name the request in the log."""
    return f"{_id(req)} {quote(req.method)} {quote(req.path)}"


def _id(req: Request) -> str:
    """Return the request's id, which stands in the answer and in the log."""
    return str(req.context.request_id)
