"""Listing queues (http section 6.1)."""

import pytest

from tests.api.client import DEFAULT_METADATA
from tests.api.outcomes import NO_QUEUES, Queue
from zaqar.errors import Invalid


def test_no_queues_are_an_empty_page(client):
    """Q-2, D-1"""
    assert client.list_queues() == NO_QUEUES


def test_an_entry_has_a_name_and_no_details_unless_asked_for(client):
    """Q-3"""
    client.create_queue("q", {"a": 1})

    assert client.list_queues().queues == [Queue("q")]


def test_details_are_what_showing_the_queue_says(client):
    """Q-3"""
    client.create_queue("a", {"x": {"y": 1}})
    client.create_queue("b", {"_max_claim_count": 3})

    assert client.list_queues(detailed=True).queues == [
        Queue("a", {**DEFAULT_METADATA, "x": {"y": 1}}),
        Queue("b", {**DEFAULT_METADATA, "_max_claim_count": 3}),
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
    assert client.list_queues(marker="f") == NO_QUEUES
    assert client.list_queues(marker="not a name! ü").names == []


def test_a_page_has_ten_entries_unless_asked_otherwise(client):
    """Q-1, K-4, O-34: and there is a way to the next page as long as there are entries."""
    for number in range(12):
        client.create_queue(f"q{number:02}")

    first = client.list_queues()
    second = first.next()
    third = second.next()

    assert first.names == [f"q{number:02}" for number in range(10)]
    assert second.names == ["q10", "q11"]
    assert third == NO_QUEUES


def test_the_default_page_is_no_longer_than_the_longest(configured):
    """O-76"""
    client = configured("[transport]\nmax_queues_per_page = 2\n")
    for name in "abc":
        client.create_queue(name)

    assert client.list_queues().names == ["a", "b"]
    assert client.list_queues(limit=3).error is Invalid


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


def test_filters_apply_before_the_limit(client):
    """Q-5, Q-8"""
    for number in range(12):
        client.create_queue(f"q{number:02}", {"even": number % 2 == 0, "kind": f"k{number % 3}"})

    page = client.list_queues(kind="k2", limit=3)

    assert page.names == ["q02", "q05", "q08"]
    assert page.next().names == ["q11"]


def test_the_count_is_of_all_queues(client):
    """Q-9, O-33: whatever is filtered and shown; nothing where there are none."""
    assert client.list_queues(with_count=True).count is None
    for name in "abc":
        client.create_queue(name)

    assert client.list_queues(with_count=True, limit=1, name="b").count == 3
    assert client.list_queues().count is None


@pytest.mark.parametrize(("limit", "error"), [(0, Invalid), (1, None), (20, None), (21, Invalid), (-1, Invalid)])
def test_a_limit_has_limits(client, limit, error):
    """Q-10"""
    assert client.list_queues(limit=limit).error is error
