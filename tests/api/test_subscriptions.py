"""Subscriptions: create and show (http section 9)."""

import json

import pytest

from tests.api.subscribed import HOOK, change, confirm, listed, show, subscribe, subscribed

every_source = pytest.mark.parametrize("source", ["queues/q", "topics/t"])
END_OF_TIME = 220_367_260_800


@every_source
def test_a_subscription_is_shown_as_it_was_made(client, clock, source):
    """S-1, S-13, S-17"""
    options = {"post_headers": {"X-A": "é"}, "post_data": '"$zaqar_message$"', "any": [None, 1.5]}
    made = subscribe(client, source, ttl=100, options=options, unknown=1)
    clock.move(7)

    assert made.status == 201
    assert made.location == f"/v2/{source}/subscriptions"
    assert made.body.keys() == {"subscription_id"}
    assert show(client, made.body["subscription_id"], source).body == {
        "id": made.body["subscription_id"],
        "source": source[-1],
        "subscriber": HOOK,
        "ttl": 100,
        "age": 7,
        "options": options,
        "confirmed": False,
    }


def test_what_is_left_out_has_its_default(client):
    """S-10, O-39, O-46, clients K-40"""
    bare = show(client, subscribed(client)).body
    null = show(client, subscribed(client, subscriber=f"{HOOK}/2", ttl=None, options=None)).body
    empty = show(client, subscribed(client, subscriber=f"{HOOK}/3", options=[])).body

    for shown in (bare, null, empty):
        assert (shown["ttl"], shown["options"]) == (3600, {})


def test_a_subscription_may_last_nearly_for_ever(client):
    """notifications N-67, clients K-40"""
    assert show(client, subscribed(client, ttl=END_OF_TIME)).body["ttl"] == END_OF_TIME
    assert subscribe(client, subscriber=f"{HOOK}/2", ttl=2**62).error == (400, "Invalid API request")


@every_source
def test_subscribing_makes_the_source(client, source):
    """S-6"""
    subscribed(client, source)

    kind, name = source.split("/")
    assert [one["name"] for one in client.ask("GET", f"/{kind}").body[kind]] == [name]


def test_a_bad_request_makes_nothing(client):
    """S-6, O-21"""
    subscribe(client, ttl=1)

    assert client.list_queues().names == []


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({}, "Missing parameter"),
        ({"subscriber": None}, "Missing parameter"),
        ({"subscriber": ""}, "must be a URI"),
        ({"subscriber": 1}, "must be a URI"),
        ({"subscriber": "fake"}, "must be supported in the list"),
        ({"subscriber": "email://fake"}, "must be supported in the list"),
        ({"subscriber": "queue:no/name"}, "The subscriber: Queue names are"),
        ({"subscriber": "http://a:65536/"}, "a URL with a host"),
        ({"subscriber": "http://a:b/"}, "a URL with a host"),
        ({"subscriber": HOOK, "options": "a"}, "must be a dict"),
        ({"subscriber": HOOK, "options": {"_retry_policy": {"minimum_delay": 30}}}, "maximum_delay"),
        ({"subscriber": HOOK, "ttl": "60"}, "must be an integer"),
        ({"subscriber": HOOK, "ttl": 59}, "at least 60"),
        ({"subscriber": HOOK, "ttl": 0}, "at least 60"),
    ],
)
def test_what_cannot_be_a_subscription_is_refused(client, document, sentence):
    """S-7 to S-11, O-39, O-40"""
    answer = client.ask("POST", "/queues/q/subscriptions", document=document)

    assert answer.error == (400, "Invalid API request")
    assert sentence in answer.body["description"]


def test_without_keystone_no_subscriber_gets_a_token(client):
    """S-12, notifications N-49"""
    answer = client.ask("POST", "/queues/q/subscriptions", document={"subscriber": "trust+http://example.com"})

    assert answer.error == (503, "Service temporarily unavailable")
    assert "need Keystone" in answer.body["description"]
    assert client.ask("GET", "/queues/q/subscriptions").body["subscriptions"] == []
    assert client.list_queues().names == []


@pytest.mark.parametrize(
    "subscriber",
    ["http://169.254.169.254/latest", "http://[fe80::1]/", "https://0.0.0.0", "http://224.0.0.1", "http://2852039166/"],
)
def test_an_address_that_is_not_reached_is_refused_at_once(client, subscriber):
    """notifications N-77"""
    made = subscribed(client)

    for answer in (subscribe(client, subscriber=subscriber), change(client, made, subscriber=subscriber)):
        assert answer.error == (400, "Invalid API request")
        assert "[notification] allowed_networks" in answer.body["description"]


@pytest.mark.parametrize("subscriber", ["http://a.example:65536/", "http://a.example:b/", "http:///path"])
def test_a_url_that_names_no_host_or_no_port_is_refused(client, subscriber):
    """S-8"""
    assert subscribe(client, subscriber=subscriber).error == (400, "Invalid API request")


@pytest.mark.parametrize("host", ["\0", "a\0b", "a b", "xn--a", "..", "\u2488.com"])
def test_a_host_that_no_name_server_knows_is_seen_when_it_is_sent_to(client, host):
    """notifications N-13"""
    assert subscribe(client, subscriber=f"http://{host}/").status == 201


def test_the_operator_says_which_addresses_are_reached(configured):
    """notifications N-77"""
    client = configured("[notification]\nallowed_networks = 169.254.169.254/32\ndenied_networks = 127.0.0.0/8\n")

    assert subscribe(client, subscriber="http://169.254.169.254/").status == 201
    assert subscribe(client, subscriber="http://127.0.0.1/").status == 400
    assert subscribe(client, subscriber="http://127.0.0.2.example.com/").status == 201


def test_no_body_is_an_empty_one(client):
    """S-5"""
    answer = client.ask("POST", "/queues/q/subscriptions")

    assert "Missing parameter" in answer.body["description"]


@pytest.mark.parametrize("body", [b"[]", b"[1]", b"{", b'"a"'])
def test_what_is_no_object_is_refused(client, body):
    """S-11, O-23"""
    assert client.request("POST", "/v2/queues/q/subscriptions", body).error == (400, "Invalid request body")


def test_options_of_64_kib_are_taken_and_no_more(client):
    most = 65536 - len('{"a":""}')

    assert subscribe(client, options={"a": "x" * most}).status == 201
    assert subscribe(client, subscriber=f"{HOOK}/2", options={"a": "x" * (most + 1)}).status == 400
    padded = json.dumps({"subscriber": f"{HOOK}/2", "options": {}}).encode().ljust(131_072)
    assert client.request("POST", "/v2/queues/q/subscriptions", padded).status == 201
    assert client.request("POST", "/v2/queues/q/subscriptions", padded + b" ").status == 400


@every_source
def test_who_has_not_confirmed_may_subscribe_again_and_nothing_changes(client, source):
    """S-14, O-45, notifications N-64"""
    made = subscribed(client, source, ttl=100, options={"a": 1})

    again = subscribe(client, source, ttl=200, options={"a": 2})

    assert (again.status, again.body) == (201, {"subscription_id": made})
    shown = show(client, made, source).body
    assert (shown["ttl"], shown["options"]) == (100, {"a": 1})


@every_source
def test_who_has_confirmed_may_not(client, source):
    """S-14"""
    confirm(client, subscribed(client, source), source=source)

    answer = subscribe(client, source)

    assert answer.error == (409, "Resource conflict")
    assert answer.location == f"/v2/{source}/subscriptions"


def test_subscribers_are_told_apart_by_their_whole_text(client):
    """S-14"""
    uris = [HOOK, HOOK.upper(), f"{HOOK}/", f"{HOOK}#a"]

    assert len({subscribed(client, subscriber=uri) for uri in uris}) == 4


def test_a_subscription_ends_and_frees_its_subscriber(client, clock):
    """S-15"""
    made = subscribed(client, ttl=60)
    clock.move(60)

    assert show(client, made).error == (404, "Not found")
    assert listed(client) == []
    assert subscribed(client) != made


@pytest.mark.parametrize("subscription_id", ["123", "0" * 30, "é", "x" * 500])
def test_an_id_that_nobody_has_is_not_found(client, subscription_id):
    """S-17"""
    subscribed(client)

    assert show(client, subscription_id).error == (404, "Not found")
    assert change(client, subscription_id, ttl=60).error == (404, "Not found")
    assert confirm(client, subscription_id).error == (404, "Not found")


def test_a_subscription_is_of_its_source_alone(client):
    """S-17, S-31, O-44, T-12"""
    made = subscribed(client, "queues/q")
    client.create_queue("other")
    client.ask("PUT", "/topics/q")

    for source in ("queues/other", "topics/q"):
        assert show(client, made, source).status == 404
        assert change(client, made, source, ttl=60).status == 404
        assert confirm(client, made, source=source).status == 404
        assert client.ask("DELETE", f"/{source}/subscriptions/{made}").status == 204
        assert listed(client, source) == []
    assert show(client.stranger(), made).status == 404
    assert show(client, made).status == 200
    assert subscribed(client, "topics/q") != made


def test_the_operator_bounds_types_and_pages_and_sets_the_ttl(configured):
    client = configured(
        "[transport]\nsubscriber_types = https\nmax_subscriptions_per_page = 2\ndefault_subscription_ttl = 77\n"
    )

    assert "in the list https" in subscribe(client).body["description"]
    assert show(client, subscribed(client, subscriber="https://a")).body["ttl"] == 77
    assert client.ask("GET", "/queues/q/subscriptions", {"limit": 3}).status == 400
