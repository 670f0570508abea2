"""Requests that nobody should send: tables of texts, and strategies that make more."""

import json
from typing import Any

from hypothesis import strategies as st

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FOO")
PATHS = (
    "/",
    "/v2",
    "/v2/",
    "/confirm",
    "/v2/ping",
    "/v2/queues",
    "/v2/queues/{queue}",
    "/v2/queues/{queue}/stats",
    "/v2/queues/{queue}/purge",
    "/v2/queues/{queue}/messages",
    "/v2/queues/{queue}/messages/{message}",
    "/v2/queues/{queue}/messages/{message}/details",
    "/v2/queues/{queue}/redrive",
    "/v2/queues/{queue}/redrive/{redrive}",
    "/v2/queues/{queue}/claims",
    "/v2/queues/{queue}/claims/{claim}",
    "/v2/queues/{queue}/subscriptions",
    "/v2/queues/{queue}/subscriptions/{subscription}",
    "/v2/queues/{queue}/subscriptions/{subscription}/confirm",
    "/v2/queues/{queue}/subscriptions/{subscription}/secret",
    "/v2/queues/{queue}/subscriptions/{subscription}/deliveries",
    "/v2/topics",
    "/v2/topics/{topic}",
    "/v2/topics/{topic}/messages",
    "/v2/topics/{topic}/subscriptions/{subscription}",
)
DOCUMENTS: dict[tuple[str, str], Any] = {
    ("PUT", "/v2/queues/{queue}"): {
        "_default_message_ttl": 100,
        "_max_messages_post_size": 1000,
        "_default_message_delay": 0,
        "_dead_letter_queue": "dead",
        "_dead_letter_queue_messages_ttl": 100,
        "_max_claim_count": 5,
        "_enable_encrypt_messages": False,
        "_flavor": "fast",
        "_retry_policy": {"minimum_delay": 5, "maximum_delay": 30, "retry_backoff_function": "linear"},
        "free": {"a": [1]},
    },
    ("PATCH", "/v2/queues/{queue}"): [
        {"op": "add", "path": "/metadata/_max_claim_count", "value": 1},
        {"op": "replace", "path": "/metadata/_default_message_ttl", "value": 60},
    ],
    ("POST", "/v2/queues/{queue}/purge"): {"resource_types": ["messages", "subscriptions"]},
    ("POST", "/v2/queues/{queue}/messages"): {"messages": [{"body": {"a": 1}, "ttl": 60, "delay": 0}]},
    ("POST", "/v2/queues/{queue}/claims"): {"ttl": 60, "grace": 60},
    ("PATCH", "/v2/queues/{queue}/claims/{claim}"): {"ttl": 60, "grace": 60},
    ("POST", "/v2/queues/{queue}/subscriptions"): {
        "subscriber": "http://example.com/new",
        "ttl": 60,
        "options": {"post_headers": {"A": "b"}, "post_data": "c", "_retry_policy": {"minimum_delay": 5}, "d": [1]},
    },
    ("PATCH", "/v2/queues/{queue}/subscriptions/{subscription}"): {
        "subscriber": "http://example.com/new",
        "ttl": 60,
        "options": {"post_headers": {"A": "b"}},
    },
    ("PUT", "/v2/queues/{queue}/subscriptions/{subscription}/confirm"): {"confirmed": True},
}
"""A good body for each operation that reads one; bad ones are made from them."""

READERS = sorted(DOCUMENTS)

REDRIVE = {"to": "other", "limit": 5, "rate": 10, "reason": "gone", "dry_run": True}
"""A good body of an operation that takes no other members."""

WITHIN = {
    ("PUT", "/v2/queues/{queue}"): b'{"free": %s}',
    ("PATCH", "/v2/queues/{queue}"): b'[{"op": "add", "path": "/metadata/free", "value": %s}]',
    ("POST", "/v2/queues/{queue}/purge"): b'{"resource_types": ["subscriptions"], "more": %s}',
    ("POST", "/v2/queues/{queue}/messages"): b'{"messages": [{"body": %s}]}',
    ("POST", "/v2/queues/{queue}/claims"): b'{"ttl": 60, "more": %s}',
    ("PATCH", "/v2/queues/{queue}/claims/{claim}"): b'{"ttl": 60, "more": %s}',
    ("POST", "/v2/queues/{queue}/subscriptions"): b'{"subscriber": "http://a", "options": {"more": %s}}',
    ("PATCH", "/v2/queues/{queue}/subscriptions/{subscription}"): b'{"options": {"more": %s}}',
    ("PUT", "/v2/queues/{queue}/subscriptions/{subscription}/confirm"): b'{"confirmed": true, "more": %s}',
}
"""A place for any value in each body; what nobody asked for has to be JSON too."""


def nested(opening: bytes, closing: bytes, depth: int) -> bytes:
    """Return a document of this depth."""
    return opening * depth + b"1" + closing * depth


UNPARSABLE = {
    "malformed": b"{",
    "truncated": b'{"messages": [{"body": 1}',
    "trailing text": b'{"a": 1} {}',
    "single quotes": b"{'a': 1}",
    "comment": b'{"a": 1} // so',
    "trailing comma": b'{"a": 1,}',
    "bare word": b"messages",
    "blank": b" \t\r\n ",
    "NUL": b"\x00",
    "NUL behind": b'{"a": 1}\x00',
    "control character": b'{"a": "\x01"}',
    "NUL within a string": b'{"a": "\x00"}',
    "bad escape": b'{"a": "\\x41"}',
    "short escape": b'{"a": "\\u12"}',
    "lone high surrogate": b'{"a": "\\ud800"}',
    "lone low surrogate": b'{"a": "\\udc00 x"}',
    "leading zero": b'{"a": 01}',
    "plus sign": b'{"a": +1}',
    "lone point": b'{"a": 1.}',
    "hexadecimal": b'{"a": 0x1}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "minus Infinity": b'{"a": -Infinity}',
    "too large for a double": b'{"a": 1e999}',
    "too large with many digits": b'{"a": ' + b"9" * 400 + b".5}",
    "beyond 64 bits": b'{"a": 9223372036854775808}',
    "below 64 bits": b'{"a": -9223372036854775809}',
    "thousands of digits": b'{"a": ' + b"9" * 5000 + b"}",
    "Latin-1": '{"a": "é"}'.encode("latin-1"),
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "byte order mark": '{"a": 1}'.encode("utf-8-sig"),
    "surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "overlong": b'{"a": "\xc0\xaf"}',
    "beyond Unicode": b'{"a": "\xf4\x90\x80\x80"}',
    "cut character": b'{"a": "\xe2\x82"}',
    "deep arrays": nested(b"[", b"]", 100_000 // 4),
    "deep objects": nested(b'{"a":', b"}", 60_000 // 6),
    "deep and unclosed": b"[" * 60_000,
    "deep within a message": b'{"messages": [{"body": ' + nested(b"[", b"]", 5000) + b"}]}",
}
"""Texts that are no JSON, or not the JSON of this service, wherever they stand."""

SCALARS = {"number": b"1", "null": b"null", "text": b'"messages"', "boolean": b"true", "float": b"-1.5e3"}

_characters = st.characters(exclude_categories=())
"""Every code point, surrogates too."""
_json_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(2**63) - 1, 2**63 - 1, 10**25, 0, -1, 59, 60])
    | st.floats()
    | st.text(_characters, max_size=10)
)
json_values = st.recursive(
    _json_scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(_characters, max_size=6), inner, max_size=4),
    max_leaves=8,
)


def _places(document: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to each value within a document."""
    places = [here]
    if isinstance(document, dict):
        for key, value in document.items():
            places += _places(value, (*here, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            places += _places(value, (*here, index))
    return places


def _replaced(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copy = document.copy()
    copy[place[0]] = _replaced(document[place[0]], place[1:], value)
    return copy


@st.composite
def odd_documents(draw: st.DrawFn, document: Any) -> bytes:
    """A good document, one of its values replaced by any other."""
    place = draw(st.sampled_from(_places(document)))
    odd = _replaced(document, place, draw(json_values))
    return json.dumps(odd).encode()


@st.composite
def damaged_texts(draw: st.DrawFn, document: Any) -> bytes:
    """The text of a good document, a piece of it replaced by any bytes."""
    text = json.dumps(document).encode()
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 8)))
    return text[:start] + draw(st.binary(max_size=8)) + text[end:]


PARAMETERS = (
    "limit",
    "marker",
    "detailed",
    "name",
    "with_count",
    "echo",
    "include_claimed",
    "include_delayed",
    "ids",
    "pop",
    "claim_id",
    "claim_ids",
    "colour",
)
ODD_VALUES = (
    "",
    " ",
    "%",
    "%zz",
    "%ff",
    "%00",
    "%0a",
    "%ED%A0%80",
    ",",
    ",,1,",
    "%2C",
    "-1",
    "0",
    "21",
    "1_0",
    "%D9%A1",
    "%EF%BC%91",
    "9" * 30,
    "9" * 5000,
    "1e3",
    "0x1",
    "+",
    "None",
    "null",
    "x" * 3000,
    "'",
    "%25",
    "../..",
    "0" * 30,
    "f" * 30,
    "z" * 30,
    "true",
    "1",
    "ids",
)
query_strings = st.lists(
    st.tuples(
        st.sampled_from(PARAMETERS) | st.text("abc_%=+.0", max_size=4),
        st.sampled_from(ODD_VALUES) | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8),
    ),
    max_size=4,
).map(lambda pairs: "&".join("=".join(pair) for pair in pairs)) | st.text(
    st.characters(min_codepoint=33, max_codepoint=255), max_size=20
)

ODD_NAMES = (
    "",
    ".",
    "..",
    "a b",
    "a/b",
    "a%2Fb",
    "q\n",
    "\n",
    "\x00",
    "q\x00",
    "é",
    "\xff\xfe",
    "x" * 65,
    "x" * 5000,
    "*",
    "a,b",
    "a?b",
    "a#b",
    "{queue}",
    "$",
    "'",
    "q;q",
)
"""As they stand in PATH_INFO: one character for each byte."""
path_segments = st.sampled_from(ODD_NAMES) | st.text(st.characters(max_codepoint=255), max_size=12)

HEADERS = (
    "HTTP_CLIENT_ID",
    "HTTP_X_PROJECT_ID",
    "HTTP_X_TENANT_ID",
    "HTTP_ACCEPT",
    "CONTENT_TYPE",
    "HTTP_EXTRA_SPEC",
    "HTTP_URL_SIGNATURE",
    "HTTP_X_ROLES",
    "HTTP_X_USER_ID",
    "HTTP_ORIGIN",
    "HTTP_TRANSFER_ENCODING",
    "HTTP_X_OPENSTACK_REQUEST_ID",
    "HTTP_EXPECT",
    "HTTP_RANGE",
    "HTTP_IF_MATCH",
    "HTTP_HOST",
    "HTTP_FORWARDED",
    "HTTP_COOKIE",
    "HTTP_X_HTTP_METHOD_OVERRIDE",
)
header_values = (
    st.sampled_from(
        (
            "",
            " ",
            ",",
            ";",
            ":",
            "*/*;q=x",
            "*/*;q=0",
            "/",
            "application/",
            "application/json;q=nan",
            "application/x-www-form-urlencoded",
            "unknown:1",
            "chunked",
            "chunked, gzip",
            "x" * 9000,
            "%s%n",
            "{" * 40,
        )
    )
    | st.uuids().map(lambda uuid: uuid.hex[:31] + "g")
    | st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30)
)
