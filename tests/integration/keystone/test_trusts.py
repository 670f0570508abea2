"""Subscribers with a trust, with a real Keystone: the token they are sent, and what becomes of the trust (notifications A6)."""

import uuid
from collections.abc import Iterator

import pytest
import requests

from tests.integration.keystone.conftest import Caller
from tests.integration.keystone.server import PASSWORD, KeystoneServer, keystone
from tests.integration.notifier.receiver import Receiver, running_receiver
from tests.integration.process import RunningServer, running_server, wait_until


class Trustor(Caller):
    """Asks the service as somebody who subscribes."""

    def __init__(self, service: RunningServer, keystone: KeystoneServer) -> None:
        super().__init__(service)
        self.keystone = keystone
        self.queue = f"queue-{uuid.uuid4().hex[:8]}"
        self.path = f"/v2/queues/{self.queue}/subscriptions"

    def subscribe(self, subscriber: str, name: str = "member-one", **members: object) -> str:
        """Subscribe as somebody; return the id."""
        document = {"subscriber": subscriber, "ttl": 600, **members}
        answer = self("POST", self.path, self.keystone.any_token(name), json=document)
        assert answer.status_code == 201, answer.text
        return f"{self.path}/{answer.json()['subscription_id']}"

    def change(self, path: str, name: str = "member-one", **members: object) -> requests.Response:
        """Change a subscription."""
        return self("PATCH", path, self.keystone.any_token(name), json=members)

    def shown(self, path: str) -> dict[str, object]:
        """Return a subscription."""
        answer = self("GET", path, self.keystone.any_token("member-one"))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def trust_of(self, path: str) -> str | None:
        """Return the id of its trust."""
        options = self.shown(path)["options"]
        assert isinstance(options, dict)
        return options.get("trust_id")

    def post(self, body: object) -> None:
        """Post a message."""
        path = f"/v2/queues/{self.queue}/messages"
        answer = self("POST", path, self.keystone.any_token("member-one"), json={"messages": [{"body": body}]})
        assert answer.status_code == 201

    def record(self, path: str) -> dict[str, object]:
        """Return what is on record of its deliveries."""
        return dict(self("GET", f"{path}/deliveries", self.keystone.any_token("member-one")).json())

    def is_there(self, trust_id: str | None) -> bool:
        """Tell whether Keystone has a trust."""
        return trust_id in [one["id"] for one in self.keystone.ask("GET", "/OS-TRUST/trusts")["trusts"]]

    def trusts(self) -> int:
        """Return how many trusts there are."""
        return len(self.keystone.ask("GET", "/OS-TRUST/trusts")["trusts"])


def _settings(server: KeystoneServer, **trustee: object) -> dict[str, dict[str, object]]:
    return {
        **server.settings(),
        "server": {"workers": 1},
        "notification": {"allowed_networks": "127.0.0.0/8"},
        "trustee": server.trustee(**trustee),
    }


@pytest.fixture(scope="module")
def service(keystone, tmp_path_factory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("service"), _settings(keystone)) as running:
        yield running


@pytest.fixture
def trustor(service, keystone) -> Trustor:
    return Trustor(service, keystone)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


def _hook(receiver: Receiver, path: str = "hook") -> str:
    return f"trust+{receiver.url}/{path}"


def _behind(server: KeystoneServer, token: str) -> dict[str, object]:
    """Return what Keystone says of a token."""
    return dict(server.ask("GET", "/auth/tokens", headers={"X-Subject-Token": token})["token"])


def test_the_receiver_gets_a_token_of_whoever_subscribed(trustor, receiver, keystone):
    """notifications N-47, N-50"""
    headers = {"X-Project-ID": keystone.ids["project", "one"], "content-type": "application/x-job"}
    path = trustor.subscribe(_hook(receiver), options={"post_headers": headers})
    trustor.post({"n": 1})

    (delivery,) = wait_until(lambda: receiver.deliveries, what="the message")

    token = _behind(keystone, delivery.headers["x-auth-token"])
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
    path = trustor.subscribe(_hook(receiver))
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


def test_another_token_cannot_be_set(trustor, receiver):
    """notifications N-52"""
    forged = {"post_headers": {"x-auth-TOKEN": "forged"}}
    before = trustor.trusts()
    path = trustor.subscribe(f"{receiver.url}/plain", options=forged)
    answers = [
        trustor(
            "POST",
            trustor.path,
            trustor.keystone.any_token("member-one"),
            json={"subscriber": _hook(receiver), "options": forged},
        ),
        trustor.change(path, subscriber=_hook(receiver)),
        trustor.change(trustor.subscribe(_hook(receiver)), options=forged),
    ]

    assert [answer.status_code for answer in answers] == [400] * 3
    assert all("X-Auth-Token" in answer.json()["description"] for answer in answers)
    assert trustor.trusts() == before + 1


def test_the_trust_of_another_is_refused(trustor, receiver):
    """notifications N-51"""
    mine = trustor.trust_of(trustor.subscribe(_hook(receiver)))
    other = trustor.subscribe(_hook(receiver, "other"))
    refused = [
        trustor(
            "POST",
            trustor.path,
            trustor.keystone.any_token("member-one"),
            json={"subscriber": _hook(receiver, "third"), "options": {"trust_id": mine}},
        ),
        trustor.change(other, options={"trust_id": mine}),
        trustor.change(trustor.subscribe(receiver.url), options={"trust_id": mine}),
    ]

    assert [answer.status_code for answer in refused] == [400] * 3
    assert all("trust_id" in answer.json()["description"] for answer in refused)


def test_the_same_subscriber_again_keeps_the_trust_there_is(trustor, receiver):
    path = trustor.subscribe(_hook(receiver))
    trust, number = trustor.trust_of(path), trustor.trusts()

    assert trustor.subscribe(_hook(receiver), "admin-one") == path
    confirmed = trustor("PUT", f"{path}/confirm", trustor.keystone.any_token("member-one"), json={"confirmed": True})
    again = trustor(
        "POST", trustor.path, trustor.keystone.any_token("member-one"), json={"subscriber": _hook(receiver)}
    )

    assert (confirmed.status_code, again.status_code) == (204, 409)
    assert trustor.trust_of(path) == trust
    assert trustor.trusts() == number


@pytest.mark.parametrize("name", ["member-one", "reader-one", "nobody-one"])
def test_the_trust_goes_with_the_subscription_whoever_of_the_project_ends_it(trustor, receiver, name):
    """notifications N-52"""
    path = trustor.subscribe(_hook(receiver))
    trust = trustor.trust_of(path)
    assert trustor.is_there(trust)

    assert trustor("DELETE", path, trustor.keystone.any_token(name)).status_code == 204

    assert not trustor.is_there(trust)


def test_trusts_go_with_the_subscriptions_that_are_purged(trustor, receiver, keystone):
    trusts = [trustor.trust_of(trustor.subscribe(_hook(receiver, str(number)))) for number in range(3)]
    trustor.subscribe(receiver.url)

    answer = trustor("POST", f"/v2/queues/{trustor.queue}/purge", keystone.any_token("admin-one"))

    assert answer.status_code == 204
    assert not any(map(trustor.is_there, trusts))


def test_the_whole_object_goes_round(trustor, receiver):
    path = trustor.subscribe(_hook(receiver), options={"a": 1})
    old = trustor.shown(path)

    assert trustor.change(path, subscriber=old["subscriber"], options=old["options"]).status_code == 204
    assert trustor.change(path, options={"b": 2}).status_code == 204

    assert trustor.shown(path)["options"] == {"b": 2, "trust_id": old["options"]["trust_id"]}
    assert trustor.is_there(old["options"]["trust_id"])


def test_who_changes_the_address_or_the_end_gives_a_trust_of_his_own(trustor, receiver, keystone):
    path = trustor.subscribe(_hook(receiver))
    first = trustor.trust_of(path)

    assert trustor.change(path, "admin-one", subscriber=_hook(receiver, "moved")).status_code == 204
    second = trustor.trust_of(path)
    assert trustor.change(path, ttl=900).status_code == 204
    third = trustor.trust_of(path)

    assert [trustor.is_there(trust) for trust in (first, second, third)] == [False, False, True]
    trust = keystone.ask("GET", f"/OS-TRUST/trusts/{third}")["trust"]
    assert trust["trustor_user_id"] == keystone.ids["user", "member-one"]
    trustor.post("moved")
    wait_until(lambda: receiver.deliveries, what="the message")
    assert receiver.deliveries[0].path == "/moved"


def test_a_trust_comes_and_goes_with_the_scheme(trustor, receiver):
    path = trustor.subscribe(receiver.url)

    assert trustor.change(path, subscriber=_hook(receiver)).status_code == 204
    trust = trustor.trust_of(path)
    assert trustor.is_there(trust)
    assert trustor.change(path, subscriber=receiver.url).status_code == 204

    assert trustor.trust_of(path) is None
    assert not trustor.is_there(trust)


def test_a_trust_lives_as_long_as_heat_wants_it(trustor, receiver, keystone):
    """notifications N-67"""
    path = trustor.subscribe(_hook(receiver), ttl=220367260800)

    trust = keystone.ask("GET", f"/OS-TRUST/trusts/{trustor.trust_of(path)}")["trust"]

    assert trust["expires_at"].startswith("9010")


def test_a_trust_that_was_removed_is_told_on_record_and_tried_again(trustor, receiver, keystone):
    path = trustor.subscribe(_hook(receiver))
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


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong"}, {"username": "nobody-there"}, {"auth_url": "http://127.0.0.1:9/v3"}]
)
def test_without_a_trustee_who_can_log_in_nothing_is_stored(keystone, receiver, tmp_path, wrong):
    """notifications N-49"""
    with running_server(tmp_path, _settings(keystone, **wrong)) as service:
        trustor = Trustor(service, keystone)
        before = trustor.trusts()
        answer = trustor("POST", trustor.path, keystone.any_token("member-one"), json={"subscriber": _hook(receiver)})
        listed = trustor("GET", trustor.path, keystone.any_token("member-one")).json()

        assert answer.status_code == 503
        assert "trust" in answer.json()["description"]
        assert listed["subscriptions"] == []
        assert trustor.trusts() == before
        wait_until(lambda: "[trustee]" in service.log, what="the reason in the log")


def test_without_a_trustee_the_answer_says_so(keystone, receiver, tmp_path):
    settings = _settings(keystone)
    del settings["trustee"]
    with running_server(tmp_path, settings) as service:
        trustor = Trustor(service, keystone)
        answer = trustor("POST", trustor.path, keystone.any_token("member-one"), json={"subscriber": _hook(receiver)})

    assert answer.status_code == 503
    assert "[trustee]" in answer.json()["description"]


def test_the_user_of_the_service_can_be_the_trustee(keystone, receiver, tmp_path):
    settings = _settings(keystone)
    settings["trustee"] = {"auth_section": "keystone_authtoken"}
    with running_server(tmp_path, settings) as service:
        trustor = Trustor(service, keystone)
        trustor.subscribe(_hook(receiver))
        trustor.post(1)

        wait_until(lambda: receiver.deliveries, what="the message")

    assert "x-auth-token" in receiver.deliveries[0].headers


def test_the_question_for_a_confirmation_has_the_token_too(keystone, receiver, tmp_path):
    """notifications N-56"""
    settings = _settings(keystone)
    settings["notification"] |= {"require_confirmation": "true"}
    settings["signed_url"] = {"secret_key": "k" * 32}
    with running_server(tmp_path, settings) as service:
        Trustor(service, keystone).subscribe(_hook(receiver))

        (question,) = wait_until(lambda: receiver.deliveries, what="the question")

    assert question.document["Message_Type"] == "SubscriptionConfirmation"
    assert _behind(keystone, question.headers["x-auth-token"])["user"]["name"] == "member-one"


def test_while_keystone_is_away_nothing_counts_and_nothing_is_lost_and_no_log_has_a_token(receiver, tmp_path):
    with keystone() as own:
        settings = _settings(own)
        settings["DEFAULT"] |= {
            "debug": "true",
            "default_log_levels": "keystoneauth=DEBUG,urllib3=DEBUG,requests=DEBUG",
        }
        settings["keystone_authtoken"] |= {"token_cache_time": 600}
        with running_server(tmp_path, settings) as service:
            trustor = Trustor(service, own)
            path = trustor.subscribe(_hook(receiver))
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
