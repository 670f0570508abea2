"""Any JSON comes back as it was written (hypothesis)."""

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.client import DEFAULT_METADATA
from tests.api.http_client import HttpClient

_spaces = st.text(" \t\r\n", max_size=2)
_strings = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).flatmap(
    lambda text: st.sampled_from([json.dumps(text), json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")])
)
_numbers = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"-?(0|[1-9][0-9]{0,6})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
)
_scalars = st.sampled_from(["null", "true", "false"]) | _numbers | _strings


@st.composite
def _arrays(draw, inner):
    return f"[{','.join(draw(_spaces) + draw(inner) + draw(_spaces) for _ in range(draw(st.integers(0, 3))))}]"


@st.composite
def _objects(draw, inner):
    # Few keys, so that some repeat.
    keys = st.sampled_from(['"a"', '"b"', '"\\u0061"', '"messages"', '"$x.y"', '""']) | _strings
    pairs = [f"{draw(_spaces)}{draw(keys)}{draw(_spaces)}:{draw(inner)}" for _ in range(draw(st.integers(0, 3)))]
    return f"{{{','.join(pairs)}}}"


json_texts = st.recursive(_scalars, lambda inner: _arrays(inner) | _objects(inner), max_leaves=10)


@given(texts=st.lists(json_texts, min_size=1, max_size=4), before=_spaces, after=_spaces)
@settings(max_examples=250)
def test_any_body_comes_back_byte_for_byte(application, texts, before, after):
    """M-46: Unicode, integers of 64 bits, spelling of numbers, repeated keys, order, spaces within."""
    client = HttpClient(application)
    written = [text.encode() for text in texts]
    messages = ",".join(f'{{"body":{before}{text}{after}}}' for text in texts)

    posted = client.request("POST", "/v2/queues/q/messages", f'{{"messages":[{messages}]}}'.encode())

    assert posted.status == 201
    for message_id, text in zip(posted.ids, written, strict=True):
        shown = client.request("GET", f"/v2/queues/q/messages/{message_id}")
        assert shown.data.partition(b'"body":')[2] == text + b"}"
        assert shown.body["body"] == json.loads(text)
    assert client.list("q", echo=True).bodies == [json.loads(text) for text in written]
    assert client.claim("q").bodies == [json.loads(text) for text in written]


@pytest.fixture
def checking(configured):
    return configured("[DEFAULT]\nenable_checksum = true\n").application


@given(text=json_texts)
@settings(max_examples=100)
def test_any_body_has_the_checksum_of_its_ascii_form(checking, text):
    """M-48"""
    client = HttpClient(checking)
    value = json.loads(text)

    client.request("POST", "/v2/queues/q/messages", f'{{"messages":[{{"body":{text}}}]}}'.encode())

    digest = hashlib.md5(json.dumps(value).encode(), usedforsecurity=False).hexdigest()
    (shown,) = client.list("q", echo=True).messages
    assert shown.checksum == (None if value is None else f"MD5:{digest}")


@given(
    metadata=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(lambda key: not key.startswith("_")),
        json_texts.map(json.loads),
        max_size=5,
    )
)
@settings(max_examples=100)
def test_any_metadata_comes_back(application, metadata):
    """Q-11, Q-17"""
    client = HttpClient(application)

    assert client.create_queue("q", metadata).is_new
    assert client.show_queue("q").metadata == {**DEFAULT_METADATA, **metadata}
    assert client.update_queue("q", []).metadata == {**DEFAULT_METADATA, **metadata}
