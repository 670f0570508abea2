"""python-zaqarclient as OpenStack's services make it: with somebody's token, or with a signature only."""

from collections.abc import Mapping
from typing import Any

from zaqarclient.queues import client

from tests.integration.keystone.server import PEOPLE, KeystoneServer


def of(name: str, keystone: KeystoneServer, url: str) -> Any:
    """Return a client with a token of the person, his project and the address in the catalogue, as Heat makes it."""
    options = {
        "os_auth_token": keystone.any_token(name),
        "os_auth_url": keystone.uri,
        "os_project_id": keystone.ids["project", PEOPLE[name][0]],
        "os_service_type": "messaging",
    }
    return client.Client(url, version=2, conf={"auth_opts": {"backend": "keystone", "options": options}})


def with_signature(share: Mapping[str, Any], url: str) -> Any:
    """Return a client with nothing but what a share has, as Heat and Aodh make it."""
    options = {name: share[name] for name in ("paths", "methods", "expires", "signature")}
    options["os_project_id"] = share["project"]
    return client.Client(url, version=2, conf={"auth_opts": {"backend": "signed-url", "options": options}})
