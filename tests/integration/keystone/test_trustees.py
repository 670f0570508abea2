"""Who is the trustee of subscriptions, and what happens without one, with a real Keystone (notifications N-49, N-53)."""

import pytest

from tests.integration.keystone.trustor import Trustor, hook, settings_of
from tests.integration.process import running_server, wait_until


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong"}, {"username": "nobody-there"}, {"auth_url": "http://127.0.0.1:9/v3"}]
)
def test_without_a_trustee_who_can_log_in_nothing_is_stored(keystone, receiver, tmp_path, wrong):
    """notifications N-49"""
    with running_server(tmp_path, settings_of(keystone, **wrong)) as service:
        trustor = Trustor(service, keystone)
        before = trustor.trusts()
        answer = trustor("POST", trustor.path, keystone.any_token("member-one"), json={"subscriber": hook(receiver)})
        listed = trustor("GET", trustor.path, keystone.any_token("member-one")).json()

        assert answer.status_code == 503
        assert "trust" in answer.json()["description"]
        assert listed["subscriptions"] == []
        assert trustor.trusts() == before
        wait_until(lambda: "[trustee]" in service.log, what="the reason in the log")


def test_without_a_trustee_the_answer_says_so(keystone, receiver, tmp_path):
    settings = settings_of(keystone)
    del settings["trustee"]
    with running_server(tmp_path, settings) as service:
        trustor = Trustor(service, keystone)
        answer = trustor("POST", trustor.path, keystone.any_token("member-one"), json={"subscriber": hook(receiver)})

    assert answer.status_code == 503
    assert "[trustee]" in answer.json()["description"]


def test_the_user_of_the_service_can_be_the_trustee(keystone, receiver, tmp_path):
    settings = settings_of(keystone)
    settings["trustee"] = {"auth_section": "keystone_authtoken"}
    with running_server(tmp_path, settings) as service:
        trustor = Trustor(service, keystone)
        trustor.subscribe(hook(receiver))
        trustor.post(1)

        wait_until(lambda: receiver.deliveries, what="the message")

    assert "x-auth-token" in receiver.deliveries[0].headers
