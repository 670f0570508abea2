"""What becomes of the trust of a subscription, with a real Keystone (notifications N-51, N-52)."""

from collections.abc import Iterator

import pytest

from tests.integration.keystone.trustor import Trustor, hook, settings_of
from tests.integration.process import RunningServer, running_server, wait_until


@pytest.fixture(scope="module")
def service(keystone, tmp_path_factory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("service"), settings_of(keystone)) as running:
        yield running


@pytest.fixture
def trustor(service, keystone) -> Trustor:
    return Trustor(service, keystone)


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
            json={"subscriber": hook(receiver), "options": forged},
        ),
        trustor.change(path, subscriber=hook(receiver)),
        trustor.change(trustor.subscribe(hook(receiver)), options=forged),
    ]

    assert [answer.status_code for answer in answers] == [400] * 3
    assert all("X-Auth-Token" in answer.json()["description"] for answer in answers)
    assert trustor.trusts() == before + 1


def test_the_trust_of_another_is_refused(trustor, receiver):
    """notifications N-51"""
    mine = trustor.trust_of(trustor.subscribe(hook(receiver)))
    other = trustor.subscribe(hook(receiver, "other"))
    refused = [
        trustor(
            "POST",
            trustor.path,
            trustor.keystone.any_token("member-one"),
            json={"subscriber": hook(receiver, "third"), "options": {"trust_id": mine}},
        ),
        trustor.change(other, options={"trust_id": mine}),
        trustor.change(trustor.subscribe(receiver.url), options={"trust_id": mine}),
    ]

    assert [answer.status_code for answer in refused] == [400] * 3
    assert all("trust_id" in answer.json()["description"] for answer in refused)


def test_the_same_subscriber_again_keeps_the_trust_there_is(trustor, receiver):
    path = trustor.subscribe(hook(receiver))
    trust, number = trustor.trust_of(path), trustor.trusts()

    assert trustor.subscribe(hook(receiver), "admin-one") == path
    confirmed = trustor("PUT", f"{path}/confirm", trustor.keystone.any_token("member-one"), json={"confirmed": True})
    again = trustor("POST", trustor.path, trustor.keystone.any_token("member-one"), json={"subscriber": hook(receiver)})

    assert (confirmed.status_code, again.status_code) == (204, 409)
    assert trustor.trust_of(path) == trust
    assert trustor.trusts() == number


@pytest.mark.parametrize("name", ["member-one", "reader-one", "nobody-one"])
def test_the_trust_goes_with_the_subscription_whoever_of_the_project_ends_it(trustor, receiver, name):
    """notifications N-52"""
    path = trustor.subscribe(hook(receiver))
    trust = trustor.trust_of(path)
    assert trustor.is_there(trust)

    assert trustor("DELETE", path, trustor.keystone.any_token(name)).status_code == 204

    assert not trustor.is_there(trust)


def test_trusts_go_with_the_subscriptions_that_are_purged(trustor, receiver, keystone):
    trusts = [trustor.trust_of(trustor.subscribe(hook(receiver, str(number)))) for number in range(3)]
    trustor.subscribe(receiver.url)

    answer = trustor("POST", f"/v2/queues/{trustor.queue}/purge", keystone.any_token("admin-one"))

    assert answer.status_code == 204
    assert not any(map(trustor.is_there, trusts))


def test_the_whole_object_goes_round(trustor, receiver):
    path = trustor.subscribe(hook(receiver), options={"a": 1})
    old = trustor.shown(path)

    assert trustor.change(path, subscriber=old["subscriber"], options=old["options"]).status_code == 204
    assert trustor.change(path, options={"b": 2}).status_code == 204

    assert trustor.shown(path)["options"] == {"b": 2, "trust_id": old["options"]["trust_id"]}
    assert trustor.is_there(old["options"]["trust_id"])


def test_who_changes_the_address_or_the_end_gives_a_trust_of_his_own(trustor, receiver, keystone):
    path = trustor.subscribe(hook(receiver))
    first = trustor.trust_of(path)

    assert trustor.change(path, "admin-one", subscriber=hook(receiver, "moved")).status_code == 204
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

    assert trustor.change(path, subscriber=hook(receiver)).status_code == 204
    trust = trustor.trust_of(path)
    assert trustor.is_there(trust)
    assert trustor.change(path, subscriber=receiver.url).status_code == 204

    assert trustor.trust_of(path) is None
    assert not trustor.is_there(trust)


def test_a_trust_lives_as_long_as_heat_wants_it(trustor, receiver, keystone):
    """notifications N-67"""
    path = trustor.subscribe(hook(receiver), ttl=220367260800)

    trust = keystone.ask("GET", f"/OS-TRUST/trusts/{trustor.trust_of(path)}")["trust"]

    assert trust["expires_at"].startswith("9010")
