"""Any name, any client id (hypothesis)."""

import uuid

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.http_client import HttpClient


@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=70))
@settings(max_examples=200)
def test_a_name_is_accepted_if_and_only_if_it_may_be(application, name):
    """X-23, O-50"""
    client = HttpClient(application)
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.")
    may_be = set(name) <= allowed and len(name) <= 64 and name not in {".", ".."}
    path = "/v2/queues/" + name.replace("/", ":")

    answer = client.send("PUT", "/", b"", client.headers(), {"PATH_INFO": path.encode().decode("latin-1")})

    assert answer.status == (201 if may_be else 400)
    assert client.list_queues().names == ([name] if may_be else [])


@given(
    value=st.uuids(),
    hidden=st.sampled_from([str, lambda uuid: uuid.hex, lambda uuid: uuid.urn, lambda uuid: str(uuid).upper()]),
)
@settings(max_examples=50)
def test_any_uuid_is_one_client_in_any_spelling(application, value, hidden):
    """X-16, X-19"""
    client = HttpClient(application, client_id=hidden(value))
    client.post("q", 1)

    assert HttpClient(application, client.project, str(value)).list("q").bodies == []
    assert HttpClient(application, client.project, str(uuid.uuid4())).list("q").bodies == [1]
