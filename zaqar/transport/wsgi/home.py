"""``/`` and ``/v2``: which versions there are, and what version 2 offers (http sections 4 and 5.1)."""

from typing import Any

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

# rel, template below /v2, variables that are not named as their parameter, methods
_RESOURCES: tuple[tuple[str, str, dict[str, str], tuple[str, ...]], ...] = (
    ("queues", "/queues{?marker,limit,detailed,name,with_count}", {"limit": "queue_limit"}, ("GET",)),
    ("queue", "/queues/{queue_name}", {}, ("GET", "PUT", "DELETE", "PATCH")),
    ("queue_stats", "/queues/{queue_name}/stats", {}, ("GET",)),
    ("queue_purge", "/queues/{queue_name}/purge", {}, ("POST",)),
    (
        "messages",
        "/queues/{queue_name}/messages{?marker,limit,echo,include_claimed,include_delayed}",
        {"limit": "messages_limit"},
        ("GET",),
    ),
    ("post_messages", "/queues/{queue_name}/messages", {}, ("POST",)),
    ("messages_delete", "/queues/{queue_name}/messages{?ids,pop,claim_ids}", {}, ("DELETE",)),
    ("message_delete", "/queues/{queue_name}/messages/{message_id}{?claim_id}", {}, ("DELETE",)),
    ("message_get", "/queues/{queue_name}/messages/{message_id}", {}, ("GET",)),
    ("claim", "/queues/{queue_name}/claims/{claim_id}", {}, ("GET",)),
    ("post_claim", "/queues/{queue_name}/claims{?limit}", {"limit": "claim_limit"}, ("POST",)),
    ("patch_claim", "/queues/{queue_name}/claims/{claim_id}", {}, ("PATCH",)),
    ("delete_claim", "/queues/{queue_name}/claims/{claim_id}", {}, ("DELETE",)),
    ("ping", "/ping", {}, ("GET",)),
)
_WITH_BODY = frozenset(("POST", "PATCH"))


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

    def __init__(self) -> None:
        resources = {
            f"rel/{name}": _resource(template, renamed, methods) for name, template, renamed, methods in _RESOURCES
        }
        self._document = documents.encode({"resources": resources})

    def on_get(self, req: Request, resp: Response) -> None:
        """Show it (http H-1)."""
        resp.content_type = "application/json-home"
        resp.set_header("Cache-Control", "max-age=86400")
        resp.data = self._document


def _resource(template: str, renamed: dict[str, str], methods: tuple[str, ...]) -> dict[str, Any]:
    hints: dict[str, Any] = {"allow": methods, "formats": {"application/json": {}}}
    if len(methods) == 1 and methods[0] in _WITH_BODY:
        hints["accept-post"] = ["application/json"]
    resource: dict[str, Any] = {"href-template": f"/v2{template}", "hints": hints}
    variables = _variables(template)
    if variables:
        resource["href-vars"] = {name: f"param/{renamed.get(name, name)}" for name in variables}
    return resource


def _variables(template: str) -> list[str]:
    """Return the names between the braces of a URI template."""
    parts = [part.partition("}")[0] for part in template.split("{")[1:]]
    return [name for part in parts for name in part.lstrip("?").split(",")]
