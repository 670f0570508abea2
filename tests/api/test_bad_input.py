"""Bad input on every route: never a 500, always a reason, nothing stored (issue 7, "Bad input")."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api import bad_input
from tests.api.bad_input import DOCUMENTS, METHODS, PATHS, READERS, SCALARS, UNPARSABLE, WITHIN, nested
from tests.api.world import World, unused_name

READER = pytest.mark.parametrize(("method", "path"), READERS)
EVERY_REQUEST = st.tuples(st.sampled_from(METHODS), st.sampled_from(PATHS))


@pytest.fixture
def world(application) -> World:
    return World(application)


@READER
@pytest.mark.parametrize("text", {**UNPARSABLE, **SCALARS}.values(), ids={**UNPARSABLE, **SCALARS}.keys())
def test_what_cannot_be_parsed_is_refused(world, method, path, text):
    """X-36, X-37, O-61, O-62: also where the queue does not exist yet."""
    known = world.send(method, world.path(path), text)
    unknown = world.send(method, path.format(queue=unused_name(), claim="x", subscription="x"), text)

    assert known.error == unknown.error == (400, "Invalid request body")


@READER
@pytest.mark.parametrize("text", UNPARSABLE.values(), ids=UNPARSABLE.keys())
def test_what_cannot_be_parsed_is_refused_within_a_document_too(world, method, path, text):
    """X-36, X-37, O-61, O-62"""
    assert world.send(method, world.path(path), WITHIN[method, path] % text).error == (400, "Invalid request body")


@READER
@pytest.mark.parametrize("depth", [400, 499, 500, 501, 700, 850, *range(900, 1000, 10), 1001, 5000])
def test_nesting_is_stored_and_shown_or_refused(world, method, path, depth):
    """O-62: whatever Python's own limit is at that place."""
    frame = WITHIN[method, path]
    inner = depth - frame.count(b"{") - frame.count(b"[") + (1 if path.endswith("purge") else 0)
    for deep in (nested(b"[", b"]", inner), nested(b'{"a":', b"}", inner)):
        answer = world.send(method, world.path(path), frame % deep)
        assert answer.status < 300 if depth <= 500 else answer.status == 400
        assert world.client.show_queue("q").is_done
        assert world.client.list_queues(detailed=True).is_done


@READER
def test_a_body_of_the_largest_size_is_read_and_no_more(world, method, path):
    """Q-13, Q-30, M-10: by Content-Length, and while reading a body without one."""
    limit = 262144 if "messages" in path or "claims" in path else 131072 if "subscriptions" in path else 65536
    good = json.dumps(DOCUMENTS[method, path]).encode()
    target = world.path(path)
    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}

    for environment in ({}, chunked):
        longer = world.send(method, target, good.ljust(limit + 1), environment)
        huge = world.send(method, target, good.ljust(limit * 4), environment)
        assert longer.status == huge.status == 400
        assert str(limit) in longer.body["description"]
    assert world.send(method, target, good.ljust(limit), chunked).status < 300


@READER
@pytest.mark.parametrize(
    "length", ["-1", "abc", "1.5", "+3", "0x10", "1,1", "٣", "²", " 3", "3 ", "9" * 19, "9" * 5000]
)
def test_a_length_that_is_no_length_is_refused(world, method, path, length):
    """X-41"""
    good = json.dumps(DOCUMENTS[method, path]).encode()

    assert world.send(method, world.path(path), good, {"CONTENT_LENGTH": length}).error[1] == "Invalid header value"


@READER
def test_a_length_that_lies_is_found_out(world, method, path):
    good = json.dumps(DOCUMENTS[method, path]).encode()
    target = world.path(path)

    for lie in (1, len(good) // 2, len(good) - 1, len(good) + 1, 60_000):
        answer = world.send(method, target, good, {"CONTENT_LENGTH": str(lie)})
        assert answer.error == (400, "Invalid request body")


@READER
def test_a_length_beside_chunks_does_not_confuse(world, method, path):
    both = {"HTTP_TRANSFER_ENCODING": "chunked"}

    assert world.send(method, world.path(path), b"{", both).status == 400
    assert world.send(method, world.path(path), b"", {**both, "CONTENT_LENGTH": "7"}).status == 400


@pytest.mark.parametrize("path", [path for path in PATHS if "{" in path])
@pytest.mark.parametrize("name", bad_input.ODD_NAMES)
def test_odd_names_and_ids_are_refused_or_unknown(world, path, name):
    """X-23, O-50, M-29, C-13"""
    for method in METHODS:
        for member in ("queue", "topic", "message", "claim", "subscription", "redrive"):
            if "{" + member + "}" not in path:
                continue
            members = world.members(path) | {member: name}
            world.send(method, path.format(**members), b'{"messages": [{"body": 1}]}')


@given(request=EVERY_REQUEST, body=st.binary(max_size=40) | st.sampled_from(sorted(UNPARSABLE.values())))
@settings(max_examples=250)
def test_any_bytes_on_any_route(application, request, body):
    world = World(application)

    world.send(request[0], world.path(request[1]), body)


@given(data=st.data(), reader=st.sampled_from(READERS))
@settings(max_examples=600)
def test_any_value_in_any_place(application, data, reader):
    """Wrong types, NaN, Infinity, integers of any size, lone surrogates."""
    world = World(application)
    body = data.draw(bad_input.odd_documents(DOCUMENTS[reader]))

    world.send(reader[0], world.path(reader[1]), body)
    world.send(reader[0], reader[1].format(queue="new", claim="x", subscription="x"), body)
    world.content()
    world.client.show_queue("new")


@given(body=bad_input.odd_documents(bad_input.REDRIVE) | bad_input.damaged_texts(bad_input.REDRIVE))
@settings(max_examples=200)
def test_any_terms_of_a_redrive(application, body):
    world = World(application)

    assert world.send("POST", "/v2/queues/q/redrive", body).status in {202, 400}
    world.content()


@given(data=st.data(), reader=st.sampled_from(READERS))
@settings(max_examples=400)
def test_any_damage_to_a_good_text(application, data, reader):
    world = World(application)
    body = data.draw(bad_input.damaged_texts(DOCUMENTS[reader]))

    world.send(reader[0], world.path(reader[1]), body)
    world.content()


@given(request=EVERY_REQUEST, query=bad_input.query_strings)
@settings(max_examples=600)
def test_any_query_on_any_route(application, request, query):
    """Repeated, empty, percent garbage, commas, other scripts' digits, underscores in numbers."""
    world = World(application)
    method, path = request
    body = json.dumps(DOCUMENTS[request]).encode() if request in DOCUMENTS else b""

    world.send(method, world.path(path), body, {"QUERY_STRING": query})


@given(request=EVERY_REQUEST, segment=bad_input.path_segments)
@settings(max_examples=400)
def test_any_name_on_any_route(application, request, segment):
    world = World(application)
    method, path = request
    body = json.dumps(DOCUMENTS[request]).encode() if request in DOCUMENTS else b""

    world.send(method, path.format_map(dict.fromkeys(world.members(path), segment)), body)
    world.send(
        method, path.format_map(dict.fromkeys(world.members(path), segment) | {"queue": "q", "topic": "t"}), body
    )


@given(
    request=EVERY_REQUEST,
    headers=st.dictionaries(st.sampled_from(bad_input.HEADERS), bad_input.header_values, min_size=1, max_size=3),
)
@settings(max_examples=500)
def test_any_header_on_any_route(application, request, headers):
    world = World(application)
    method, path = request
    body = json.dumps(DOCUMENTS[request]).encode() if request in DOCUMENTS else b""

    world.send(method, world.path(path), body, headers)
