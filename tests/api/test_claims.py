"""Claims: create, show, renew, release (http section 8)."""

import pytest

UNKNOWN = "0" * 30


def test_a_claim_takes_messages_and_says_which(client):
    """C-5, M-2, K-2, clients K-11: one's own too (C-4)."""
    ids = client.post("q", "a", "b").ids

    answer = client.claim("q", {"ttl": 100, "grace": 60})

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


def test_nothing_to_claim_is_nothing(client):
    """C-6, clients K-12: and a missing queue is not created."""
    answer = client.claim("q")

    assert (answer.status, answer.data) == (204, b"")
    assert "location" not in answer.headers
    assert client.list_queues().names == []


def test_the_oldest_are_claimed_first_each_once(client):
    """C-1, C-4, C-7, D-6"""
    client.post("q", *range(25))

    taken = [client.claim("q", limit=3).bodies, client.claim("q").bodies, client.claim("q", limit=20).bodies]

    assert taken == [[0, 1, 2], list(range(3, 13)), list(range(13, 25))]
    assert client.claim("q").status == 204


def test_a_default_claim_is_no_larger_than_the_largest(configured):
    """C-1, O-76"""
    client = configured("[transport]\nmax_messages_per_claim_or_pop = 2\n")
    client.post("q", 1, 2, 3)

    assert client.claim("q").bodies == [1, 2]
    assert client.claim("q", limit=3).status == 400


@pytest.mark.parametrize("document", [{}, {"other": 1}, {"limit": 1, "id": "x"}])
def test_terms_that_are_not_given_are_the_services(client, document):
    """C-2, clients K-6"""
    client.post("q", 1, 2)

    claim_id = client.claim("q", document).claim_id

    assert client.show_claim("q", claim_id).body["ttl"] == 300
    assert len(client.show_claim("q", claim_id).body["messages"]) == 2


def test_a_claim_without_a_body_has_the_services_terms(configured):
    """C-2"""
    client = configured("[transport]\ndefault_claim_ttl = 99\ndefault_claim_grace = 77\n")
    client.post("q", 1, ttl=60)

    answer = client.claim("q")

    assert client.show_claim("q", answer.claim_id).body["ttl"] == 99
    assert answer.body["messages"][0]["ttl"] == 99 + 77


RANGES = [(59, 400), (60, 201), (43200, 201), (43201, 400), (0, 400), (-1, 400), (2**63 - 1, 400)]


@pytest.mark.parametrize(("value", "status"), RANGES)
@pytest.mark.parametrize("member", ["ttl", "grace"])
def test_ttl_and_grace_have_limits(client, member, value, status):
    """C-3, C-17, O-38"""
    client.post("q", 1)

    made = client.claim("q", {member: value})
    renewed = client.renew("q", made.claim_id if status == 201 else UNKNOWN, {member: value})

    assert made.status == status
    assert renewed.status == (204 if status == 201 else 400)
    assert status == 201 or made.error == renewed.error == (400, "Invalid API request")


@pytest.mark.parametrize("value", [None, "60", 60.5, True, [], {}])
@pytest.mark.parametrize("member", ["ttl", "grace"])
def test_ttl_and_grace_are_integers(client, member, value):
    """C-3, C-17"""
    client.post("q", 1)

    assert client.claim("q", {member: value}).error == (400, "Invalid request body")
    assert client.renew("q", UNKNOWN, {member: value}).error == (400, "Invalid request body")
    assert client.list("q", echo=True).bodies == [1]


@pytest.mark.parametrize("body", [b" ", b"[]", b"{", b"ttl", b"\xff"])
def test_a_body_that_is_no_object_is_refused(client, body):
    """C-3, C-18"""
    client.post("q", 1)

    assert client.request("POST", "/v2/queues/q/claims", body).error == (400, "Invalid request body")
    assert client.request("PATCH", "/v2/queues/q/claims/x", body).error == (400, "Invalid request body")
    assert client.list("q", echo=True).bodies == [1]


@pytest.mark.parametrize(("limit", "status"), [(0, 400), (1, 204), (20, 204), (21, 400), (-1, 400)])
def test_a_limit_has_limits(client, limit, status):
    """C-1"""
    answer = client.claim("q", limit=limit)

    assert answer.status == status
    assert status == 204 or answer.error == (400, "Invalid API request")


def test_claimed_messages_are_out_of_reach(client):
    """C-7"""
    client.post("q", 1)
    client.claim("q")

    assert client.list("q", echo=True).bodies == []
    assert client.claim("q").status == 204
    assert client.pop("q", 1).bodies == []


def test_a_message_outlives_its_claim_by_the_grace(client, clock):
    """C-8, M-5"""
    client.post("q", "short", ttl=60)
    client.post("q", "long", ttl=1000)

    answer = client.claim("q", {"ttl": 100, "grace": 60})

    assert [message["ttl"] for message in answer.body["messages"]] == [160, 1000]
    clock.move(159)
    assert client.list("q", echo=True).bodies == ["short", "long"]
    clock.move(1)
    assert client.list("q", echo=True).bodies == ["long"]


def test_a_claim_ends_by_itself(client, clock):
    """C-8, C-13"""
    client.post("q", 1)
    claim_id = client.claim("q", {"ttl": 60}).claim_id
    clock.move(59)
    assert client.show_claim("q", claim_id).status == 200

    clock.move(1)

    assert client.show_claim("q", claim_id).error == (404, "Not found")
    assert client.renew("q", claim_id, {}).error == (404, "Not found")
    assert client.list("q", echo=True).bodies == [1]
    assert client.claim("q").bodies == [1]


def test_a_claim_shows_its_terms_and_messages(client, clock):
    """C-12"""
    (message_id,) = client.post("q", "a").ids
    claim_id = client.claim("q", {"ttl": 100}).claim_id
    clock.move(7)

    answer = client.show_claim("q", claim_id)

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


@pytest.mark.parametrize("claim_id", ["x", UNKNOWN, "é", "%00", "f" * 200, ""])
def test_an_unknown_claim_is_not_found(client, claim_id):
    """C-13, C-18, C-19"""
    client.post("q", 1)

    for queue in ("q", "missing"):
        assert client.show_claim(queue, claim_id).error == (404, "Not found")
        assert client.renew(queue, claim_id, {}).error == (404, "Not found")
        assert client.release(queue, claim_id).status == 204
    assert client.list_queues().names == ["q"]


def test_a_claim_means_nothing_in_another_queue(client):
    """C-13"""
    client.post("q", 1)
    client.post("other", 1)
    claim_id = client.claim("q").claim_id

    assert client.show_claim("other", claim_id).status == 404
    assert client.renew("other", claim_id, {}).status == 404
    assert client.release("other", claim_id).status == 204
    assert client.show_claim("q", claim_id).status == 200


def test_a_claim_shrinks_and_is_gone_with_its_last_message(client):
    """C-14"""
    client.post("q", 1, 2)
    claim = client.claim("q")
    first, second = (message["href"] for message in claim.body["messages"])

    client.request("DELETE", first)
    assert client.show_claim("q", claim.claim_id).bodies == [2]
    client.request("DELETE", second)

    assert client.show_claim("q", claim.claim_id).status == 404
    assert client.renew("q", claim.claim_id, {}).status == 404


def test_renewing_starts_anew(client, clock):
    """C-15, C-16"""
    client.post("q", 1, ttl=60)
    claim_id = client.claim("q", {"ttl": 100, "grace": 60}).claim_id
    clock.move(50)

    answer = client.renew("q", claim_id, {"ttl": 500, "grace": 70})

    assert (answer.status, answer.data) == (204, b"")
    shown = client.show_claim("q", claim_id).body
    assert (shown["age"], shown["ttl"], shown["messages"][0]["ttl"]) == (0, 500, 570)
    clock.move(499)
    assert client.show_claim("q", claim_id).body["age"] == 499


def test_terms_omitted_in_a_renewal_are_the_services_not_the_claims(client):
    """C-15, O-38"""
    client.post("q", 1)
    claim_id = client.claim("q", {"ttl": 1000}).claim_id

    assert client.renew("q", claim_id, {}).status == 204
    assert client.show_claim("q", claim_id).body["ttl"] == 300


def test_released_messages_are_available_at_once(client):
    """C-19, M-2"""
    (message_id,) = client.post("q", 1).ids
    claim_id = client.claim("q").claim_id

    answer = client.release("q", claim_id)

    assert (answer.status, answer.data) == (204, b"")
    assert client.list("q", echo=True).body["messages"][0]["href"] == f"/v2/queues/q/messages/{message_id}"
    assert client.show_claim("q", claim_id).status == 404
    assert client.release("q", claim_id).status == 204
    assert client.claim("q").ids == [message_id]


def test_another_client_may_use_the_claim(client):
    """X-19: the Client-ID plays no role here."""
    client.post("q", 1)
    claim_id = client.claim("q").claim_id

    assert client.colleague().renew("q", claim_id, {}).status == 204
    assert client.colleague().release("q", claim_id).status == 204
