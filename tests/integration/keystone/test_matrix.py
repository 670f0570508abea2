"""Every route of the table with every kind of token, of a real Keystone, under both sets of rules."""

import re

import pytest

from tests.api.http_client import PATCH_TYPE
from tests.api.rules import BODIES
from tests.api.rules import RULES as ASKED
from zaqar.policies import list_rules, roles
from zaqar.transport.wsgi import table
from zaqar.transport.wsgi.middleware import PUBLIC

RULES = {
    (operation["path"], operation["method"]): rule.name
    for rule in list_rules()
    for operation in getattr(rule, "operations", ())
}
RANKS = {"nobody-one": -1, "reader-one": 0, "member-one": 1, "admin-one": 2, "member-two": 1}
FORGED = {"X_Project_ID": "one", "X_User_Id": "root", "X_Roles": "admin,member", "X_Identity_Status": "Confirmed"}


class _Anything:
    def __getattr__(self, name):
        return _Anything()


ROUTES = [(row.path, verb, hasattr(row.resource(_Anything()), PUBLIC)) for row in table.rows() for verb in row.verbs]


def _example(path: str) -> str:
    return re.sub(r"\{[a-z_]+\}", "x", path)


def _is_at(target: str, path: str) -> bool:
    """Tell whether a request for the target is one of the path."""
    return re.fullmatch(re.sub(r"\{[a-z_]+\}", "[^/]+", path), target.partition("?")[0]) is not None


@pytest.fixture(scope="module")
def kinds(keystone):
    """Each kind of request: token, further headers, and what it may do: a role's rank, or the status of its refusal."""
    revoked = keystone.token("member-one")
    keystone.revoke(revoked)
    return {
        "no token": (None, {}, 401),
        "a bad token": ("gAAAAbad", {}, 401),
        "a revoked token": (revoked, {}, 401),
        "forged headers": (None, FORGED, 401),
        "forged headers and a bad token": ("gAAAAbad", FORGED, 401),
        "EXTRA-SPEC": (None, {**FORGED, "EXTRA_SPEC": "messagecode:1"}, 401),
        "an empty signature": (None, {**FORGED, "URL_Signature": ""}, 401),
        "an unscoped token": (keystone.token("admin-one", scope={}), FORGED, 400),
        **{name: (keystone.any_token(name), FORGED, rank) for name, rank in RANKS.items()},
    }


def _expected(path: str, verb: str, rules: str, outcome: int) -> int | None:
    """Return the status of the refusal; None where the request passes whatever authenticates and authorises."""
    if outcome in (400, 401):
        return outcome
    if path in ("/v2", "/v2/"):
        return None
    needed = ("reader", "member", "admin").index(roles.least_role(RULES[path, verb]))
    return 403 if rules != "default" and outcome < needed else None


@pytest.mark.parametrize(("path", "verb", "is_public"), ROUTES, ids=str)
def test_a_route_admits_whom_it_should_and_nobody_else(ask_ruled, kinds, rules, path, verb, is_public):
    """http X-25 to X-28, A-1, A-7: a route without a rule fails here."""
    rule = RULES.get((path, verb), "")
    target = next(
        (target for name, method, target in ASKED if (name, method) == (rule, verb) and _is_at(target, path)), ""
    )
    target = target or _example(path)
    body = BODIES.get(rule, b"")
    for kind, (token, headers, outcome) in kinds.items():
        answer = ask_ruled(verb, target, token, data=body, Content_Type=PATCH_TYPE, **headers)

        refused = answer.status_code if answer.status_code in (401, 403) else None
        if answer.status_code == 400 and verb != "HEAD" and answer.json()["title"] == "Project-Id Missing":
            refused = 400
        expected = None if is_public else _expected(path, verb, rules, outcome)
        if verb == "HEAD" and expected == 400:
            refused = answer.status_code
        assert refused == expected, (kind, answer.status_code, answer.text)
