"""What answers look like, and how one leads to the next: locations, hrefs, links (http sections 6 to 8)."""

from datetime import UTC, datetime

import pytest

from tests.api.client import messages


def test_a_post_names_what_it_made(client):
    """M-12, M-11, D-4"""
    answer = client.ask("POST", "/queues/q/messages", document=messages("a", "b", "c"))

    assert answer.status == 201
    assert set(answer.body) == {"resources"}
    assert all(href.startswith("/v2/queues/q/messages/") for href in answer.body["resources"])
    assert answer.location == f"/v2/queues/q/messages?ids={','.join(answer.ids)}"
    shown = client.request("GET", answer.location)
    assert {m["id"]: m["body"] for m in shown.body["messages"]} == dict(zip(answer.ids, "abc", strict=True))


@pytest.mark.parametrize("number", [1, 65, 66, 520, 2100, 4000])
def test_the_location_of_many_messages_is_short_and_leads_to_them(client, number):
    """M-12: Node, Python and proxies refuse long headers, and by then the messages are stored."""
    answer = client.ask("POST", "/queues/q/messages", document=messages(*range(number)))

    assert len(answer.ids) == number
    assert len(answer.location) <= 2048
    path, _, query = answer.location.partition("?")
    assert path == "/v2/queues/q/messages"
    assert query in ("", f"ids={','.join(answer.ids)}")
    assert bool(query) == (number <= 65)


def test_a_message_has_five_members(client, clock):
    """M-1, K-1, K-3, clients K-10"""
    (message_id,) = client.post("q", {"a": 1}, ttl=100).ids
    clock.move(9)

    answer = client.request("GET", "/v2/queues/q/messages?echo=true")

    assert answer.body["messages"] == [
        {"id": message_id, "href": f"/v2/queues/q/messages/{message_id}", "ttl": 100, "age": 9, "body": {"a": 1}}
    ]


def test_the_next_link_keeps_what_was_asked(client):
    """M-18: and nothing else."""
    (message_id,) = client.post("q", 1).ids

    plain = client.request("GET", "/v2/queues/q/messages?echo=1")
    full = client.request(
        "GET", "/v2/queues/q/messages?limit=5&echo=True&include_claimed=yes&include_delayed=no&marker=&other=x"
    )

    path = f"/v2/queues/q/messages?marker={message_id}"
    assert plain.body["links"] == [{"rel": "next", "href": f"{path}&echo=true"}]
    assert full.body["links"] == [
        {"rel": "next", "href": f"{path}&limit=5&echo=true&include_claimed=true&include_delayed=false"}
    ]


def test_a_claim_takes_messages_and_says_which(client):
    """C-5, M-2, K-2, clients K-11"""
    ids = client.post("q", "a", "b").ids

    answer = client.ask("POST", "/queues/q/claims", document={"ttl": 100, "grace": 60})

    claim_id = answer.claim_id
    assert answer.status == 201
    assert answer.location == f"/v2/queues/q/claims/{claim_id}"
    assert answer.body == {
        "messages": [
            {
                "id": message_id,
                "href": f"/v2/queues/q/messages/{message_id}?claim_id={claim_id}",
                "ttl": 3600,
                "age": 0,
                "body": body,
            }
            for message_id, body in zip(ids, "ab", strict=True)
        ]
    }
    assert claim_id.isalnum()


def test_nothing_to_claim_has_no_location(client):
    """C-6, clients K-12"""
    answer = client.request("POST", "/v2/queues/q/claims")

    assert (answer.status, answer.data) == (204, b"")
    assert "location" not in answer.headers


def test_a_claim_shows_its_terms_and_messages(client, clock):
    """C-12"""
    (message_id,) = client.post("q", "a").ids
    claim_id = client.claim("q", {"ttl": 100}).claim_id
    clock.move(7)

    answer = client.request("GET", f"/v2/queues/q/claims/{claim_id}")

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.body == {
        "age": 7,
        "ttl": 100,
        "messages": [
            {
                "id": message_id,
                "href": f"/v2/queues/q/messages/{message_id}?claim_id={claim_id}",
                "ttl": 3600,
                "age": 7,
                "body": "a",
            }
        ],
        "href": f"/v2/queues/q/claims/{claim_id}",
    }


def test_the_ends_of_a_queue_are_referred_to(client, clock):
    """Q-23, Q-24, O-47: claimed ones too, and nothing of what is in them."""
    (oldest,) = client.post("q", "first").ids
    clock.move(7)
    (newest,) = client.post("q", "last").ids
    clock.move(3)
    client.claim("q", limit=1)

    assert client.request("GET", "/v2/queues/q/stats").body == {
        "messages": {
            "claimed": 1,
            "free": 1,
            "total": 2,
            "oldest": {"age": 10, "created": _utc(clock, 10), "href": f"/v2/queues/q/messages/{oldest}"},
            "newest": {"age": 3, "created": _utc(clock, 3), "href": f"/v2/queues/q/messages/{newest}"},
        }
    }


def _utc(clock, age):
    return datetime.fromtimestamp(clock.now() - age, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_href_of_a_claimed_message_deletes_it(client):
    """M-33, K-3"""
    client.post("q", 1)
    href = client.request("POST", "/v2/queues/q/claims").body["messages"][0]["href"]

    assert client.request("DELETE", href).status == 204
    assert client.stats("q").total == 0
    assert client.request("DELETE", href).status == 204


def test_a_popped_message_has_its_own_members(client, clock):
    """M-3, M-44"""
    (message_id,) = client.post("q", {"a": 1}, ttl=1000).ids
    claim_id = client.claim("q").claim_id
    client.release("q", claim_id)
    clock.move(5)

    assert client.request("DELETE", "/v2/queues/q/messages?pop=1").body == {
        "messages": [{"id": message_id, "ttl": 1000, "age": 5, "body": {"a": 1}, "claim_id": None, "claim_count": 1}]
    }


def test_a_created_and_an_existing_queue_have_a_location(client):
    """Q-12, O-19"""
    created = client.request("PUT", "/v2/queues/q", b'{"colour": "red"}')
    repeated = client.request("PUT", "/v2/queues/q", b'{"colour": "blue", "more": 1}')

    assert (created.status, created.location, created.data) == (201, "/v2/queues/q", b"")
    assert (repeated.status, repeated.location, repeated.data) == (204, "/v2/queues/q", b"")


def test_an_entry_has_a_name_and_a_reference(client):
    """Q-3"""
    client.create_queue("q", {"a": 1})

    answer = client.request("GET", "/v2/queues")

    assert answer.body == {
        "queues": [{"name": "q", "href": "/v2/queues/q"}],
        "links": [{"rel": "next", "href": "/v2/queues?marker=q"}],
    }


def test_the_next_link_says_nothing_that_was_not_asked(client):
    """Q-8, X-44"""
    client.create_queue("q")

    answer = client.request("GET", "/v2/queues?detailed=&with_count=&name=&limit=&colour=")

    assert answer.body["links"] == [{"rel": "next", "href": "/v2/queues?marker=q"}]


def test_the_next_link_of_queues_keeps_what_was_asked(client):
    """Q-8, O-31"""
    for name in ("qa", "qb", "qc"):
        client.create_queue(name, {"colour": "light blue", "size": 3})
    query = "limit=1&detailed=True&name=q&with_count=no&colour=light%20blue&size=3"

    first = client.request("GET", f"/v2/queues?{query}")
    (link,) = first.body["links"]
    second = client.request("GET", link["href"])

    assert link["rel"] == "next"
    assert link["href"].startswith("/v2/queues?marker=qa&")
    parameters = dict(pair.split("=") for pair in link["href"].partition("?")[2].split("&"))
    assert parameters == {
        "marker": "qa",
        "limit": "1",
        "detailed": "true",
        "name": "q",
        "with_count": "false",
        "colour": "light%20blue",
        "size": "3",
    }
    assert second.names == ["qb"]
