"""Subscriptions: change and confirm, by who owns them (http sections 9.4 and 9.5)."""

import pytest

from tests.api.subscribed import HOOK, change, confirm, listed, show, subscribed

every_source = pytest.mark.parametrize("source", ["queues/q", "topics/t"])


@every_source
def test_what_is_given_changes_and_the_rest_stays(client, source):
    """S-19, S-20"""
    made = subscribed(client, source, ttl=100, options={"a": 1, "b": 2})

    answer = change(client, made, source, options={"c": 3}, source="other", confirmed=True, id="x")

    assert (answer.status, answer.data) == (204, b"")
    assert answer.location == f"/v2/{source}/subscriptions/{made}"
    shown = show(client, made, source).body
    assert (shown["subscriber"], shown["ttl"], shown["options"]) == (HOOK, 100, {"c": 3})
    assert (shown["source"], shown["confirmed"], shown["id"]) == (source[-1], False, made)


def test_a_new_ttl_begins_at_once_and_leaves_the_age(client, clock):
    """S-20, S-24"""
    made = subscribed(client, ttl=60)
    clock.move(50)

    change(client, made, ttl=60)
    clock.move(50)

    shown = show(client, made).body
    assert (shown["ttl"], shown["age"]) == (60, 100)
    clock.move(10)
    assert show(client, made).status == 404


def test_a_change_of_something_else_leaves_the_end(client, clock):
    """S-20"""
    made = subscribed(client, ttl=60)
    clock.move(50)

    change(client, made, options={"a": 1}, ttl=None)
    clock.move(10)

    assert show(client, made).status == 404


def test_a_confirmed_subscription_stays_so_where_nobody_asks_for_that(client):
    """S-20, notifications N-65"""
    made = subscribed(client)
    confirm(client, made)

    change(client, made, subscriber=f"{HOOK}/2")

    shown = show(client, made).body
    assert (shown["subscriber"], shown["confirmed"]) == (f"{HOOK}/2", True)


def test_a_subscriber_is_there_once(client):
    """S-23"""
    subscribed(client)
    other = subscribed(client, subscriber=f"{HOOK}/2")

    assert change(client, other, subscriber=HOOK).error == (409, "Resource conflict")
    assert change(client, other, subscriber=f"{HOOK}/2", ttl=60).status == 204
    assert change(client, other, subscriber=f"{HOOK}/3").status == 204
    assert len({subscribed(client, subscriber=f"{HOOK}/2"), *listed(client)}) == 3


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"ttl": 0}, "at least 60"),
        ({"ttl": 50}, "at least 60"),
        ({"ttl": "60"}, "must be an integer"),
        ({"options": 1}, "must be a dict"),
        ({"options": {"post_data": 1}}, "post_data"),
        ({"subscriber": ""}, "must be a URI"),
        ({"subscriber": "fake"}, "must be supported in the list"),
        ({"subscriber": "ftp:a"}, "must be supported in the list"),
        ({"ttl": 60, "subscriber": 1}, "must be a URI"),
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
def test_what_cannot_be_is_refused_whether_or_not_there_is_such_a_subscription(client, document, sentence, is_there):
    """S-21, S-25"""
    made = subscribed(client)
    before = show(client, made).body

    answer = change(client, made if is_there else "123", **document)

    assert answer.error == (400, "Invalid API request")
    assert sentence in answer.body["description"]
    assert show(client, made).body == before


@pytest.mark.parametrize("document", [{"confirmed": True}, {"queue": "q", "subscription_id": "x"}, {"ttl": None}])
def test_a_change_of_nothing_that_is_known_is_refused(client, document):
    """S-26"""
    made = subscribed(client)

    answer = change(client, made, **document)

    assert answer.error == (400, "Unable to update subscription")
    assert made in answer.body["description"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]"])
def test_an_empty_change_is_refused(client, body):
    """S-22"""
    made = subscribed(client)

    answer = client.request("PATCH", f"/v2/queues/q/subscriptions/{made}", body)

    assert answer.error == (400, "Invalid API request")


def test_a_change_is_an_object(client):
    """S-22"""
    made = subscribed(client)
    path = f"/v2/queues/q/subscriptions/{made}"

    array = client.request("PATCH", path, b'["ttl"]')
    assert array.error == (400, "Invalid API request")
    assert array.body["description"] == "Subscriptions must be a dict."
    assert client.request("PATCH", path, b"{").error == (400, "Invalid request body")


def test_options_that_are_null_are_not_given_and_an_empty_object_is(client):
    """S-26, clients K-30"""
    made = subscribed(client, options={"a": 1})

    change(client, made, ttl=60, options=None, subscriber=None)
    assert show(client, made).body["options"] == {"a": 1}
    change(client, made, options={})
    assert show(client, made).body["options"] == {}


@every_source
def test_a_subscription_is_confirmed_and_unconfirmed_as_often_as_one_likes(client, source):
    """S-27, S-28"""
    made = subscribed(client, source)

    for confirmed in (True, True, False, False, True):
        answer = confirm(client, made, confirmed, source)
        assert (answer.status, answer.data) == (204, b"")
        assert answer.location == f"/v2/{source}/subscriptions/{made}/confirm"
        assert show(client, made, source).body["confirmed"] is confirmed


@pytest.mark.parametrize("body", [b"", b"{}", b'{"confirmed": 1}', b'{"confirmed": "true"}', b'{"confirmed": null}'])
@pytest.mark.parametrize("is_there", [True, False])
def test_confirmed_is_a_boolean(client, body, is_there):
    """S-29"""
    made = subscribed(client) if is_there else "123"

    answer = client.request("PUT", f"/v2/queues/q/subscriptions/{made}/confirm", body)

    assert answer.error == (400, "Invalid API request")
    assert answer.body["description"] == "The 'confirmed' should be boolean."


def test_an_answer_that_is_none_is_refused(client):
    """S-30, S-32"""
    path = f"/v2/queues/q/subscriptions/{subscribed(client)}/confirm"

    for body in (b"[]", b'["confirmed"]'):
        assert client.request("PUT", path, body).error == (400, "Unable to confirm subscription")
    assert "body could not be parsed" in client.request("PUT", path, b"{").body["description"]


def test_confirming_may_bring_a_code_of_its_own(client):
    """S-33"""
    path = f"/v2/queues/q/subscriptions/{subscribed(client)}/confirm"

    assert client.request("PUT", path, b'{"confirmed": true}', EXTRA_SPEC="messagecode:1").status == 204
    assert client.request("PUT", path, b'{"confirmed": true}', EXTRA_SPEC="unknown:1").status == 400


def test_the_secret_is_shown_apart_and_nowhere_else(client):
    """S-42, S-43"""
    made = subscribed(client)

    answer = client.ask("GET", f"/queues/q/subscriptions/{made}/secret")

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body.keys() == {"secret"}
    secret = answer.body["secret"]
    assert secret.startswith("whsec_")
    for path in (f"/queues/q/subscriptions/{made}", "/queues/q/subscriptions"):
        assert secret.encode() not in client.ask("GET", path).data
    assert client.ask("GET", f"/queues/q/subscriptions/{subscribed(client, subscriber='http://b')}/secret").body != {
        "secret": secret
    }


@every_source
def test_a_secret_that_is_rotated_signs_along_for_a_day(client, clock, source):
    """S-44"""
    path = f"/{source}/subscriptions/{subscribed(client, source, ttl=10**6)}/secret"
    first = client.ask("GET", path).body["secret"]

    rotated = client.ask("POST", path)

    assert rotated.status == 200
    assert rotated.body["secret"] != first
    assert rotated.body["former_secret"] == first
    assert client.ask("GET", path).body == rotated.body
    clock.move(86_400)
    assert client.ask("GET", path).body == {"secret": rotated.body["secret"]}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_not_there_has_no_secret(client, method):
    """S-43, S-44"""
    assert client.ask(method, "/queues/q/subscriptions/123/secret").error == (404, "Not found")
