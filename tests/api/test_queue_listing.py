"""Listing queues (http section 6.1)."""

import pytest

from tests.api.client import DEFAULT_METADATA


def test_no_queues_are_an_empty_page(client):
    """Q-2, D-1"""
    answer = client.list_queues()

    assert (answer.status, answer.body) == (200, {"queues": [], "links": []})


def test_an_entry_has_a_name_and_a_reference(client):
    """Q-3"""
    client.create_queue("q", {"a": 1})

    answer = client.list_queues()

    assert answer.body == {
        "queues": [{"name": "q", "href": "/v2/queues/q"}],
        "links": [{"rel": "next", "href": "/v2/queues?marker=q"}],
    }


def test_details_are_what_showing_the_queue_says(client):
    """Q-3"""
    client.create_queue("a", {"x": {"y": 1}})
    client.create_queue("b", {"_max_claim_count": 3})

    entries = client.list_queues(detailed=True).body["queues"]

    assert [set(entry) for entry in entries] == [{"name", "href", "metadata"}] * 2
    assert [entry["metadata"] for entry in entries] == [
        {**DEFAULT_METADATA, "x": {"y": 1}},
        {**DEFAULT_METADATA, "_max_claim_count": 3},
    ]


def test_queues_come_in_the_order_of_their_bytes(client):
    """Q-4"""
    for name in ("b", "a", "B", "_", "-", "1", "a.b", "a1", "~"):
        client.create_queue(name)

    assert client.list_queues().names == ["-", "1", "B", "_", "a", "a.b", "a1", "b"]


def test_a_marker_means_strictly_after_this_name(client):
    """Q-4, O-75, clients K-9"""
    for name in "bdf":
        client.create_queue(name)

    assert client.list_queues(marker="b").names == ["d", "f"]
    assert client.list_queues(marker="c").names == ["d", "f"]
    assert client.list_queues(marker="a").names == ["b", "d", "f"]
    assert client.list_queues(marker="f").body == {"queues": [], "links": []}
    assert client.list_queues(marker="not a name! ü").names == []


def test_a_page_has_ten_entries_unless_asked_otherwise(client):
    """Q-1, K-4, O-34: and there is a next link as long as there are entries."""
    for number in range(12):
        client.create_queue(f"q{number:02}")

    first = client.list_queues()
    second = client.request("GET", first.body["links"][0]["href"])
    third = client.request("GET", second.body["links"][0]["href"])

    assert first.names == [f"q{number:02}" for number in range(10)]
    assert second.names == ["q10", "q11"]
    assert third.body == {"queues": [], "links": []}


def test_the_default_page_is_no_longer_than_the_longest(configured):
    """O-76"""
    client = configured("[transport]\nmax_queues_per_page = 2\n")
    for name in "abc":
        client.create_queue(name)

    assert client.list_queues().names == ["a", "b"]
    assert client.list_queues(limit=3).status == 400


def test_the_next_link_keeps_what_was_asked(client):
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


def test_the_next_link_says_nothing_that_was_not_asked(client):
    """Q-8, X-44"""
    client.create_queue("q")

    answer = client.request("GET", "/v2/queues?detailed=&with_count=&name=&limit=&colour=")

    assert answer.body["links"] == [{"rel": "next", "href": "/v2/queues?marker=q"}]


def test_names_are_filtered_by_a_literal_part(client):
    """Q-6, Q-7, O-3"""
    for name in ("abc", "a.c", "ABC", "b"):
        client.create_queue(name)

    assert client.list_queues(name="b").names == ["abc", "b"]
    assert client.list_queues(name="a.c").names == ["a.c"]
    assert client.list_queues(name=".*").names == []
    assert client.list_queues(name="(").names == []
    assert client.list_queues(name="%").names == []


def test_a_name_filter_never_leaves_the_project(client):
    """O-3"""
    client.stranger().create_queue("secret")

    for pattern in ("secret", "", "/", "|", f"{client.project}"):
        assert client.list_queues(name=pattern).names == []


def test_metadata_filters_compare_what_is_stored(client):
    """Q-5"""
    client.create_queue("a", {"colour": "red", "size": 31})
    client.create_queue("b", {"colour": "red", "size": "31"})
    client.create_queue("c", {"colour": "blue", "flag": True, "one": 1})

    assert client.list_queues(colour="red").names == ["a", "b"]
    assert client.list_queues(colour="red", size=31).names == ["a"]
    assert client.list_queues(size=" +31 ").names == ["a"]
    assert client.list_queues(colour="re").names == []
    assert client.list_queues(flag="true").names == []
    assert client.list_queues(flag="1").names == []
    assert client.list_queues(one="1").names == ["c"]
    assert client.list_queues(_default_message_ttl=3600).names == []
    assert client.list_queues(no_such="x").names == []


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 10**18])
def test_a_filter_compares_integers_of_every_size(client, number):
    """Q-5"""
    client.create_queue("q", {"size": number})
    client.create_queue("r", {"size": str(number)})

    assert client.list_queues(size=number).names == ["q"]


@pytest.mark.parametrize("value", ["9" * 19, "9" * 5000, "a,b", ",", "\x00", "'"])
def test_a_filter_that_matches_nothing(client, value):
    """Q-5, O-32"""
    client.create_queue("q", {"size": 1})

    assert client.list_queues(size=value).names == []


def test_a_repeated_filter_is_refused(client):
    """Q-5, O-32"""
    assert client.request("GET", "/v2/queues?colour=red&colour=blue").status == 400


def test_filters_apply_before_the_limit(client):
    """Q-5, Q-8"""
    for number in range(12):
        client.create_queue(f"q{number:02}", {"even": number % 2 == 0, "kind": f"k{number % 3}"})

    page = client.list_queues(kind="k2", limit=3)

    assert page.names == ["q02", "q05", "q08"]
    assert client.request("GET", page.body["links"][0]["href"]).names == ["q11"]


def test_the_count_is_of_all_queues(client):
    """Q-9, O-33: whatever is filtered and shown; nothing where there are none."""
    assert "count" not in client.list_queues(with_count=True).body
    for name in "abc":
        client.create_queue(name)

    assert client.list_queues(with_count=True, limit=1, name="b").body["count"] == 3
    assert "count" not in client.list_queues().body


@pytest.mark.parametrize(("limit", "status"), [(0, 400), (1, 200), (20, 200), (21, 400), (-1, 400)])
def test_a_limit_has_limits(client, limit, status):
    """Q-10"""
    answer = client.list_queues(limit=limit)

    assert answer.status == status
    assert status == 200 or answer.error == (400, "Invalid API request")
