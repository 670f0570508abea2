"""Signed requests where Keystone is on: a signature stands in for a token, and for nothing else (http X-28, O-1)."""

import pytest

from tests.api.authenticated import People, authenticated
from tests.api.http_client import HttpClient
from tests.api.signed import KEY, headers

MESSAGES = "/v2/queues/q/messages"


@pytest.fixture
def client(tmp_path, clock):
    with authenticated(tmp_path, clock, People(), KEY) as made:
        yield HttpClient(made)


def _share(client, token="member-of-one", **document):
    answer = client.ask("POST", "/queues/q/share", document=document, headers={"X-Auth-Token": token})
    assert answer.status == 200, answer
    return answer.body


def test_a_holder_needs_no_token_and_acts_in_the_project_of_the_one_who_signed(client):
    signed = _share(client, methods=["GET", "POST"])

    posted = client.send("POST", MESSAGES, b'{"messages": [{"body": 1}]}', headers(signed))
    read = client.request("GET", f"{MESSAGES}?echo=true", X_Auth_Token="member-of-one")
    others = client.request("GET", f"{MESSAGES}?echo=true", X_Auth_Token="member-of-two")

    assert signed["project"] == "one"
    assert posted.status == 201
    assert (read.bodies, others.bodies) == ([1], [])


@pytest.mark.parametrize("token", [None, "member-of-one", "admin-of-one", "unknown"])
def test_a_bad_signature_is_404_whatever_the_token(client, token):
    signed = _share(client)
    bad = headers(signed, URL_Signature="0" * 64, X_Auth_Token=token)

    assert client.send("GET", MESSAGES, headers=bad).status == 404
    assert client.send("GET", "/v2/queues", headers=headers(signed, X_Auth_Token=token)).status == 404


def test_without_a_signature_there_has_to_be_a_token(client):
    signed = _share(client)

    for nothing in (None, ""):
        assert client.send("GET", MESSAGES, headers=headers(signed, URL_Signature=nothing)).status == 401


def test_the_project_of_a_token_is_not_that_of_a_signature(client):
    signed = _share(client)

    answer = client.send("GET", MESSAGES, headers=headers(signed, X_Project_ID="two", X_Auth_Token="member-of-two"))

    assert answer.status == 404
