import pytest
from falcon import testing

from zaqar.errors import InvalidParameter
from zaqar.transport.wsgi import parameters


def _request(query):
    return testing.create_req(query_string=query)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", None),
        ("a=", None),
        ("a=x", "x"),
        ("a=x&a=y", "y"),
        ("a=x,y", "y"),
        ("a=x,", None),
        ("a=%20", " "),
        ("a=%C3%A9", "é"),
        ("a=+", " "),
        ("A=x", None),
    ],
)
def test_the_last_value_counts_and_a_blank_one_is_absent(query, text):
    assert parameters.text(_request(query), "a") == text


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", None),
        ("a=", None),
        ("a=7", 7),
        ("a=-7", -7),
        ("a=%2B7", 7),
        ("a=%207%20", 7),
        ("a=007", 7),
        ("a=0", 0),
        ("a=-0", 0),
        ("a=9223372036854775807", 2**63 - 1),
    ],
)
def test_integers_are_decimal(query, number):
    assert parameters.integer(_request(query), "a") == number


@pytest.mark.parametrize(
    "value", ["x", "1.0", "1_0", "--1", "%2B", "1%202", "%D9%A1", "%EF%BC%91", "%00", "1%00", "1%0A2"]
)
def test_what_is_no_integer_is_refused(value):
    with pytest.raises(InvalidParameter, match='"a"'):
        parameters.integer(_request(f"a={value}"), "a")


@pytest.mark.parametrize("digits", [20, 4300, 4301, 60_000])
def test_integers_of_any_length_are_integers_beyond_every_bound(digits):
    assert parameters.number("9" * digits) > 2**63
    assert parameters.number("-" + "9" * digits) < -(2**63)
    assert parameters.number("0" * digits + "5") == 5


@pytest.mark.parametrize(
    ("query", "truth"), [("", False), ("a=", False), ("a=True", True), ("a=on", True), ("a=off", False), ("a=0", False)]
)
def test_booleans_are_words(query, truth):
    assert parameters.boolean(_request(query), "a") is truth


@pytest.mark.parametrize("value", ["TRUE", "Yes", "None", "2", "%20true"])
def test_other_words_are_refused(value):
    with pytest.raises(InvalidParameter, match='"a"'):
        parameters.boolean(_request(f"a={value}"), "a")


@pytest.mark.parametrize(
    ("query", "elements"),
    [
        ("", []),
        ("a=", []),
        ("a=,", []),
        ("a=x", ["x"]),
        ("a=x,y", ["x", "y"]),
        ("a=x%2Cy", ["x", "y"]),
        ("a=x&a=y,z&a=", ["x", "y", "z"]),
    ],
)
def test_lists_are_made_of_repetitions_and_commas(query, elements):
    assert parameters.texts(_request(query), "a") == elements


def test_a_link_carries_what_was_given_and_is_quoted():
    (link,) = parameters.next_link(
        "/v2/queues", marker="a b&c", given={"limit": 5, "name": None, "detailed": True, "ü": "x=y"}
    )

    assert link.rel == "next"
    assert link.href == "/v2/queues?marker=a%20b%26c&limit=5&detailed=true&%C3%BC=x%3Dy"
