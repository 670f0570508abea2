"""Topics: queues of another kind, whose messages are for everybody (http section 11)."""

import pytest

from tests.api.http_client import PATCH_TYPE

THREE = {"_max_messages_post_size": 262144, "_default_message_ttl": 3600, "_default_message_delay": 0}


def _post(client, *bodies, topic="t", **members):
    return client.ask(
        "POST", f"/topics/{topic}/messages", document={"messages": [{"body": body, **members} for body in bodies]}
    )


def _read(client, **parameters):
    return client.ask("GET", "/topics/t/messages", {"echo": True, **parameters})


def _patch(client, *operations):
    return client.ask("PATCH", "/topics/t", document=list(operations), headers={"Content-Type": PATCH_TYPE})


def test_a_topic_is_made_once(client):
    """T-2"""
    made, again = client.ask("PUT", "/topics/t", document={"a": 1}), client.ask("PUT", "/topics/t", document={"a": 2})

    assert [(answer.status, answer.location) for answer in (made, again)] == [
        (201, "/v2/topics/t"),
        (204, "/v2/topics/t"),
    ]
    assert client.ask("GET", "/topics/t").body == {"a": 1, **THREE}


def test_reserved_metadata_is_checked_as_that_of_queues(client):
    """T-2"""
    refused = client.ask("PUT", "/topics/t", document={"_default_message_ttl": 1})

    assert refused.error == (400, "Invalid API request")
    assert client.ask("GET", "/topics").body["topics"] == []


def test_a_topic_that_is_missing_shows_three_defaults(client):
    """T-3"""
    answer = client.ask("GET", "/topics/t")

    assert (answer.status, answer.body) == (200, THREE)


def test_topics_are_listed_in_pages(client):
    """T-1"""
    for name in ("c", "a", "b"):
        client.ask("PUT", f"/topics/{name}", document={"owner": name})

    page = client.ask("GET", "/topics", {"limit": 2, "detailed": True})
    (link,) = page.body["links"]
    rest = client.request("GET", link["href"])

    assert page.body["topics"] == [
        {"name": name, "href": f"/v2/topics/{name}", "metadata": {"owner": name, **THREE}} for name in ("a", "b")
    ]
    assert link == {"rel": "next", "href": "/v2/topics?marker=b&limit=2&detailed=true"}
    assert [topic["name"] for topic in rest.body["topics"]] == ["c"]


def test_with_count_is_a_filter_of_topics(client):
    """T-1"""
    client.ask("PUT", "/topics/one", document={"with_count": "true"})
    client.ask("PUT", "/topics/two")

    listed = client.ask("GET", "/topics", {"with_count": "true"}).body

    assert [topic["name"] for topic in listed["topics"]] == ["one"]
    assert "count" not in listed
    assert listed["links"][0]["href"] == "/v2/topics?marker=one&with_count=true"


@pytest.mark.parametrize("op", ["replace", "remove"])
@pytest.mark.parametrize("key", ["_dead_letter_queue", "_max_claim_count", "_enable_encrypt_messages"])
def test_only_three_keys_are_there_without_being_stored(client, op, key):
    """T-4"""
    client.ask("PUT", "/topics/t")

    assert _patch(client, {"op": op, "path": f"/metadata/{key}", "value": None}).status == 409
    assert _patch(client, {"op": op, "path": "/metadata/_default_message_ttl", "value": 60}).status == 200


def test_metadata_of_a_topic_is_patched(client):
    """T-4"""
    assert _patch(client, {"op": "add", "path": "/metadata/a", "value": 1}).error == (404, "Not found")
    client.ask("PUT", "/topics/t")

    changed = _patch(client, {"op": "add", "path": "/metadata/a", "value": 1})

    assert (changed.status, changed.body) == (200, {"a": 1, **THREE})
    assert client.ask("PATCH", "/topics/t", document=[]).status == 415


def test_a_topic_is_deleted_with_its_messages(client):
    """T-5"""
    _post(client, 1)

    assert [client.ask("DELETE", "/topics/t").status for _ in range(2)] == [204, 204]
    assert _read(client).body == {"messages": [], "links": []}


def test_stats_of_a_topic_tell_how_many_messages_there_are(client):
    """T-6"""
    missing = client.ask("GET", "/topics/t/stats").body["messages"]
    client.ask("PUT", "/topics/t")
    empty = client.ask("GET", "/topics/t/stats").body["messages"]
    first, last = _post(client, 1, 2).ids
    full = client.ask("GET", "/topics/t/stats").body["messages"]

    assert missing == {"claimed": 0, "free": 0, "total": 0}
    assert empty == {"total": 0}
    assert full.keys() == {"total", "oldest", "newest"}
    assert full["total"] == 2
    assert full["oldest"]["href"] == f"/v2/topics/t/messages/{first}"
    assert full["newest"]["href"] == f"/v2/topics/t/messages/{last}"


@pytest.mark.parametrize("document", [None, {"resource_types": ["messages"]}])
def test_a_topic_is_purged(client, document):
    """T-7"""
    _post(client, 1)

    purged = client.ask("POST", "/topics/t/purge", **({"document": document} if document else {}))

    assert purged.status == 204
    assert _read(client).bodies == []
    assert [topic["name"] for topic in client.ask("GET", "/topics").body["topics"]] == ["t"]


@pytest.mark.parametrize("name", ["a b", "x" * 65, "..", "é"])
@pytest.mark.parametrize("path", ["/topics/{}", "/topics/{}/messages", "/topics/{}/stats"])
def test_a_name_that_cannot_be_one_is_refused(client, name, path):
    """T-8"""
    assert client.ask("GET", path.format(name)).error == (400, "Invalid topic identification")


def test_a_post_makes_the_topic_and_its_references_are_the_topic_s(client):
    """T-9"""
    posted = _post(client, 1, 2)

    assert posted.status == 201
    assert posted.location == f"/v2/topics/t/messages?ids={','.join(posted.ids)}"
    assert posted.body["resources"] == [f"/v2/topics/t/messages/{one}" for one in posted.ids]
    shown = client.request("GET", posted.body["resources"][0])
    assert (shown.body["href"], shown.body["body"]) == (posted.body["resources"][0], 1)
    assert [topic["name"] for topic in client.ask("GET", "/topics").body["topics"]] == ["t"]
    assert client.list_queues().names == []


def test_everybody_reads_the_messages_of_a_topic_by_markers_until_their_end(client, clock):
    """T-9"""
    _post(client, 1, 2, 3, ttl=100)
    readers = client, client.colleague()

    for reader in readers:
        first = _read(reader, limit=2)
        (link,) = first.body["links"]
        assert first.bodies == [1, 2]
        assert link["href"].startswith("/v2/topics/t/messages?marker=")
        assert reader.request("GET", link["href"]).bodies == [3]
    clock.move(100)
    assert _read(client).bodies == []


def test_messages_of_a_topic_are_found_and_deleted_by_their_ids(client):
    """T-9"""
    one, two, three = _post(client, 1, 2, 3).ids

    found = client.ask("GET", "/topics/t/messages", {"ids": f"{one},{two}"})
    deleted = client.ask("DELETE", "/topics/t/messages", {"ids": f"{one},{two}"})
    alone = client.ask("DELETE", f"/topics/t/messages/{three}")

    assert found.bodies == [1, 2]
    assert (deleted.status, alone.status) == (204, 204)
    assert client.ask("GET", f"/topics/t/messages/{three}").error == (404, "Not found")


def test_an_operator_who_wants_claims_to_be_named_does_not_mean_topics(configured):
    """T-9, M-41"""
    client = configured("[transport]\nmessage_delete_with_claim_id = true\n")
    (one,) = _post(client, 1).ids

    assert client.ask("DELETE", "/topics/t/messages", {"ids": one}).status == 204
    assert _read(client).bodies == []


def test_nothing_is_popped_of_a_topic(client):
    """T-9"""
    _post(client, 1)

    refused = client.ask("DELETE", "/topics/t/messages", {"pop": 1})

    assert refused.error == (400, "Invalid API request")
    assert "cannot be popped" in refused.body["description"]
    assert _read(client).bodies == [1]


@pytest.mark.parametrize(("method", "path"), [("POST", "claims"), ("GET", "claims/c"), ("POST", "share")])
def test_a_topic_has_neither_claims_nor_shares(client, method, path):
    """T-10"""
    assert client.ask(method, f"/topics/t/{path}", document={}).body == {"title": "404 Not Found"}


def test_a_queue_and_a_topic_of_one_name_share_nothing(client):
    """T-12, O-12"""
    client.create_queue("t", {"of": "queue"})
    client.post("t", "in the queue")
    (posted,) = _post(client, "in the topic").ids

    assert client.show_queue("t").metadata["of"] == "queue"
    assert client.list("t", echo=True).bodies == ["in the queue"]
    assert client.ask("GET", f"/queues/t/messages/{posted}").status == 404
    assert client.ask("DELETE", f"/queues/t/messages/{posted}").status == 204
    client.purge("t")
    client.delete_queue("t")
    assert _read(client).bodies == ["in the topic"]
    client.ask("DELETE", "/topics/t")
    client.post("t", 2)
    assert client.ask("GET", "/topics").body["topics"] == []


def test_another_project_has_topics_of_its_own(client):
    _post(client, 1)

    assert _read(client.stranger()).bodies == []
    assert client.stranger().ask("GET", "/topics").body["topics"] == []
