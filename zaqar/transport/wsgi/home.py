"""``/`` and ``/v2``: which versions there are, and what version 2 offers (http sections 4 and 5.1)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import falcon
from falcon import Request, Response

from zaqar.transport import documents

_VERSIONS = {
    "versions": [
        {
            "id": "2",
            "status": "CURRENT",
            "updated": "2014-9-24T04:06:47Z",  # compat: http V-1, the month is not padded
            "media-types": [
                {"base": "application/json", "type": "application/vnd.openstack.messaging-v2+json"},
            ],
            "links": [{"href": "/v2/", "rel": "self"}],
        }
    ]
}

_WITH_BODY = frozenset(("POST", "PATCH"))


class Link(NamedTuple):
    """What the home document says of a path, under a name of its own (http H-3)."""

    rel: str
    methods: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    """Of the query."""
    limit: str = "limit"
    """What the parameter ``limit`` is called there."""


class Versions:
    """The versions of the API."""

    is_public = True

    def on_get(self, req: Request, resp: Response) -> None:
        """Name them (http V-1)."""
        resp.status = falcon.HTTP_300
        resp.data = documents.encode(_VERSIONS)


class Home:
    """The home document of version 2."""

    media_types = ("application/json", "application/json-home")

    def __init__(self, links: Sequence[tuple[str, Link]]) -> None:
        """Make it of links, each with its path."""
        resources = {f"rel/{link.rel}": _resource(path, link) for path, link in links}
        self._document = documents.encode({"resources": resources})

    def on_get(self, req: Request, resp: Response) -> None:
        """Show it (http H-1)."""
        resp.content_type = "application/json-home"
        resp.set_header("Cache-Control", "max-age=86400")
        resp.data = self._document


def _resource(path: str, link: Link) -> dict[str, Any]:
    path = path.replace("{subscription_id}", "{subscriptions_id}")  # compat: http H-3
    hints: dict[str, Any] = {"allow": link.methods, "formats": {"application/json": {}}}
    if len(link.methods) == 1 and link.methods[0] in _WITH_BODY:
        hints["accept-post"] = ["application/json"]
    query = f"{{?{','.join(link.parameters)}}}" if link.parameters else ""
    resource: dict[str, Any] = {"href-template": f"{path}{query}", "hints": hints}
    variables = [*_fields(path), *link.parameters]
    if variables:
        resource["href-vars"] = {name: f"param/{link.limit if name == 'limit' else name}" for name in variables}
    return resource


def _fields(path: str) -> list[str]:
    """Return the names between the braces of a path."""
    return [part.partition("}")[0] for part in path.split("{")[1:]]
