"""Subscribers with a trust, with a real Keystone: the token that they are sent (notifications A6)."""

import uuid
from collections.abc import Iterator

import pytest

from tests.integration.keystone.server import PASSWORD, keystone
from tests.integration.keystone.trustor import Trustor, behind, hook, settings_of
from tests.integration.process import RunningServer, running_server, wait_until


@pytest.fixture(scope="module")
def service(keystone, tmp_path_factory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("service"), settings_of(keystone)) as running:
        yield running


@pytest.fixture
def trustor(service, keystone) -> Trustor:
    return Trustor(service, keystone)


def test_the_receiver_gets_a_token_of_whoever_subscribed(trustor, receiver, keystone):
    """notifications N-47, N-50"""
    headers = {"X-Project-ID": keystone.ids["project", "one"], "content-type": "application/x-job"}
    path = trustor.subscribe(hook(receiver), options={"post_headers": headers})
    trustor.post({"n": 1})

    (delivery,) = wait_until(lambda: receiver.deliveries, what="the message")

    token = behind(keystone, delivery.headers["x-auth-token"])
    assert token["user"]["id"] == keystone.ids["user", "member-one"]
    assert token["project"]["id"] == keystone.ids["project", "one"]
    assert {role["name"] for role in token["roles"]} == {"member", "reader"}
    assert token["OS-TRUST:trust"]["id"] == trustor.trust_of(path)
    assert token["OS-TRUST:trust"]["impersonation"] is True
    assert token["OS-TRUST:trust"]["trustee_user"]["id"] == keystone.ids["user", "zaqar"]
    assert delivery.document["body"] == {"n": 1}
    assert delivery.headers["content-type"] == "application/x-job"
    assert delivery.headers["x-project-id"] == headers["X-Project-ID"]
    assert delivery.path == "/hook"


def test_one_token_serves_until_the_receiver_does_not_take_it(trustor, receiver):
    path = trustor.subscribe(hook(receiver))
    refused: list[str] = []
    receiver.answer = lambda one: 401 if one.headers["x-auth-token"] in refused else 204
    for number in range(3):
        trustor.post(number)
    wait_until(lambda: len(receiver.deliveries) == 3, what="three messages")
    (token,) = {one.headers["x-auth-token"] for one in receiver.deliveries}

    refused.append(token)
    trustor.post("after that")
    wait_until(lambda: trustor.record(path)["counts"]["delivered"] == 4, what="the fourth")

    assert [one.headers["x-auth-token"] == token for one in receiver.deliveries] == [True] * 4 + [False]
    assert trustor.record(path)["counts"]["failed_attempts"] == 0


def test_a_trust_that_was_removed_is_told_on_record_and_tried_again(trustor, receiver, keystone):
    path = trustor.subscribe(hook(receiver))
    trust = trustor.trust_of(path)
    keystone.ask("DELETE", f"/OS-TRUST/trusts/{trust}", token=keystone.any_token("member-one"))

    trustor.post("nobody's")
    wait_until(lambda: trustor.record(path)["failing"], what="a failed attempt")

    (failing,) = trustor.record(path)["failing"]
    assert failing["last_answer"] == "no token for the trust"
    assert trustor.change(path, ttl=600).status_code == 204
    trustor("POST", f"{path}/deliveries/retry", keystone.any_token("member-one"))
    wait_until(lambda: receiver.deliveries, seconds=30, what="the message")


def test_a_message_lands_in_another_queue_of_the_service(trustor, service, keystone):
    """clients 9.3, trust_subscription"""
    options = {
        "post_data": '{"messages": [{"body": "$zaqar_message$", "ttl": 300}]}',
        "post_headers": {"X-Project-ID": keystone.ids["project", "one"], "Client-ID": str(uuid.uuid4())},
    }
    trustor.subscribe(f"trust+{service.url}/v2/queues/target-{trustor.queue}/messages", options=options)
    trustor.post({"n": 1})

    def landed() -> list[dict[str, object]]:
        path = f"/v2/queues/target-{trustor.queue}/messages?echo=true"
        return list(trustor("GET", path, keystone.any_token("member-one")).json()["messages"])

    (message,) = wait_until(landed, what="the message in the other queue")

    assert message["body"] == {
        "body": {"n": 1},
        "ttl": 3600,
        "Message_Type": "Notification",
        "queue_name": trustor.queue,
    }


def test_the_question_for_a_confirmation_has_the_token_too(keystone, receiver, tmp_path):
    """notifications N-56"""
    settings = settings_of(keystone)
    settings["notification"] |= {"require_confirmation": "true"}
    settings["signed_url"] = {"secret_key": "k" * 32}
    with running_server(tmp_path, settings) as service:
        Trustor(service, keystone).subscribe(hook(receiver))

        (question,) = wait_until(lambda: receiver.deliveries, what="the question")

    assert question.document["Message_Type"] == "SubscriptionConfirmation"
    assert behind(keystone, question.headers["x-auth-token"])["user"]["name"] == "member-one"


def test_while_keystone_is_away_nothing_counts_and_nothing_is_lost_and_no_log_has_a_token(receiver, tmp_path):
    with keystone() as own:
        settings = settings_of(own)
        settings["DEFAULT"] |= {
            "debug": "true",
            "default_log_levels": "keystoneauth=DEBUG,urllib3=DEBUG,requests=DEBUG",
        }
        settings["keystone_authtoken"] |= {"token_cache_time": 600}
        with running_server(tmp_path, settings) as service:
            trustor = Trustor(service, own)
            path = trustor.subscribe(hook(receiver))
            own.kill()
            trustor.post("meanwhile")
            wait_until(lambda: trustor.record(path)["pending"] or trustor.record(path)["failing"], what="it to wait")
            own.start()
            trustor("POST", f"{path}/deliveries/retry", own.any_token("member-one"))
            wait_until(lambda: receiver.deliveries, seconds=90, what="the message")
            wait_until(lambda: trustor.record(path)["counts"]["delivered"] == 1, what="the record")

            assert trustor.record(path)["counts"]["failed_attempts"] == 0
            for secret in (receiver.deliveries[0].headers["x-auth-token"], own.any_token("member-one"), PASSWORD):
                assert secret not in service.log
                assert secret not in str(trustor.record(path))
