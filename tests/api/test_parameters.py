"""Query parameters (http section 3.8)."""

import pytest

from zaqar.errors import Invalid, InvalidParameter


@pytest.mark.parametrize("value", ["1", "+1", " 1 ", "01"])
def test_integers_in_queries_are_decimal(client, value):
    """X-42"""
    client.post("q", 1, 2)

    assert client.list("q", echo=True, limit=value).bodies == [1]


@pytest.mark.parametrize("value", ["one", "1.0", "1e1", "0x1", "1_0", "\u0661", "--1", "1 2", "None", "true"])
def test_what_is_no_integer_is_refused(client, value):
    """X-42"""
    assert client.list("q", limit=value).error is InvalidParameter
    assert client.list_queues(limit=value).error is InvalidParameter
    assert client.claim("q", limit=value).error is InvalidParameter
    assert client.pop("q", value).error is InvalidParameter


@pytest.mark.parametrize("value", [10**18, 10**30, "9" * 5000, "-" + "9" * 30])
def test_an_integer_of_any_length_is_merely_out_of_range(client, value):
    """X-42"""
    assert client.list("q", limit=value).error is Invalid
    assert client.pop("q", value).error is Invalid


@pytest.mark.parametrize("value", ["true", "True", "t", "yes", "y", "1", "on"])
def test_what_says_yes(client, value):
    """X-43, clients K-3"""
    client.post("q", 1)

    assert client.list("q", echo=value).bodies == [1]


@pytest.mark.parametrize("value", ["false", "False", "f", "no", "n", "0", "off", ""])
def test_what_says_no(client, value):
    """X-43, X-44"""
    client.post("q", 1)

    assert client.list("q", echo=value).bodies == []


@pytest.mark.parametrize("value", ["None", "maybe", "2", "tru", "null"])
def test_what_says_neither_is_refused(client, value):
    """X-43, K-8, clients K-3"""
    assert client.list("q", echo=value).error is InvalidParameter
    assert client.list("q", include_claimed=value).error is InvalidParameter
    assert client.list("q", include_delayed=value).error is InvalidParameter
    assert client.list_queues(detailed=value).error is InvalidParameter
    assert client.list_queues(with_count=value).error is InvalidParameter


def test_an_empty_parameter_is_absent(client):
    """X-44"""
    client.post("q", 1)

    answer = client.request("GET", "/v2/queues/q/messages?limit=&echo=true&marker=&ids=")

    assert answer.bodies == [1]
    assert client.request("GET", "/v2/queues?limit=&detailed=&name=&marker=").names == ["q"]
    assert client.request("POST", "/v2/queues/q/claims?limit=").status == 201


@pytest.mark.parametrize("query", ["limit=1&limit=2", "limit=1,2", "limit=bad,2", "limit=bad&limit=2"])
def test_the_last_of_repeated_parameters_counts(client, query):
    """X-45"""
    client.post("q", 1, 2, 3)

    assert client.request("GET", f"/v2/queues/q/messages?echo=true&{query}").bodies == [1, 2]


def test_unknown_parameters_are_ignored(client):
    """X-47"""
    assert client.list("q", no_such="thing", grace=7).is_done
    assert client.claim("q", no_such="thing").messages == []


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


@pytest.mark.parametrize("query", ["ids=,", "ids=,,", "ids=%2C"])
def test_a_list_of_nothing_is_refused(client, query):
    """M-25, M-39"""
    assert client.request("GET", f"/v2/queues/q/messages?{query}").error == (400, "Invalid API request")
    assert client.request("DELETE", f"/v2/queues/q/messages?{query}").error == (400, "Invalid API request")


@pytest.mark.parametrize("query", ["ids=", "ids=&ids="])
def test_blank_ids_ask_for_an_ordinary_list(client, query):
    """M-25, X-44"""
    assert client.request("GET", f"/v2/queues/q/messages?{query}").body == {"messages": [], "links": []}


@pytest.mark.parametrize("query", ["", "?ids=", "?pop=", "?ids=&pop=", "?other=1"])
def test_a_collection_is_not_deleted_as_a_whole(client, query):
    """M-39"""
    client.post("q", 1)

    assert client.request("DELETE", f"/v2/queues/q/messages{query}").error == (400, "Invalid API request")
    assert client.list("q", echo=True).bodies == [1]


def test_a_repeated_filter_is_refused(client):
    """Q-5, O-32"""
    assert client.request("GET", "/v2/queues?colour=red&colour=blue").status == 400
