"""Queues whose messages are encrypted in the store: nothing of it shows (http section 7.8)."""

import json

import pytest

from tests.api.client import DEFAULT_METADATA
from zaqar import encryption
from zaqar.errors import Invalid, Unavailable

KEY = "[DEFAULT]\nenable_checksum = true\n[transport]\nmessage_encryption_keys = 2027:a-key-of-the-tests\n"
ENCRYPTED = {"_enable_encrypt_messages": True}
BODIES = ["text", "", "\x01", None, 17, -2.5, True, [], {}, {"a": [1, {"b": "é\u2028😀"}]}, "x" * 5000]


@pytest.fixture
def client(configured):
    """A client of a service that has a key."""
    return configured(KEY)


def test_bodies_of_every_type_come_back_in_every_view(client):
    """M-50, O-2, O-15"""
    client.create_queue("q", ENCRYPTED)
    ids = client.post("q", *BODIES, ttl=300).ids

    assert client.list("q", echo=True, limit=20).bodies == BODIES
    assert client.get_many("q", *ids).bodies == BODIES
    assert [client.get("q", each).message.body for each in ids] == BODIES
    claimed = client.claim("q", limit=20)
    assert claimed.bodies == client.show_claim("q", claimed.claim_id).bodies == BODIES
    client.release("q", claimed.claim_id)
    assert client.pop("q", 20).bodies == BODIES


def test_an_encrypted_queue_answers_as_any_other(client):
    """M-49, M-50: checksums, times and shapes are the same."""
    client.create_queue("q", ENCRYPTED)
    client.post("q", *BODIES)
    client.post("plain", *BODIES)

    encrypted, plain = (
        [(m.ttl, m.age, m.body, m.checksum) for m in client.list(queue, echo=True, limit=20).messages]
        for queue in ("q", "plain")
    )

    assert encrypted == plain
    assert client.stats("q").free == len(BODIES)


def test_encryption_is_switched_on_and_off_by_either_request(client):
    """Q-14, Q-16, Q-18"""
    client.create_queue("q", ENCRYPTED)
    client.create_queue("r")
    patch = [{"op": "replace", "path": "/metadata/_enable_encrypt_messages", "value": True}]

    assert client.show_queue("q").metadata == DEFAULT_METADATA | ENCRYPTED
    assert client.update_queue("r", patch).metadata == DEFAULT_METADATA | ENCRYPTED
    removed = client.update_queue("q", [{"op": "remove", "path": "/metadata/_enable_encrypt_messages"}])
    assert removed.metadata == DEFAULT_METADATA


@pytest.mark.parametrize("value", [1, "true", [1], {"a": 1}])
def test_only_a_boolean_switches_it_on(client, value):
    """Q-14"""
    assert client.create_queue("q", {"_enable_encrypt_messages": value}).error is Invalid


def test_the_size_of_a_post_is_that_of_its_plain_text(client):
    """M-50"""
    document = {"messages": [{"body": "x" * 10}]}
    client.create_queue("q", {**ENCRYPTED, "_max_messages_post_size": len(json.dumps(document))})

    assert client.post_document("q", document).is_done
    assert client.post_document("q", {"messages": [{"body": "x" * 11}]}).error is Invalid


def test_one_project_cannot_read_what_another_has_encrypted(client):
    client.create_queue("q", ENCRYPTED)
    (message_id,) = client.post("q", "secret").ids

    other = client.stranger()
    other.create_queue("q", ENCRYPTED)

    assert other.list("q", echo=True).bodies == []
    assert other.get("q", message_id).error is not None


def test_a_message_without_its_key_is_one_line_of_the_log_that_names_the_key(client, caplog, monkeypatch):
    """Notifications E-12: a 503, and never garbage."""
    client.create_queue("q", ENCRYPTED)
    client.post("q", "secret")

    def gone(*_):
        raise encryption.Unreadable("the key '2026' is not configured")

    monkeypatch.setattr(encryption.Cipher, "decrypt", gone)

    refusal = client.list("q", echo=True)

    assert refusal.error is Unavailable
    assert "2026" not in refusal.sentence
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.getMessage().endswith(
        """A message of this queue cannot be decrypted. Unreadable("the key '2026' is not configured")"""
    )
