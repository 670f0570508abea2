"""Signed URLs: making them, and what they open (http section 10)."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.client import messages
from tests.api.http_client import HttpClient
from tests.api.signed import KEY, ask, headers, share

MESSAGES = "/v2/queues/q/messages"
NOT_FOUND = (404, b'{"title":"404 Not Found"}')


@pytest.fixture
def client(configured):
    """A client of a service that has a key."""
    return configured(KEY)


def _text(time: datetime) -> str:
    return time.replace(tzinfo=None).isoformat()


def _now(clock) -> datetime:
    return datetime.fromtimestamp(clock.now(), UTC)


def test_a_signature_for_nothing_in_particular_reads_messages_for_a_day(client, clock):
    """U-1 to U-5, U-7"""
    answer = client.ask("POST", "/queues/q/share", document={})

    assert answer.status == 200
    assert "location" not in answer.headers
    assert list(answer.body) == ["paths", "methods", "project", "expires", "signature"]
    assert answer.body["paths"] == [MESSAGES]
    assert answer.body["methods"] == ["GET"]
    assert answer.body["project"] == client.project
    assert answer.body["expires"] == _text(_now(clock) + timedelta(days=1))
    assert len(answer.body["signature"]) == 64
    assert client.list_queues().names == []


@pytest.mark.parametrize("empty", [None, []])
def test_null_and_empty_are_like_nothing(client, empty):
    """U-2, U-3, notifications U-9"""
    assert share(client, paths=empty, methods=empty, expires=None) == share(client)


def test_paths_and_methods_are_sorted_and_kept_as_often_as_they_come(client):
    """U-2, U-3, U-5: verbs need not be known."""
    signed = share(client, paths=["subscriptions", "claims", "messages", "claims"], methods=["PUT", "get", "GET", "X"])

    paths = ["claims", "claims", "messages", "subscriptions"]
    assert signed["paths"] == [f"/v2/queues/q/{path}" for path in paths]
    assert signed["methods"] == ["GET", "PUT", "X", "get"]


@pytest.mark.parametrize("zone", ["", "Z", "+00:00", ".123456"])
def test_the_end_is_given_in_utc_and_whole_seconds(client, zone):
    """U-4, U-5"""
    assert share(client, expires=f"2099-12-31T10:00:00{zone}")["expires"] == "2099-12-31T10:00:00"
    assert share(client, expires="2099-12-31T10:00:00+02:00")["expires"] == "2099-12-31T08:00:00"
    assert share(client, expires="2099-12-31")["expires"] == "2099-12-31T00:00:00"


BAD = [
    {"paths": ["queues"]},
    {"paths": ["messages", "share"]},
    {"paths": ["../r/messages"]},
    {"paths": ["Messages"]},
    {"paths": "messages"},
    {"paths": {"messages": 1}},
    {"paths": [1]},
    {"paths": [["messages"]]},
    {"paths": [None]},
    {"methods": "GET"},
    {"methods": {}},
    {"methods": 1},
    {"methods": [1]},
    {"methods": [None]},
    {"methods": [["GET"]]},
    {"methods": ["GET,POST"]},
    {"methods": [""]},
    {"methods": ["GET,/v2/queues/r/messages\\nPOST"]},
    {"expires": 1},
    {"expires": "1893456000"},
    {"expires": "20991231"},
    {"expires": "soon"},
    {"expires": ""},
    {"expires": []},
    {"expires": True},
    {"expires": "2020-01-01T00:00:00"},
    {"expires": "9999-12-31T23:59:59-23:59"},
    {"project_id": "p"},
    {"ttl": 1},
]


@pytest.mark.parametrize("document", BAD, ids=repr)
def test_what_cannot_be_signed_is_refused(client, document):
    """U-1 to U-4, U-6, O-70, K-9"""
    answer = client.ask("POST", "/queues/q/share", document=document)

    assert answer.error == (400, "Invalid API request")
    assert answer.body["description"]


def test_an_end_that_is_now_is_past(client, clock):
    """U-4"""
    answers = [
        client.ask("POST", "/queues/q/share", document={"expires": _text(_now(clock) + timedelta(seconds=seconds))})
        for seconds in (0, 1)
    ]

    assert [answer.status for answer in answers] == [400, 200]


@pytest.mark.parametrize("body", [b"", b"[]", b'["messages"]', b"x", b"null", b'{"paths":', b'"x"'])
def test_a_body_that_is_no_object_is_refused(client, body):
    """U-6, O-70"""
    assert client.request("POST", "/v2/queues/q/share", body).error == (400, "Invalid request body")


def test_there_is_nothing_to_share_of_a_queue_with_a_bad_name(client):
    """X-23"""
    assert client.ask("POST", "/queues/../share", document={}).status in {400, 404}
    assert client.ask("POST", "/queues/a$/share", document={}).error[1] == "Invalid queue identification"


def test_a_reader_reads_and_a_writer_writes(client):
    """U-12, U-14, U-18"""
    client.post("q", "first")
    reader = share(client)
    writer = share(client, methods=["POST"])

    assert ask(client, reader, "GET", f"{MESSAGES}?echo=true").bodies == ["first"]
    assert ask(client, reader, "POST", MESSAGES, messages("second")).status == 404
    assert ask(client, writer, "POST", MESSAGES, messages("second")).status == 201
    assert ask(client, writer, "GET", MESSAGES).status == 404
    assert client.list("q", echo=True).bodies == ["first", "second"]


def test_who_may_post_makes_the_queue(client):
    """U-7"""
    assert ask(client, share(client, methods=["POST"]), "POST", MESSAGES, messages(1)).status == 201
    assert client.list_queues().names == ["q"]


def test_what_is_below_a_path_is_open_too(client):
    """U-15, notifications U-17"""
    (message_id,) = client.post("q", 1).ids
    signed = share(client, paths=["messages", "claims"], methods=["GET", "DELETE", "POST", "PATCH"])

    assert ask(client, signed, "GET", f"{MESSAGES}/{message_id}").status == 200
    assert ask(client, signed, "GET", f"{MESSAGES}?ids={message_id}").status == 200
    claimed = ask(client, signed, "POST", "/v2/queues/q/claims", {})
    assert claimed.status == 201
    assert ask(client, signed, "PATCH", f"/v2/queues/q/claims/{claimed.claim_id}", {"ttl": 100}).status == 204
    assert ask(client, signed, "DELETE", f"/v2/queues/q/claims/{claimed.claim_id}").status == 204
    assert ask(client, signed, "DELETE", f"{MESSAGES}?pop=1").bodies == [1]


@pytest.mark.parametrize(
    "target",
    [
        "/v2/queues",
        "/v2/queues/q",
        "/v2/queues/q/stats",
        "/v2/queues/q/claims",
        "/v2/queues/q/share",
        "/v2/queues/q/purge",
        "/v2/queues/qq/messages",
        "/v2/queues/Q/messages",
        "/v2/queues/q.messages/messages",
        "/v2/ping",
        "/v2",
        "/v2/",
    ],
)
def test_nothing_else_is_open(client, target):
    """U-15, notifications U-12"""
    signed = share(client, paths=["messages"], methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
        answer = ask(client, signed, method, target, {})
        assert answer.status == 404, method
        assert method == "HEAD" or (answer.status, answer.data) == NOT_FOUND


FORGERIES = {
    "signature": {"URL_Signature": "0" * 64},
    "words": {"URL_Signature": "open sesame"},
    "letters beyond ASCII": {"URL_Signature": "\xe9" * 64},
    "no end": {"URL_Expires": None},
    "empty end": {"URL_Expires": ""},
    "number": {"URL_Expires": "4102444800"},
    "later end": {"URL_Expires": "2099-12-31T00:00:01"},
    "no time": {"URL_Expires": "never"},
    "no methods": {"URL_Methods": None},
    "more methods": {"URL_Methods": "GET,POST"},
    "blanks between methods": {"URL_Methods": "GET, HEAD"},
    "no paths": {"URL_Paths": None},
    "more paths": {"URL_Paths": f"{MESSAGES},/v2/queues/r/messages"},
    "everything": {"URL_Paths": ""},
    "pattern": {"URL_Paths": "/v2/queues/./messages"},
    "no project": {"X_Project_ID": None},
    "empty project": {"X_Project_ID": ""},
    "other project": {"X_Project_ID": "other"},
}


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES)
def test_a_header_that_is_not_what_was_signed_opens_nothing(client, change):
    """U-16, U-17, O-5, O-68, notifications U-19, U-21"""
    signed = share(client, methods=["GET", "HEAD"], expires="2099-12-31T00:00:00")
    unknown = client.request("GET", "/v2/unknown")

    answer = ask(client, signed, "GET", MESSAGES, **change)

    assert (answer.status, answer.data) == NOT_FOUND
    assert (unknown.status, unknown.data) == NOT_FOUND
    assert {**answer.headers, "x-openstack-request-id": ""} == {**unknown.headers, "x-openstack-request-id": ""}


@pytest.mark.parametrize("tenant", ["X_Tenant_Id", "X_Tenant"])
def test_only_one_header_names_the_project(client, tenant):
    signed = share(client)

    assert ask(client, signed, "GET", MESSAGES, X_Project_ID=None, **{tenant: client.project}).status == 404
    assert ask(client, signed, "GET", MESSAGES, **{tenant: "other"}).status == 200


def test_the_order_of_lists_and_the_form_of_the_end_do_not_matter(client):
    """U-16, notifications U-19"""
    signed = share(client, paths=["messages", "claims"], methods=["GET", "POST"], expires="2099-12-31T10:00:00")

    for end in ("2099-12-31T10:00:00Z", "2099-12-31T12:00:00+02:00", "2099-12-31 10:00:00.5"):
        others = {"URL_Methods": "POST,GET", "URL_Paths": f"{MESSAGES},/v2/queues/q/claims", "URL_Expires": end}
        assert ask(client, signed, "GET", MESSAGES, **others).status == 200


def test_an_expired_signature_opens_nothing(client, clock):
    """U-16"""
    signed = share(client, expires=_text(_now(clock) + timedelta(seconds=60)))

    clock.move(59)
    assert ask(client, signed, "GET", MESSAGES).status == 200
    clock.move(1)
    assert ask(client, signed, "GET", MESSAGES).status == 404


def test_an_empty_signature_is_none(client):
    """U-13"""
    assert ask(client, share(client), "GET", "/v2/queues", URL_Signature="").status == 200


def test_a_prefix_of_the_deployment_is_no_part_of_the_path(client):
    """Notifications U-3"""
    assert ask(client, share(client), "GET", MESSAGES, environment={"SCRIPT_NAME": "/messaging"}).status == 200
    assert ask(client, share(client), "GET", "/v2/queues", environment={"SCRIPT_NAME": MESSAGES}).status == 404


def test_a_path_is_looked_at_as_it_is_routed(client):
    client.post("q", 1)
    signed = share(client)

    assert ask(client, signed, "GET", "/v2/queues/%71/messages").status == 200
    assert ask(client, signed, "GET", "/v2/queues/q%2Fmessages").status == 200
    assert ask(client, signed, "GET", "/v2/queues/q/messages", environment={"RAW_URI": "/v2/queues"}).status == 200
    assert (
        ask(client, signed, "GET", "/v2/queues", environment={"RAW_URI": MESSAGES, "REQUEST_URI": MESSAGES}).status
        == 404
    )


def test_the_signature_is_looked_at_before_every_other_header(client):
    """X-4, notifications U-23"""
    signed = share(client)
    bad = {"Accept": "text/html", "Client_ID": None, "EXTRA_SPEC": "unknown:x"}

    assert ask(client, signed, "POST", MESSAGES, **bad).status == 404
    assert ask(client, signed, "GET", MESSAGES, **bad).status == 406
    assert ask(client, signed, "GET", MESSAGES, Client_ID=None).error == (400, "Missing header value")
    assert ask(client, signed, "GET", MESSAGES, Client_ID="x").error == (400, "Wrong UUID value")
    assert client.send("GET", "/", headers={"URL-Signature": "x"}).status == 300


def test_other_methods_are_open_only_where_they_are_named(client):
    """X-7, X-8, notifications U-25"""
    signed = share(client)
    everything = share(client, methods=["HEAD", "OPTIONS"])

    assert ask(client, signed, "HEAD", MESSAGES).status == 404
    assert ask(client, everything, "HEAD", MESSAGES).status == 405
    assert "allow" not in ask(client, signed, "OPTIONS", MESSAGES).headers
    assert "GET" in ask(client, everything, "OPTIONS", MESSAGES).headers["allow"]


def test_without_a_key_none_is_made_and_none_accepted(configured):
    """U-6, U-16, O-9"""
    signed = share(configured(KEY))
    for text in ("", "[signed_url]\nsecret_key =\n"):
        client = configured(text)
        answer = client.ask("POST", "/queues/q/share", document={})
        assert answer.error == (400, "Invalid API request")
        assert "secret_key" in answer.body["description"]
        assert ask(client, signed, "GET", MESSAGES).status == 404


def test_a_key_is_replaced_while_signatures_live_on(configured):
    old, new = (
        "[signed_url]\nsecret_key = the-old-key-of-the-tests\n",
        "[signed_url]\nsecret_key = the-new-key-of-the-tests\n",
    )
    before, without = configured(old), configured(new)
    after = configured(f'{new}previous_secret_keys = the-older-key, "a, comma", the-old-key-of-the-tests\n')

    assert ask(after, share(before), "GET", MESSAGES).status == 200
    assert ask(after, share(after), "GET", MESSAGES).status == 200
    assert ask(without, share(after), "GET", MESSAGES).status == 200
    assert ask(without, share(before), "GET", MESSAGES).status == 404
    assert ask(before, share(after), "GET", MESSAGES).status == 404


@pytest.fixture
def ruled(configured, tmp_path):
    """Make a client of a service with a key and these rules."""

    def rule(rules: dict[str, str]) -> HttpClient:
        path = tmp_path / "policy.yaml"
        path.write_text(json.dumps(rules))
        return configured(f"{KEY}[oslo_policy]\npolicy_file = {path}\n")

    return rule


def test_identities_that_are_not_signed_are_not_believed(ruled):
    """U-18, X-28, O-1, notifications U-22"""
    client = ruled({"messages:get_all": "role:admin", "messages:delete_all": "user_id:ann"})
    signed = share(client, methods=["GET", "DELETE"])
    claims = {"X_Roles": "admin", "X_User_Id": "ann", "X_Is_Admin_Project": "True", "X_Tenant": "other"}

    assert client.request("GET", MESSAGES, X_Roles="admin").status == 200
    assert ask(client, signed, "GET", MESSAGES, **claims).status == 403
    assert client.request("DELETE", f"{MESSAGES}?pop=1", X_User_Id="ann").status == 200
    assert ask(client, signed, "DELETE", f"{MESSAGES}?pop=1", **claims).status == 403


def test_a_rule_can_ask_for_a_signature(ruled):
    """U-18"""
    client = ruled({"messages:get_all": "role:reader or signed:True", "messages:create": "not signed:True"})
    signed = share(client, methods=["GET", "POST"])

    assert client.request("GET", MESSAGES).status == 403
    assert ask(client, signed, "GET", MESSAGES).status == 200
    assert ask(client, signed, "POST", MESSAGES, messages(1)).status == 403
    assert client.post("q", 1).is_done


def test_who_may_not_share_makes_no_signature(ruled):
    """A-1"""
    assert ruled({"queues:share": "!"}).ask("POST", "/queues/q/share", document={}).error == (403, "Not authorized")


def test_the_log_tells_why_but_never_a_signature(client, caplog):
    caplog.set_level(logging.DEBUG)
    signed = share(client)

    for change in FORGERIES.values():
        ask(client, signed, "GET", MESSAGES, **change)
    ask(client, signed, "POST", MESSAGES)

    assert "is not opened by its signature: the signature is for other methods or paths" in caplog.text
    assert signed["signature"] not in caplog.text
    assert "a-key-that-only-these-tests-know" not in caplog.text
    assert headers(signed)["URL-Signature"] == signed["signature"]
