"""Listing queues: order, paging and filters."""

import secrets

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import queue_key
from zaqar.models import Queue, QueueKey

MIXED_NAMES = ["-", ".a", "0", "10", "9", "A", "B", "Z", "_", "a", "a-b", "a.b", "aB", "a_b", "ab", "b", "z"]

names = st.text("abAB01-_.", min_size=1, max_size=6)


@pytest.fixture
def project():
    return f"project-{secrets.token_hex(6)}"


def create(management, project, *queue_names, kind="queue", metadata=None):
    for name in queue_names:
        management.queues.create(QueueKey(project, name, kind), metadata or {})


def found(management, project, *, kind="queue", marker=None, limit=1000, name_contains=None, metadata=None):
    """Return the names of one page."""
    page = management.queues.list(
        project, kind=kind, marker=marker, limit=limit, name_contains=name_contains, metadata=metadata or {}
    )
    return [queue.name for queue in page]


def test_queues_are_listed_with_their_metadata(management, project):
    create(management, project, "a", metadata={"colour": "red"})
    create(management, project, "b")

    page = management.queues.list(project, marker=None, limit=10, name_contains=None, metadata={})

    assert page == [Queue("a", {"colour": "red"}), Queue("b", {})]


def test_names_are_in_byte_order(management, project):
    create(management, project, *reversed(MIXED_NAMES))

    assert found(management, project) == sorted(MIXED_NAMES, key=str.encode) == MIXED_NAMES


def test_markers_follow_byte_order(management, project):
    create(management, project, *MIXED_NAMES)

    seen, marker = [], None
    while page := found(management, project, marker=marker, limit=2):
        seen += page
        marker = page[-1]

    assert seen == MIXED_NAMES


@pytest.mark.parametrize("marker", ["a", "aa", "b", "", "\0", "%", "zz", "Ünïcode", "x" * 1000])
def test_a_marker_need_not_be_the_name_of_a_queue(management, project, marker):
    create(management, project, "a", "b", "c")

    assert found(management, project, marker=marker) == [name for name in "abc" if name.encode() > marker.encode()]


def test_a_limit_holds(management, project):
    create(management, project, "a", "b", "c")

    assert found(management, project, limit=2) == ["a", "b"]


def test_an_unknown_project_lists_nothing(management):
    assert found(management, "nobody") == []


def test_projects_and_kinds_are_not_mixed(management, project):
    create(management, project, "mine")
    create(management, project, "topic", kind="topic")
    create(management, project + "x", "other")
    create(management, "", "nobody's")

    assert found(management, project) == ["mine"]
    assert found(management, project, kind="topic") == ["topic"]
    assert found(management, "") == ["nobody's"]


LITERALS = [
    "b",
    "a",
    ".",
    "_",
    "a_b",
    "a.b",
    "B",
    "X",
    "ab",
    "%",
    "a%b",
    ".*",
    "^a",
    "[ab]",
    "a|b",
    "(",
    "\\",
    "*",
    "?",
    "'",
    "é",
]


@pytest.mark.parametrize("text", [*LITERALS, "", "\0", "a" * 300], ids=ascii)
def test_a_name_filter_is_literal_and_minds_case(management, project, text):
    """Storage W-M17."""
    queue_names = ["AB", "a.b", "aXb", "a_b", "ab"]
    create(management, project, *queue_names)

    assert found(management, project, name_contains=text) == [name for name in queue_names if text in name]


VALUES = {
    "integer": 31,
    "text": "31",
    "true": True,
    "false": False,
    "one": 1,
    "zero": 0,
    "null": None,
    "list": [31],
    "object": {"value": 31},
    "word": "true",
    "empty": "",
    "huge": 2**70,
    "negative": -5,
    "quoted": '"31"',
    "ünïcode": "naïve 😀",
    "one_text": "1",
}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (31, ["integer"]),
        ("31", ["text"]),
        (1, ["one"]),
        ("1", ["one_text"]),
        (0, ["zero"]),
        ("0", []),
        ("true", ["word"]),
        ("false", []),
        ("null", []),
        ("", ["empty"]),
        (2**70, ["huge"]),
        (2**70 + 1, []),
        (2**63, []),
        (-5, ["negative"]),
        ('"31"', ["quoted"]),
        ("naïve 😀", ["ünïcode"]),
        ("[31]", []),
        ("%", []),
        ("' OR 1=1 --", []),
    ],
    ids=ascii,
)
def test_a_metadata_filter_compares_type_and_value(management, project, value, shown):
    for number, stored in enumerate(VALUES.values()):
        create(management, project, f"q{number:02}", metadata={"key": stored})
    create(management, project, "without", metadata={"other": value})

    labels = list(VALUES)
    assert [labels[int(name[1:])] for name in found(management, project, metadata={"key": value})] == shown


@pytest.mark.parametrize("key", ["key", "a.b", "$set", "", "a b", 'quote"', "it's", "[0]", "\\", "ünï", "$.key", "%"])
def test_a_filter_names_a_top_level_member_whatever_it_is_called(management, project, key):
    create(management, project, "match", metadata={key: 1})
    create(management, project, "nested", metadata={"a": {"b": 1}, "nested": {key: 1}})
    create(management, project, "plain")

    assert found(management, project, metadata={key: 1}) == ["match"]


def test_several_filters_must_all_match(management, project):
    create(management, project, "both", metadata={"colour": "red", "size": 1})
    create(management, project, "colour", metadata={"colour": "red", "size": 2})
    create(management, project, "size", metadata={"colour": "blue", "size": 1})

    assert found(management, project, metadata={"colour": "red", "size": 1}) == ["both"]


def test_filters_apply_before_the_limit(management, project):
    """Storage W-R19."""
    for number in range(300):
        create(management, project, f"{'red' if number % 100 == 99 else 'blue'}-{number:03}", metadata={"n": number})
        create(management, project, f"x-{number:03}", metadata={"is": "x", "late": int(number >= 290)})

    assert found(management, project, name_contains="red", limit=2) == ["red-099", "red-199"]
    assert found(management, project, metadata={"late": 1}, limit=3) == ["x-290", "x-291", "x-292"]
    assert found(management, project, metadata={"late": 1}, marker="x-295", limit=9) == [
        "x-296",
        "x-297",
        "x-298",
        "x-299",
    ]
    assert found(management, project, metadata={"n": 299}, name_contains="red", limit=1) == ["red-299"]


def test_a_filter_follows_a_change_of_metadata(management):
    key = queue_key()
    management.queues.create(key, {"colour": "red"})

    management.queues.replace_metadata(key, old={"colour": "red"}, new={"colour": "blue"})

    assert found(management, key.project, metadata={"colour": "red"}) == []
    assert found(management, key.project, metadata={"colour": "blue"}) == [key.name]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=st.sets(names, max_size=12), marker=st.none() | names, text=st.none() | names, limit=st.integers(1, 5))
def test_a_page_is_what_sorting_and_filtering_by_hand_gives(management, stored, marker, text, limit):
    project = f"project-{secrets.token_hex(6)}"
    create(management, project, *stored)

    expected = [name for name in sorted(stored) if (marker is None or name > marker) and (text is None or text in name)]
    assert found(management, project, marker=marker, name_contains=text, limit=limit) == expected[:limit]
