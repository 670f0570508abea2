"""Trusts, against a Keystone that answers what a test wants; the integration tests have a real one."""

import datetime
import logging
from types import SimpleNamespace

import pytest
from keystoneauth1 import exceptions

from zaqar.context import Context, Token
from zaqar.errors import TrustLost, Unavailable
from zaqar.limits import LAST_SECOND
from zaqar.transport.tokens.trusts import Trusts

NOW = 1_800_000_000
CALLER = Context("project", "me", "req-1", "user", ("admin", "member"), token=Token("t0ken-of-caller"))
SOMEBODY = Context("project", "me", "req-1", "other", ("member",), token=Token("t0ken-of-another"))
SIGNED = Context("project", "me", "req-1")


class Keystone:
    """Remembers what is asked; ``refuse`` is called before each answer."""

    def __init__(self):
        self.asked = []
        self.document = {"trust": {"id": "new"}}
        self.refuse = lambda method, token: None
        self.logging_in = {None: None, "trust": None}
        """By trust, what comes of logging in; None is the trustee without one."""
        self.trusts = Trusts(
            log_in=self._log_in, open_session=lambda session: self, now=lambda: NOW, most=1, patience=0
        )

    def request(self, path, method, *, headers, json=None, **_):
        token = headers["X-Auth-Token"]
        self.asked.append((method, path, token, json))
        self.refuse(method, token)
        return SimpleNamespace(json=lambda: self.document)

    def _log_in(self, trust_id=None):
        def get_access(session):
            error = self.logging_in.get(trust_id)
            if error is not None:
                raise error
            issued = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
            return SimpleNamespace(
                user_id="trustee",
                auth_token=f"t0ken-for-{trust_id}",
                issued=issued,
                expires=issued + datetime.timedelta(minutes=5),
            )

        return SimpleNamespace(get_access=get_access)


@pytest.fixture
def keystone():
    return Keystone()


def raising(error):
    def refuse(method, token):
        raise error

    return refuse


def test_a_trust_is_all_that_the_request_has_for_as_long_as_is_wanted(keystone):
    """notifications N-47"""
    assert keystone.trusts.create(CALLER, seconds=60) == "new"

    ((method, path, token, document),) = keystone.asked
    assert (method, path, token) == ("POST", "/OS-TRUST/trusts", "t0ken-of-caller")
    assert document["trust"].pop("expires_at").startswith("2027-01-15T08:01:00.")
    assert document["trust"] == {
        "trustor_user_id": "user",
        "trustee_user_id": "trustee",
        "project_id": "project",
        "roles": [{"name": "admin"}, {"name": "member"}],
        "impersonation": True,
    }


def test_a_trust_ends_with_the_calendar(keystone):
    keystone.trusts.create(CALLER, seconds=LAST_SECOND)

    assert keystone.asked[0][3]["trust"]["expires_at"].startswith("9999-12-31")


def test_a_trust_ends_somewhat_later_where_there_is_one_with_the_same_end(keystone):
    conflicts = [exceptions.Conflict("duplicate")] * 3

    def refuse(method, token):
        if conflicts:
            raise conflicts.pop()

    keystone.refuse = refuse

    assert keystone.trusts.create(CALLER, seconds=60) == "new"

    ends = [document["trust"]["expires_at"] for _, _, _, document in keystone.asked]
    assert len(set(ends)) == 4
    assert all("2027-01-15T08:01:00" <= end < "2027-01-15T09:01:00" for end in ends)


@pytest.mark.parametrize(
    "refuse",
    [
        raising(exceptions.Forbidden("no")),
        raising(exceptions.Conflict("duplicate, whatever its end is")),
        raising(exceptions.InternalServerError("broken")),
        raising(exceptions.ConnectFailure("away")),
        raising(exceptions.UnknownConnectionError("slow", None)),
    ],
)
def test_where_keystone_makes_none_the_caller_is_told_so(keystone, refuse):
    """notifications N-49"""
    keystone.refuse = refuse

    with pytest.raises(Unavailable, match="Keystone makes no trust"):
        keystone.trusts.create(CALLER, seconds=60)


@pytest.mark.parametrize("document", [None, [], {}, {"trust": None}])
def test_an_answer_of_somebody_else_is_none(keystone, document):
    keystone.document = document

    with pytest.raises(Unavailable):
        keystone.trusts.create(CALLER, seconds=60)


def test_a_trustee_who_cannot_log_in_is_named_in_the_log(keystone, caplog):
    keystone.logging_in[None] = exceptions.Unauthorized("wrong password")

    with pytest.raises(Unavailable):
        keystone.trusts.create(CALLER, seconds=60)

    assert "[trustee]" in caplog.text
    assert keystone.asked == []


def test_a_signature_gives_no_trust(keystone):
    with pytest.raises(Unavailable, match="token"):
        keystone.trusts.create(SIGNED, seconds=60)


def test_the_trustor_removes_his_trust_himself(keystone):
    keystone.trusts.delete(CALLER, ["trust"])

    assert keystone.asked == [("DELETE", "/OS-TRUST/trusts/trust", "t0ken-of-caller", None)]


def test_a_trust_of_another_is_removed_by_its_own_right(keystone):
    def refuse(method, token):
        if token == "t0ken-of-another":
            raise exceptions.Forbidden("not yours")

    keystone.refuse = refuse

    keystone.trusts.delete(SOMEBODY, ["trust"])
    keystone.trusts.delete(SIGNED, ["trust"])

    assert [token for _, _, token, _ in keystone.asked] == ["t0ken-of-another", "t0ken-for-trust", "t0ken-for-trust"]


@pytest.mark.parametrize("error", [exceptions.NotFound("gone"), None])
def test_a_trust_that_is_gone_is_no_matter(keystone, caplog, error):
    keystone.refuse = raising(error) if error else keystone.refuse
    keystone.logging_in["trust"] = exceptions.NotFound("gone")

    keystone.trusts.delete(CALLER, ["trust"])
    keystone.trusts.delete(SIGNED, ["trust"])

    assert caplog.records == []


def test_what_cannot_be_removed_is_one_warning(keystone, caplog):
    keystone.refuse = raising(exceptions.ConnectFailure("away"))

    keystone.trusts.delete(CALLER, [f"trust-{number}" for number in range(20)])

    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "20 of 20" in record.getMessage()
    assert "t0ken" not in caplog.text


def test_a_token_is_good_for_as_long_as_keystone_says_by_its_own_clock(keystone):
    assert keystone.trusts.token("trust") == ("t0ken-for-trust", 300.0)


@pytest.mark.parametrize("error", [exceptions.Unauthorized, exceptions.Forbidden, exceptions.NotFound])
def test_a_trust_that_keystone_gives_no_token_for_is_lost(keystone, error):
    keystone.logging_in["trust"] = error("no")

    with pytest.raises(TrustLost):
        keystone.trusts.token("trust")


@pytest.mark.parametrize(
    "logging_in",
    [
        {"trust": exceptions.ConnectFailure("away")},
        {"trust": exceptions.ServiceUnavailable("busy")},
        {"trust": exceptions.DiscoveryFailure("not found")},
        {"trust": exceptions.Unauthorized("no"), None: exceptions.Unauthorized("wrong password")},
    ],
)
def test_a_keystone_that_lets_nobody_in_says_nothing_of_a_trust(keystone, logging_in):
    keystone.logging_in |= logging_in

    with pytest.raises(Unavailable):
        keystone.trusts.token("trust")


def test_no_message_has_a_token(keystone):
    keystone.refuse = raising(exceptions.Forbidden("no"))

    with pytest.raises(Unavailable) as refusal:
        keystone.trusts.create(CALLER, seconds=60)

    assert "t0ken" not in str(refusal.value)


def test_a_request_more_than_may_wait_is_told_to_come_back(keystone):
    refusals = []

    def ask_again(method, token):
        keystone.refuse = lambda method, token: None
        with pytest.raises(Unavailable, match="enough requests wait") as refusal:
            keystone.trusts.create(SOMEBODY, seconds=60)
        refusals.append(refusal)

    keystone.refuse = ask_again

    assert keystone.trusts.create(CALLER, seconds=60) == "new"
    assert keystone.trusts.create(CALLER, seconds=60) == "new"
    assert len(refusals) == 1
