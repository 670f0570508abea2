"""Versions, home document and ping (http sections 4 and 5)."""

import pytest

from zaqar.storage.sql.sqlite.connection import Database


def test_the_version_list_names_version_2_alone(client):
    """V-1, V-2, X-27: nobody has to say who asks."""
    answer = client.send("GET", "/")

    assert answer.status == 300
    assert answer.headers["content-type"] == "application/json"
    assert answer.body == {
        "versions": [
            {
                "id": "2",
                "status": "CURRENT",
                "updated": "2014-9-24T04:06:47Z",
                "media-types": [{"base": "application/json", "type": "application/vnd.openstack.messaging-v2+json"}],
                "links": [{"href": "/v2/", "rel": "self"}],
            }
        ]
    }


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "PATCH"])
def test_the_version_list_can_only_be_read(client, method):
    """V-3"""
    answer = client.send(method, "/")

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, OPTIONS"


def test_the_version_list_is_json_only(client):
    """V-2, X-9"""
    assert client.send("GET", "/", headers={"Accept": "text/html"}).status == 406


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1.1/queues", "/v1/queues", "/v3/", "/queues", "/v2.0/queues"])
def test_there_is_no_other_version(client, path):
    """X-1"""
    assert client.request("GET", path).status == 404


@pytest.mark.parametrize("path", ["/v2/", "/v2"])
def test_the_home_document_says_what_there_is(client, path):
    """H-1, O-52"""
    answer = client.request("GET", path)

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json-home"
    assert answer.headers["cache-control"] == "max-age=86400"
    assert set(answer.body) == {"resources"}


HOME = {
    "rel/queues": ("/v2/queues{?marker,limit,detailed,name,with_count}", ["GET"], False),
    "rel/queue": ("/v2/queues/{queue_name}", ["GET", "PUT", "DELETE", "PATCH"], False),
    "rel/queue_stats": ("/v2/queues/{queue_name}/stats", ["GET"], False),
    "rel/queue_share": ("/v2/queues/{queue_name}/share", ["POST"], True),
    "rel/queue_purge": ("/v2/queues/{queue_name}/purge", ["POST"], True),
    "rel/messages": (
        "/v2/queues/{queue_name}/messages{?marker,limit,echo,include_claimed,include_delayed}",
        ["GET"],
        False,
    ),
    "rel/post_messages": ("/v2/queues/{queue_name}/messages", ["POST"], True),
    "rel/messages_delete": ("/v2/queues/{queue_name}/messages{?ids,pop,claim_ids}", ["DELETE"], False),
    "rel/message_delete": ("/v2/queues/{queue_name}/messages/{message_id}{?claim_id}", ["DELETE"], False),
    "rel/message_get": ("/v2/queues/{queue_name}/messages/{message_id}", ["GET"], False),
    "rel/message_details": ("/v2/queues/{queue_name}/messages/{message_id}/details", ["GET"], False),
    "rel/queue_redrives": ("/v2/queues/{queue_name}/redrive", ["GET"], False),
    "rel/queue_redrive": ("/v2/queues/{queue_name}/redrive", ["POST"], True),
    "rel/redrive": ("/v2/queues/{queue_name}/redrive/{redrive_id}", ["GET", "DELETE"], False),
    "rel/claim": ("/v2/queues/{queue_name}/claims/{claim_id}", ["GET"], False),
    "rel/post_claim": ("/v2/queues/{queue_name}/claims{?limit}", ["POST"], True),
    "rel/patch_claim": ("/v2/queues/{queue_name}/claims/{claim_id}", ["PATCH"], True),
    "rel/delete_claim": ("/v2/queues/{queue_name}/claims/{claim_id}", ["DELETE"], False),
    "rel/topics": ("/v2/topics{?marker,limit,detailed,name}", ["GET"], False),
    "rel/topic": ("/v2/topics/{topic_name}", ["GET", "PUT", "DELETE", "PATCH"], False),
    "rel/topic_stats": ("/v2/topics/{topic_name}/stats", ["GET"], False),
    "rel/topic_purge": ("/v2/topics/{topic_name}/purge", ["POST"], True),
    "rel/topic_messages": ("/v2/topics/{topic_name}/messages{?marker,limit,echo,include_delayed}", ["GET"], False),
    "rel/topic_post_messages": ("/v2/topics/{topic_name}/messages", ["POST"], True),
    "rel/topic_messages_delete": ("/v2/topics/{topic_name}/messages{?ids}", ["DELETE"], False),
    "rel/topic_message_delete": ("/v2/topics/{topic_name}/messages/{message_id}", ["DELETE"], False),
    "rel/topic_message_get": ("/v2/topics/{topic_name}/messages/{message_id}", ["GET"], False),
    "rel/topic_message_details": ("/v2/topics/{topic_name}/messages/{message_id}/details", ["GET"], False),
    "rel/ping": ("/v2/ping", ["GET"], False),
}
_SUBSCRIPTION = "/subscriptions/{subscriptions_id}"
OF_SUBSCRIPTIONS = {
    "subscriptions_get": ("/subscriptions{?marker,limit}", ["GET"], False),
    "subscriptions_post": ("/subscriptions", ["POST"], True),
    "subscription": (_SUBSCRIPTION, ["GET", "DELETE"], False),
    "subscription_patch": (_SUBSCRIPTION, ["PATCH"], True),
    "subscription_confirm": (f"{_SUBSCRIPTION}/confirm", ["PUT"], False),
    "subscription_secret": (f"{_SUBSCRIPTION}/secret", ["GET", "POST"], False),
    "subscription_deliveries": (f"{_SUBSCRIPTION}/deliveries", ["GET"], False),
    "subscription_retry": (f"{_SUBSCRIPTION}/deliveries/retry", ["POST"], True),
}
for _rel, (_path, _methods, _accepts) in OF_SUBSCRIPTIONS.items():
    HOME[f"rel/{_rel}"] = (f"/v2/queues/{{queue_name}}{_path}", _methods, _accepts)
    HOME[f"rel/topic_{_rel}"] = (f"/v2/topics/{{topic_name}}{_path}", _methods, _accepts)


def test_the_home_document_lists_every_resource_that_is_built(client):
    """H-3, O-51: corrected, and without what has no route yet."""
    resources = client.request("GET", "/v2/").body["resources"]

    assert {
        rel: (shown["href-template"], shown["hints"]["allow"], "accept-post" in shown["hints"])
        for rel, shown in resources.items()
    } == HOME
    assert all(shown["hints"]["formats"] == {"application/json": {}} for shown in resources.values())


def test_the_home_document_names_its_variables(client):
    """H-3"""
    resources = client.request("GET", "/v2/").body["resources"]

    assert resources["rel/queues"]["href-vars"]["limit"] == "param/queue_limit"
    assert resources["rel/messages"]["href-vars"]["limit"] == "param/messages_limit"
    assert resources["rel/post_claim"]["href-vars"] == {"queue_name": "param/queue_name", "limit": "param/claim_limit"}
    assert resources["rel/subscriptions_get"]["href-vars"]["limit"] == "param/subscription_limit"
    assert resources["rel/subscription"]["href-vars"] == {
        "queue_name": "param/queue_name",
        "subscriptions_id": "param/subscriptions_id",
    }
    assert resources["rel/post_messages"]["hints"]["accept-post"] == ["application/json"]
    assert "href-vars" not in resources["rel/ping"]


def test_the_home_document_lists_no_more_for_administrators(configured):
    """H-4, H-5: pools, flavors and health are not built."""
    resources = configured("[DEFAULT]\nadmin_mode = true\n").request("GET", "/v2/").body["resources"]

    assert set(resources) == set(HOME)


@pytest.mark.parametrize("accepted", ["application/json", "application/json-home", "*/*", None])
def test_the_home_document_comes_in_either_media_type(client, accepted):
    """H-2, O-51"""
    assert client.request("GET", "/v2/", Accept=accepted).status == 200


def test_the_home_document_asks_who_is_there(client):
    """H-1"""
    assert client.request("GET", "/v2/", Client_ID=None).status == 400
    assert client.request("GET", "/v2/", X_Project_ID=None).status == 400


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_ping_has_nothing_to_say(client, method):
    """H-6, H-7"""
    answer = client.request(method, "/v2/ping")

    assert (answer.status, answer.data) == (204, b"")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_ping_asks_who_is_there(client, method):
    """H-8"""
    assert client.request(method, "/v2/ping", Client_ID=None).status == 400
    assert client.request(method, "/v2/ping", X_Project_ID=None).status == 400


def test_ping_tells_that_the_store_is_gone_but_head_does_not_look(configured, monkeypatch):
    """H-6, H-7"""
    monkeypatch.setattr(Database, "is_alive", lambda database: False)
    client = configured("")

    answer = client.request("GET", "/v2/ping")

    assert (answer.status, answer.data) == (503, b"")
    assert int(answer.headers["retry-after"]) > 0
    assert client.request("HEAD", "/v2/ping").status == 204
