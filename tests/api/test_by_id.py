"""Messages by their ids: show, delete, delete many (http sections 7.4 to 7.7)."""

import pytest

UNKNOWN = "0" * 30
GUARDED = "[transport]\nmessage_delete_with_claim_id = true\n"


def test_one_message_is_shown_as_in_a_list(client):
    """M-28: whoever asks, and whatever else is asked."""
    (message_id,) = client.post("q", {"a": 1}).ids
    listed = client.list("q", echo=True).body["messages"][0]

    assert client.get("q", message_id).body == listed
    assert client.colleague().get("q", message_id, claim_id="x", echo="bad").body == listed


def test_a_claimed_message_shows_its_claim_to_everybody(client):
    """M-2, M-28"""
    (message_id,) = client.post("q", 1).ids
    claim_id = client.claim("q").claim_id

    shown = client.colleague().get("q", message_id).body

    assert shown["href"] == f"/v2/queues/q/messages/{message_id}?claim_id={claim_id}"
    assert set(shown) == {"id", "href", "ttl", "age", "body"}


def test_the_claim_is_not_shown_after_its_end(client, clock):
    """M-2, O-36"""
    (message_id,) = client.post("q", 1).ids
    client.claim("q", {"ttl": 60, "grace": 60})
    clock.move(60)

    assert client.get("q", message_id).body["href"] == f"/v2/queues/q/messages/{message_id}"


@pytest.mark.parametrize("message_id", [UNKNOWN, "x", "é", "%00", "a.b", "f" * 200, "507f1f77bcf86cd799439011"])
def test_an_unknown_message_is_not_found(client, message_id):
    """M-29"""
    client.create_queue("q")

    assert client.get("q", message_id).error == (404, "Not found")
    assert client.get("missing", message_id).error == (404, "Not found")


def test_an_id_means_nothing_in_another_queue(client):
    """M-29, O-4"""
    (message_id,) = client.post("q", 1).ids
    client.post("other", 2)

    assert client.get("other", message_id).status == 404
    assert client.get_many("other", message_id).status == 404
    assert client.delete("other", message_id).status == 204
    assert client.delete_many("other", message_id).status == 204
    assert client.get("q", message_id).status == 200


def test_several_messages_are_shown_without_links(client):
    """M-24, M-26: own, claimed and delayed ones; what is unknown is left out."""
    own = client.post("q", "own", "claimed").ids
    delayed = client.post("q", "delayed", delay=100).ids
    client.claim("q", limit=1)

    answer = client.get_many("q", *own, *delayed, UNKNOWN, "malformed")

    assert answer.status == 200
    assert set(answer.body) == {"messages"}
    assert sorted(answer.bodies) == ["claimed", "delayed", "own"]


def test_other_parameters_are_ignored_beside_ids(client):
    """M-24"""
    (message_id,) = client.post("q", 1).ids

    assert client.request("GET", f"/v2/queues/q/messages?ids={message_id}&limit=bad&echo=bad&marker=x").bodies == [1]


def test_ids_come_in_every_spelling_of_a_list(client):
    """X-46, O-30, K-6, clients K-5"""
    a, b = client.post("q", 1, 2).ids

    for query in (f"ids={a},{b}", f"ids={a}&ids={b}", f"ids={a}%2C{b}", f"ids=,{a},,&ids=&ids={b},"):
        assert sorted(client.request("GET", f"/v2/queues/q/messages?{query}").bodies) == [1, 2]
    assert client.request("DELETE", f"/v2/queues/q/messages?ids={a}%2C{b}").status == 204
    assert client.list("q", echo=True).bodies == []


def test_no_hit_is_not_found(client):
    """M-27"""
    assert client.get_many("missing", UNKNOWN).error == (404, "Not found")
    client.create_queue("q")
    assert client.get_many("q", UNKNOWN, "malformed").error == (404, "Not found")


def test_the_number_of_ids_has_limits(client):
    """M-25, M-40"""
    ids = client.post("q", *range(21)).ids

    assert client.get_many("q", *ids[:20]).status == 200
    assert client.get_many("q", *ids).error == (400, "Invalid API request")
    assert client.delete_many("q", *ids).error == (400, "Invalid API request")
    assert client.delete_many("q", *ids[:20]).status == 204


@pytest.mark.parametrize("query", ["ids=,", "ids=,,", "ids=%2C"])
def test_a_list_of_nothing_is_refused(client, query):
    """M-25, M-39"""
    assert client.request("GET", f"/v2/queues/q/messages?{query}").error == (400, "Invalid API request")
    assert client.request("DELETE", f"/v2/queues/q/messages?{query}").error == (400, "Invalid API request")


@pytest.mark.parametrize("query", ["ids=", "ids=&ids="])
def test_blank_ids_ask_for_an_ordinary_list(client, query):
    """M-25, X-44"""
    assert client.request("GET", f"/v2/queues/q/messages?{query}").body == {"messages": [], "links": []}


def test_a_free_message_is_deleted_once_and_for_all(client):
    """M-30, M-32, M-34"""
    first, _ = client.post("q", 1, 2).ids

    answers = [client.delete("q", first), client.delete("q", first, claim_id="")]

    assert [(answer.status, answer.data) for answer in answers] == [(204, b"")] * 2
    assert client.list("q", echo=True).bodies == [2]


@pytest.mark.parametrize("claim_id", ["", "x", UNKNOWN])
def test_deleting_what_is_not_there_changes_nothing(client, claim_id):
    """M-31"""
    assert client.delete("missing", UNKNOWN, claim_id=claim_id).status == 204
    client.create_queue("q")
    assert client.delete("q", UNKNOWN, claim_id=claim_id).status == 204
    assert client.delete("q", "malformed", claim_id=claim_id).status == 204


def test_a_claimed_message_is_deleted_under_its_claim(client):
    """M-33, K-3"""
    client.post("q", 1)
    href = client.claim("q").body["messages"][0]["href"]

    assert client.request("DELETE", href).status == 204
    assert client.stats("q").body["messages"]["total"] == 0
    assert client.request("DELETE", href).status == 204


def test_a_claimed_message_is_not_deleted_without_its_claim(client):
    """M-35, M-36, K-8"""
    first, second = client.post("q", 1, 2).ids
    client.claim("q", limit=1)
    other = client.claim("q", limit=1).claim_id

    assert client.delete("q", first).error == (403, "Unable to delete")
    assert client.delete("q", first, claim_id="").error == (403, "Unable to delete")
    assert client.delete("q", first, claim_id=other).error == (403, "Unable to delete")
    assert client.get_many("q", first, second).status == 200


@pytest.mark.parametrize("claim_id", ["x", UNKNOWN, "é", "507f1f77bcf86cd799439011", "0" * 31])
def test_a_claim_that_does_not_exist_deletes_nothing(client, claim_id):
    """M-36, M-37, M-38"""
    claimed, free = client.post("q", 1, 2).ids
    client.claim("q", limit=1)

    assert client.delete("q", claimed, claim_id=claim_id).error == (400, "Unable to delete")
    assert client.delete("q", free, claim_id=claim_id).error == (400, "Unable to delete")
    assert sorted(client.get_many("q", claimed, free).bodies) == [1, 2]


def test_a_claim_that_is_over_deletes_nothing(client, clock):
    """M-38, O-37"""
    message_id, _ = client.post("q", 1, 2).ids
    released = client.claim("q", limit=1).claim_id
    client.release("q", released)
    assert client.delete("q", message_id, claim_id=released).error == (400, "Unable to delete")

    expired = client.claim("q", {"ttl": 60}, limit=1).claim_id
    clock.move(60)

    assert client.delete("q", message_id, claim_id=expired).error == (400, "Unable to delete")
    assert client.get("q", message_id).status == 200


def test_many_are_deleted_claimed_or_not(client):
    """M-40, O-74"""
    ids = client.post("q", 1, 2, 3).ids
    client.claim("q", limit=1)

    answer = client.delete_many("q", *ids[:2], UNKNOWN, "malformed", claim_ids="ignored")

    assert (answer.status, answer.data) == (204, b"")
    assert client.list("q", echo=True, include_claimed=True).bodies == [3]
    assert client.delete_many("missing", *ids).status == 204


@pytest.mark.parametrize("query", ["", "?ids=", "?pop=", "?ids=&pop=", "?other=1"])
def test_a_collection_is_not_deleted_as_a_whole(client, query):
    """M-39"""
    client.post("q", 1)

    assert client.request("DELETE", f"/v2/queues/q/messages{query}").error == (400, "Invalid API request")
    assert client.list("q", echo=True).bodies == [1]


def test_ids_and_pop_exclude_each_other(client):
    """M-39"""
    (message_id,) = client.post("q", 1).ids

    assert client.delete_many("q", message_id, pop=1).error == (400, "Invalid API request")
    assert client.list("q", echo=True).bodies == [1]


def test_where_claims_must_be_named_deleting_by_ids_names_them(configured):
    """M-41"""
    client = configured(GUARDED)
    a, b, c = client.post("q", 1, 2, 3).ids
    one, two = client.claim("q", limit=1).claim_id, client.claim("q", limit=1).claim_id

    assert client.delete_many("q", a).error == (400, "Invalid API request")
    assert client.delete_many("q", a, claim_ids="").error == (400, "Invalid API request")
    assert client.delete_many("q", a, b, claim_ids=one).error == (403, "Unable to delete")
    assert client.delete_many("q", a, c, claim_ids=one).error == (403, "Unable to delete")
    assert client.delete_many("q", a, claim_ids="malformed").error == (403, "Unable to delete")
    assert client.stats("q").body["messages"]["total"] == 3
    assert client.delete_many("q", a, b, UNKNOWN, claim_ids=f"{one},{two}").status == 204
    assert client.list("q", echo=True, include_claimed=True).bodies == [3]


def test_where_claims_must_be_named_pop_and_single_deletion_are_as_ever(configured):
    """M-41, O-74"""
    client = configured(GUARDED)
    first, _ = client.post("q", 1, 2).ids

    assert client.delete("q", first).status == 204
    assert client.pop("q", 1, claim_ids=UNKNOWN).error == (400, "Invalid API request")
    assert client.pop("q", 1, claim_ids="").bodies == [2]


def test_the_oldest_free_messages_are_popped(client):
    """M-43: one's own too."""
    client.post("q", *range(5))
    client.claim("q", limit=1)

    answer = client.pop("q", 3)

    assert answer.status == 200
    assert set(answer.body) == {"messages"}
    assert answer.bodies == [1, 2, 3]
    assert client.list("q", echo=True, include_claimed=True).bodies == [0, 4]


def test_a_popped_message_has_its_own_members(client, clock):
    """M-3, M-44"""
    (message_id,) = client.post("q", {"a": 1}, ttl=1000).ids
    claim_id = client.claim("q").claim_id
    client.release("q", claim_id)
    clock.move(5)

    assert client.pop("q", 1).body == {
        "messages": [{"id": message_id, "ttl": 1000, "age": 5, "body": {"a": 1}, "claim_id": None, "claim_count": 1}]
    }


def test_nothing_to_pop_is_no_error(client):
    """M-43"""
    assert (client.pop("q", 1).status, client.pop("q", 1).body) == (200, {"messages": []})
    assert client.list_queues().names == []


@pytest.mark.parametrize(("number", "status"), [(0, 400), (1, 200), (20, 200), (21, 400), (-1, 400)])
def test_the_number_to_pop_has_limits(client, number, status):
    """M-42"""
    answer = client.pop("q", number)

    assert answer.status == status
    assert status == 200 or answer.error == (400, "Invalid API request")
