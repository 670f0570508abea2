"""Every route of the table with every kind of signature: what each of them answers, and that a refusal changes nothing.

A route without a row here fails.
"""

import json
from typing import Any

import pytest

from tests.api import signed
from tests.api.conftest import built
from tests.api.routes import RIGHT
from tests.api.world import World
from zaqar.policies import list_rules
from zaqar.transport.wsgi import table

EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SHARED = ("messages", "claims", "subscriptions")

every_route = pytest.mark.parametrize(("path", "method"), RIGHT, ids=lambda part: part)


@pytest.fixture(scope="module")
def application(tmp_path_factory, clock):
    """A service where every rule keeps holders of signatures out unless they bring the role."""
    folder = tmp_path_factory.mktemp("service")
    rules = {rule.name: "role:admin or not signed:True" for rule in list_rules() if ":" in rule.name}
    (folder / "policy.yaml").write_text(json.dumps(rules))
    text = f"{signed.KEY}[oslo_policy]\npolicy_file = {folder}/policy.yaml\n"
    with built(folder, clock, text) as made:
        yield made


@pytest.fixture(scope="module")
def open_application(tmp_path_factory, clock):
    """A service where everybody may do everything."""
    with built(tmp_path_factory.mktemp("service"), clock, signed.KEY) as made:
        yield made


class Asking:
    """One route, asked in a world of its own."""

    def __init__(self, application, path: str, method: str) -> None:
        self.world = World(application)
        self.right = RIGHT[path, method]
        self.method = method
        self.path = self.world.path(path)
        self.project = self.world.client.project

    def signed(self, *paths: str, **changes: Any) -> dict[str, Any]:
        """Return the signature for this path and method, but for what is changed."""
        given: dict[str, Any] = {"methods": (self.method,), "project": self.project} | changes
        return signed.made_by_hand(*(paths or (self.path,)), **given)

    def status(self, made: dict[str, Any] | None = None, **headers: str) -> int:
        """Ask with a signature; ``World`` looks whether a refusal has changed anything."""
        sent = signed.headers(made) if made else {}
        sent.pop("Client-ID", None)
        body = b"" if self.right.body is None else json.dumps(self.right.body).encode()
        environment = {"QUERY_STRING": self.right.query}
        return self.world.send(self.method, self.path, body, environment, **(sent | headers)).status

    @property
    def refused(self) -> int:
        """What a signature that is not good is answered with."""
        return self.right.status if self.right.is_public else 404

    @property
    def opened(self) -> int:
        """What a signature for the path is answered with."""
        # "/v2" alone is below no path that can be signed.
        return self.refused if self.path == "/v2" or self.right.is_bound else self.right.status


@pytest.fixture
def asking(open_application, path, method):
    return Asking(open_application, path, method)


def test_every_route_of_the_table_has_its_row():
    assert set(RIGHT) == {(row.path, verb) for row in table.rows() for verb in row.verbs}


@every_route
def test_without_a_signature_the_request_is_right(asking, path, method):
    assert asking.status() == asking.right.status


@every_route
def test_an_empty_signature_is_none(asking, path, method):
    """http U-13"""
    assert asking.status(asking.signed("/v2/queues/other/messages"), **{"URL-Signature": ""}) == asking.right.status


@every_route
def test_a_signature_for_the_path_opens_it(asking, path, method):
    assert asking.status(asking.signed()) == asking.opened


@every_route
def test_what_the_service_signs_opens_what_is_in_the_queue_only(asking, path, method):
    """http U-15, notifications U-12"""
    is_inside = path.startswith(tuple(f"/v2/queues/{{queue_name}}/{resource}" for resource in SHARED))
    made = signed.share(asking.world.client, paths=list(SHARED), methods=list(EVERY_METHOD))

    assert asking.status(made) == (asking.opened if is_inside else asking.refused)


@every_route
def test_an_expired_signature_opens_nothing(asking, path, method):
    assert asking.status(asking.signed(expires="2001-01-01T00:00:00")) == asking.refused


@every_route
def test_a_signature_for_other_methods_opens_nothing(asking, path, method):
    others = tuple(other for other in EVERY_METHOD if other != method)

    assert asking.status(asking.signed(methods=others)) == asking.refused


@every_route
def test_a_signature_for_another_path_opens_nothing(asking, path, method):
    others = (
        "/v2/queues/other/messages",
        "/v2/queues/qq",
        f"{asking.path}x",
        f"{asking.path}/x",
        asking.path[:-1],
        asking.path.upper(),
    )

    for other in others:
        assert asking.status(asking.signed(other)) == asking.refused, other


@every_route
def test_the_signature_of_another_project_opens_nothing(asking, path, method):
    made = asking.signed(project="another")

    assert asking.status(made | {"project": asking.project}) == asking.refused
    assert asking.status(made | {"project": asking.project}, **{"X-Tenant-Id": "another"}) == asking.refused


@every_route
def test_a_forged_signature_opens_nothing(asking, path, method):
    forgeries = (
        asking.signed(secret="guessed"),
        asking.signed() | {"signature": "0" * 64},
        asking.signed() | {"expires": "2099-12-31T00:00:01"},
        asking.signed() | {"paths": (asking.path, "/v2/queues/other/messages")},
        asking.signed() | {"methods": EVERY_METHOD},
    )

    for made in forgeries:
        assert asking.status(made) == asking.refused, made


@every_route
def test_forged_identities_do_not_help_a_holder(application, path, method):
    """http U-18, X-28, O-1"""
    asking = Asking(application, path, method)
    claimed = {
        "X-Roles": "admin",
        "X-Role": "admin",
        "X-User-Id": "ann",
        "X-User": "ann",
        "X-Is-Admin-Project": "True",
        "X-Identity-Status": "Confirmed",
        "X-Service-Roles": "admin",
        "X-Tenant-Id": "another",
        "X-Auth-Token": "token",
    }
    expected = asking.refused if path == "/v2" else 403 if asking.right.has_rule else asking.right.status

    assert asking.status(asking.signed(), **claimed) == expected
    assert asking.status(**claimed) == asking.right.status
