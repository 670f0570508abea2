import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaqar.errors import InvalidBody
from zaqar.transport import json_text
from zaqar.transport.json_text import MAX_DEPTH


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b"[]",
        b'{"a": 9223372036854775807}',
        b'{"a": -9223372036854775808}',
        b'{"a": "99999999999999999999"}',
        b'{"a": "1e999 \\" 99999999999999999999"}',
        b'{"a": 1e308}',
        b'{"a": 1e-999}',
        b'{"a": 0.1000000000000000000000000000001}',
        b'{"a": 100000000000000000000.5}',
        '{"ä": "€😀"}'.encode(),
    ],
)
def test_good_text_passes(text):
    json_text.check_text(text)

    assert json_text.decode_any(text) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 9223372036854775808}',
        b'{"a": -9223372036854775809}',
        b'{"a": [00000000000000000001]}',
        b"[" + b"9" * 5000 + b"]",
        b'{"a": 1e999}',
        b'{"a": 1E+999}',
        b'{"a": -1e0999}',
        b"[" + b"9" * 400 + b".0]",
        b"[" + b"9" * 300 + b"e99]",
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
    ],
)
def test_bad_text_is_refused_before_it_is_parsed(text):
    with pytest.raises(InvalidBody):
        json_text.check_text(text)


@pytest.mark.parametrize("brackets", [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"]": ', b"}]")])
def test_depth_is_bounded_exactly(brackets):
    opening, closing = brackets
    levels = len(closing)
    fitting = MAX_DEPTH // levels

    json_text.decode_any(opening * fitting + b"0" + closing * fitting)
    with pytest.raises(InvalidBody, match="nested too deeply"):
        json_text.decode_any(opening * (fitting + 1) + b"0" + closing * (fitting + 1))


@pytest.mark.parametrize(
    "value", ["[" * 2000, '"[' * 1000, "\\" * 999 + "[" * 999, "]" * 2000, [[]] * 3000, [{"a": "]["}] * 1000]
)
def test_many_brackets_are_no_depth(value):
    assert json_text.decode_any(json.dumps([value]).encode()) == [value]


@given(
    st.recursive(
        st.text('[]{}"\\,:a', max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('[]{}"\\', max_size=4), inner, max_size=4),
    )
)
def test_brackets_in_texts_never_count(value):
    padding = ["[{"] * MAX_DEPTH

    assert json_text.decode_any(json.dumps([value, padding]).encode()) == [value, padding]


@pytest.mark.parametrize("text", [b"", b" ", b"1", b"null", b'"a"', b"true", b"{", b"[1,]", b"NaN", b"[NaN]", b"[] []"])
def test_what_is_no_document_is_refused(text):
    with pytest.raises(InvalidBody, match="body could not be parsed"):
        json_text.decode_any(text)


def test_an_array_is_no_object():
    with pytest.raises(InvalidBody, match=r"Document type not supported\."):
        json_text.decode_object(b"[]")


def test_a_member_of_another_type_is_named():
    decoder = msgspec.json.Decoder(dict[str, int])

    with pytest.raises(InvalidBody, match=r"must be an integer, and is a string"):
        json_text.decode(b'{"a": "b"}', decoder)
