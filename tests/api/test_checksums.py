"""Checksums of message bodies (http section 7.8)."""

import pytest

VECTORS = [
    ("hello", "MD5:5deaee1c1332199e5b5bc7c5e4f7f0c2"),
    (239, "MD5:555d6702c950ecb729a966504af0a635"),
    ({"b": 1, "a": "é"}, "MD5:b9622a81c98224c56eb3afdd8f51b202"),
]
CHECKSUM = "[DEFAULT]\nenable_checksum = true\n"


@pytest.mark.parametrize(("body", "checksum"), VECTORS)
def test_a_checksum_is_shown_in_every_view_where_the_operator_wants_it(configured, body, checksum):
    """M-47, M-48"""
    client = configured(CHECKSUM)
    (message_id,) = client.post("q", body).ids

    assert client.get("q", message_id).message.checksum == checksum
    for view in (
        client.list("q", echo=True),
        client.get_many("q", message_id),
        client.claim("q"),
    ):
        assert [m.checksum for m in view.messages] == [checksum]
    client.release("q", client.get("q", message_id).message.claim_id)
    assert [m.checksum for m in client.pop("q", 1).messages] == [checksum]


def test_a_null_body_has_no_checksum(configured):
    """M-48, O-16"""
    client = configured(CHECKSUM)
    client.post("q", None)

    assert client.list("q", echo=True).messages[0].checksum is None


def test_messages_without_a_checksum_do_not_mention_one(client):
    """M-1, M-48"""
    client.post("q", 1)

    assert client.list("q", echo=True).messages[0].checksum is None
