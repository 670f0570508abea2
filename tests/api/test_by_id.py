"""Messages by their ids: show, delete, delete many (http sections 7.4 to 7.7)."""

import pytest

from tests.api.outcomes import Message
from zaqar.errors import ClaimNotHeld, Invalid, MessageClaimed, NotFound

UNKNOWN = "0" * 30
GUARDED = "[transport]\nmessage_delete_with_claim_id = true\n"


def test_one_message_is_shown_as_in_a_list(client):
    """M-28: whoever asks, and whatever else is asked."""
    (message_id,) = client.post("q", {"a": 1}).ids
    (listed,) = client.list("q", echo=True).messages

    assert client.get("q", message_id).message == listed
    assert client.colleague().get("q", message_id, claim_id="x", echo="bad").message == listed


def test_a_claimed_message_shows_its_claim_to_everybody(client):
    """M-2, M-28"""
    (message_id,) = client.post("q", 1).ids
    claim_id = client.claim("q").claim_id

    assert client.colleague().get("q", message_id).message.claim_id == claim_id


def test_the_claim_is_not_shown_after_its_end(client, clock):
    """M-2, O-36"""
    (message_id,) = client.post("q", 1).ids
    client.claim("q", {"ttl": 60, "grace": 60})
    clock.move(60)

    assert client.get("q", message_id).message.claim_id is None


@pytest.mark.parametrize("message_id", [UNKNOWN, "x", "é", "%00", "a.b", "f" * 200, "507f1f77bcf86cd799439011"])
def test_an_unknown_message_is_not_found(client, message_id):
    """M-29"""
    client.create_queue("q")

    assert client.get("q", message_id).error is NotFound
    assert client.get("missing", message_id).error is NotFound


def test_an_id_means_nothing_in_another_queue(client):
    """M-29, O-4"""
    (message_id,) = client.post("q", 1).ids
    client.post("other", 2)

    assert client.get("other", message_id).error is NotFound
    assert client.get_many("other", message_id).error is NotFound
    assert client.delete("other", message_id).is_done
    assert client.delete_many("other", message_id).is_done
    assert client.get("q", message_id).is_done


def test_several_messages_are_shown(client):
    """M-24, M-26: own, claimed and delayed ones; what is unknown is left out."""
    own = client.post("q", "own", "claimed").ids
    delayed = client.post("q", "delayed", delay=100).ids
    client.claim("q", limit=1)

    found = client.get_many("q", *own, *delayed, UNKNOWN, "malformed")

    assert sorted(found.bodies) == ["claimed", "delayed", "own"]


def test_no_hit_is_not_found(client):
    """M-27"""
    assert client.get_many("missing", UNKNOWN).error is NotFound
    client.create_queue("q")
    assert client.get_many("q", UNKNOWN, "malformed").error is NotFound


def test_the_number_of_ids_has_limits(client):
    """M-25, M-40"""
    ids = client.post("q", *range(21)).ids

    assert client.get_many("q", *ids[:20]).is_done
    assert client.get_many("q", *ids).error is Invalid
    assert client.delete_many("q", *ids).error is Invalid
    assert client.delete_many("q", *ids[:20]).is_done


def test_a_free_message_is_deleted_once_and_for_all(client):
    """M-30, M-32, M-34"""
    first, _ = client.post("q", 1, 2).ids

    assert client.delete("q", first).is_done
    assert client.delete("q", first, claim_id="").is_done

    assert client.list("q", echo=True).bodies == [2]


@pytest.mark.parametrize("claim_id", ["", "x", UNKNOWN])
def test_deleting_what_is_not_there_changes_nothing(client, claim_id):
    """M-31"""
    assert client.delete("missing", UNKNOWN, claim_id=claim_id).is_done
    client.create_queue("q")
    assert client.delete("q", UNKNOWN, claim_id=claim_id).is_done
    assert client.delete("q", "malformed", claim_id=claim_id).is_done


def test_a_claimed_message_is_deleted_under_its_claim(client):
    """M-33"""
    (message_id,) = client.post("q", 1).ids
    claim_id = client.claim("q").claim_id

    assert client.delete("q", message_id, claim_id=claim_id).is_done
    assert client.stats("q").total == 0
    assert client.delete("q", message_id, claim_id=claim_id).is_done


def test_a_claimed_message_is_not_deleted_without_its_claim(client):
    """M-35, M-36, K-8"""
    first, second = client.post("q", 1, 2).ids
    client.claim("q", limit=1)
    other = client.claim("q", limit=1).claim_id

    assert client.delete("q", first).error is MessageClaimed
    assert client.delete("q", first, claim_id="").error is MessageClaimed
    assert client.delete("q", first, claim_id=other).error is MessageClaimed
    assert client.get_many("q", first, second).is_done


@pytest.mark.parametrize("claim_id", ["x", UNKNOWN, "é", "507f1f77bcf86cd799439011", "0" * 31])
def test_a_claim_that_does_not_exist_deletes_nothing(client, claim_id):
    """M-36, M-37, M-38"""
    claimed, free = client.post("q", 1, 2).ids
    client.claim("q", limit=1)

    assert client.delete("q", claimed, claim_id=claim_id).error is ClaimNotHeld
    assert client.delete("q", free, claim_id=claim_id).error is ClaimNotHeld
    assert sorted(client.get_many("q", claimed, free).bodies) == [1, 2]


def test_a_claim_that_is_over_deletes_nothing(client, clock):
    """M-38, O-37"""
    message_id, _ = client.post("q", 1, 2).ids
    released = client.claim("q", limit=1).claim_id
    client.release("q", released)
    assert client.delete("q", message_id, claim_id=released).error is ClaimNotHeld

    expired = client.claim("q", {"ttl": 60}, limit=1).claim_id
    clock.move(60)

    assert client.delete("q", message_id, claim_id=expired).error is ClaimNotHeld
    assert client.get("q", message_id).is_done


def test_many_are_deleted_claimed_or_not(client):
    """M-40, O-74"""
    ids = client.post("q", 1, 2, 3).ids
    client.claim("q", limit=1)

    assert client.delete_many("q", *ids[:2], UNKNOWN, "malformed", claim_ids="ignored").is_done

    assert client.list("q", echo=True, include_claimed=True).bodies == [3]
    assert client.delete_many("missing", *ids).is_done


def test_ids_and_pop_exclude_each_other(client):
    """M-39"""
    (message_id,) = client.post("q", 1).ids

    assert client.delete_many("q", message_id, pop=1).error is Invalid
    assert client.list("q", echo=True).bodies == [1]


def test_where_claims_must_be_named_deleting_by_ids_names_them(configured):
    """M-41"""
    client = configured(GUARDED)
    a, b, c = client.post("q", 1, 2, 3).ids
    one, two = client.claim("q", limit=1).claim_id, client.claim("q", limit=1).claim_id

    assert client.delete_many("q", a).error is Invalid
    assert client.delete_many("q", a, claim_ids="").error is Invalid
    assert client.delete_many("q", a, b, claim_ids=one).error is MessageClaimed
    assert client.delete_many("q", a, c, claim_ids=one).error is MessageClaimed
    assert client.delete_many("q", a, claim_ids="malformed").error is MessageClaimed
    assert client.stats("q").total == 3
    assert client.delete_many("q", a, b, UNKNOWN, claim_ids=f"{one},{two}").is_done
    assert client.list("q", echo=True, include_claimed=True).bodies == [3]


def test_where_claims_must_be_named_pop_and_single_deletion_are_as_ever(configured):
    """M-41, O-74"""
    client = configured(GUARDED)
    first, _ = client.post("q", 1, 2).ids

    assert client.delete("q", first).is_done
    assert client.pop("q", 1, claim_ids=UNKNOWN).error is Invalid
    assert client.pop("q", 1, claim_ids="").bodies == [2]


def test_the_oldest_free_messages_are_popped(client):
    """M-43: one's own too."""
    client.post("q", *range(5))
    client.claim("q", limit=1)

    assert client.pop("q", 3).bodies == [1, 2, 3]
    assert client.list("q", echo=True, include_claimed=True).bodies == [0, 4]


def test_a_popped_message_says_how_often_it_was_claimed(client, clock):
    """M-3, M-44"""
    (message_id,) = client.post("q", {"a": 1}, ttl=1000).ids
    claim_id = client.claim("q").claim_id
    client.release("q", claim_id)
    clock.move(5)

    assert client.pop("q", 1).messages == [Message(message_id, ttl=1000, age=5, body={"a": 1}, claim_count=1)]


def test_nothing_to_pop_is_no_error(client):
    """M-43"""
    assert client.pop("q", 1).messages == []
    assert client.list_queues().names == []


@pytest.mark.parametrize(("number", "error"), [(0, Invalid), (1, None), (20, None), (21, Invalid), (-1, Invalid)])
def test_the_number_to_pop_has_limits(client, number, error):
    """M-42"""
    assert client.pop("q", number).error is error
