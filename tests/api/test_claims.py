"""Claims: create, show, renew, release (http section 8)."""

import pytest

from tests.api.outcomes import Message
from zaqar.errors import Invalid, InvalidBody, NotFound

UNKNOWN = "0" * 30


def test_a_claim_takes_messages_and_says_which(client):
    """C-5, M-2, clients K-11: one's own too (C-4)."""
    ids = client.post("q", "a", "b").ids

    claim = client.claim("q", {"ttl": 100, "grace": 60})

    assert claim.messages == [
        Message(message_id, ttl=3600, age=0, body=body, claim_id=claim.claim_id)
        for message_id, body in zip(ids, "ab", strict=True)
    ]
    assert claim.claim_id.isalnum()


def test_nothing_to_claim_is_nothing(client):
    """C-6, clients K-12: and a missing queue is not created."""
    claim = client.claim("q")

    assert (claim.messages, claim.claim_id) == ([], None)
    assert client.list_queues().names == []


def test_the_oldest_are_claimed_first_each_once(client):
    """C-1, C-4, C-7, D-6"""
    client.post("q", *range(25))

    taken = [client.claim("q", limit=3).bodies, client.claim("q").bodies, client.claim("q", limit=20).bodies]

    assert taken == [[0, 1, 2], list(range(3, 13)), list(range(13, 25))]
    assert client.claim("q").messages == []


def test_a_default_claim_is_no_larger_than_the_largest(configured):
    """C-1, O-76"""
    client = configured("[transport]\nmax_messages_per_claim_or_pop = 2\n")
    client.post("q", 1, 2, 3)

    assert client.claim("q").bodies == [1, 2]
    assert client.claim("q", limit=3).error is Invalid


@pytest.mark.parametrize("document", [{}, {"other": 1}, {"limit": 1, "id": "x"}])
def test_terms_that_are_not_given_are_the_services(client, document):
    """C-2, clients K-6"""
    client.post("q", 1, 2)

    claim_id = client.claim("q", document).claim_id

    assert client.show_claim("q", claim_id).ttl == 300
    assert len(client.show_claim("q", claim_id).messages) == 2


def test_a_claim_without_a_body_has_the_services_terms(configured):
    """C-2"""
    client = configured("[transport]\ndefault_claim_ttl = 99\ndefault_claim_grace = 77\n")
    client.post("q", 1, ttl=60)

    claim = client.claim("q")

    assert client.show_claim("q", claim.claim_id).ttl == 99
    assert claim.messages[0].ttl == 99 + 77


RANGES = [
    (59, Invalid),
    (60, None),
    (43200, None),
    (43201, Invalid),
    (0, Invalid),
    (-1, Invalid),
    (2**63 - 1, Invalid),
]


@pytest.mark.parametrize(("value", "error"), RANGES)
@pytest.mark.parametrize("member", ["ttl", "grace"])
def test_ttl_and_grace_have_limits(client, member, value, error):
    """C-3, C-17, O-38"""
    client.post("q", 1)

    made = client.claim("q", {member: value})
    renewed = client.renew("q", made.claim_id if error is None else UNKNOWN, {member: value})

    assert made.error is error
    assert renewed.error is error


@pytest.mark.parametrize("value", [None, "60", 60.5, True, [], {}])
@pytest.mark.parametrize("member", ["ttl", "grace"])
def test_ttl_and_grace_are_integers(client, member, value):
    """C-3, C-17"""
    client.post("q", 1)

    assert client.claim("q", {member: value}).error is InvalidBody
    assert client.renew("q", UNKNOWN, {member: value}).error is InvalidBody
    assert client.list("q", echo=True).bodies == [1]


@pytest.mark.parametrize(("limit", "error"), [(0, Invalid), (1, None), (20, None), (21, Invalid), (-1, Invalid)])
def test_a_limit_has_limits(client, limit, error):
    """C-1"""
    claim = client.claim("q", limit=limit)

    assert claim.error is error
    assert error or claim.messages == []


def test_claimed_messages_are_out_of_reach(client):
    """C-7"""
    client.post("q", 1)
    client.claim("q")

    assert client.list("q", echo=True).bodies == []
    assert client.claim("q").messages == []
    assert client.pop("q", 1).bodies == []


def test_a_message_outlives_its_claim_by_the_grace(client, clock):
    """C-8, M-5"""
    client.post("q", "short", ttl=60)
    client.post("q", "long", ttl=1000)

    claim = client.claim("q", {"ttl": 100, "grace": 60})

    assert [message.ttl for message in claim.messages] == [160, 1000]
    clock.move(159)
    assert client.list("q", echo=True).bodies == ["short", "long"]
    clock.move(1)
    assert client.list("q", echo=True).bodies == ["long"]


def test_a_claim_ends_by_itself(client, clock):
    """C-8, C-13"""
    client.post("q", 1)
    claim_id = client.claim("q", {"ttl": 60}).claim_id
    clock.move(59)
    assert client.show_claim("q", claim_id).is_done

    clock.move(1)

    assert client.show_claim("q", claim_id).error is NotFound
    assert client.renew("q", claim_id, {}).error is NotFound
    assert client.list("q", echo=True).bodies == [1]
    assert client.claim("q").bodies == [1]


def test_a_claim_shows_its_terms_and_messages(client, clock):
    """C-12"""
    (message_id,) = client.post("q", "a").ids
    claim_id = client.claim("q", {"ttl": 100}).claim_id
    clock.move(7)

    claim = client.show_claim("q", claim_id)

    assert (claim.age, claim.ttl) == (7, 100)
    assert claim.messages == [Message(message_id, ttl=3600, age=7, body="a", claim_id=claim_id)]


@pytest.mark.parametrize("claim_id", ["x", UNKNOWN, "é", "%00", "f" * 200, ""])
def test_an_unknown_claim_is_not_found(client, claim_id):
    """C-13, C-18, C-19"""
    client.post("q", 1)

    for queue in ("q", "missing"):
        assert client.show_claim(queue, claim_id).error is NotFound
        assert client.renew(queue, claim_id, {}).error is NotFound
        assert client.release(queue, claim_id).is_done
    assert client.list_queues().names == ["q"]


def test_a_claim_means_nothing_in_another_queue(client):
    """C-13"""
    client.post("q", 1)
    client.post("other", 1)
    claim_id = client.claim("q").claim_id

    assert client.show_claim("other", claim_id).error is NotFound
    assert client.renew("other", claim_id, {}).error is NotFound
    assert client.release("other", claim_id).is_done
    assert client.show_claim("q", claim_id).is_done


def test_a_claim_shrinks_and_is_gone_with_its_last_message(client):
    """C-14"""
    client.post("q", 1, 2)
    claim = client.claim("q")
    first, second = claim.ids

    client.delete("q", first, claim_id=claim.claim_id)
    assert client.show_claim("q", claim.claim_id).bodies == [2]
    client.delete("q", second, claim_id=claim.claim_id)

    assert client.show_claim("q", claim.claim_id).error is NotFound
    assert client.renew("q", claim.claim_id, {}).error is NotFound


def test_renewing_starts_anew(client, clock):
    """C-15, C-16"""
    client.post("q", 1, ttl=60)
    claim_id = client.claim("q", {"ttl": 100, "grace": 60}).claim_id
    clock.move(50)

    assert client.renew("q", claim_id, {"ttl": 500, "grace": 70}).is_done

    shown = client.show_claim("q", claim_id)
    assert (shown.age, shown.ttl, shown.messages[0].ttl) == (0, 500, 570)
    clock.move(499)
    assert client.show_claim("q", claim_id).age == 499


def test_terms_omitted_in_a_renewal_are_the_services_not_the_claims(client):
    """C-15, O-38"""
    client.post("q", 1)
    claim_id = client.claim("q", {"ttl": 1000}).claim_id

    assert client.renew("q", claim_id, {}).is_done
    assert client.show_claim("q", claim_id).ttl == 300


def test_released_messages_are_available_at_once(client):
    """C-19, M-2"""
    (message_id,) = client.post("q", 1).ids
    claim_id = client.claim("q").claim_id

    assert client.release("q", claim_id).is_done

    assert [(m.id, m.claim_id) for m in client.list("q", echo=True).messages] == [(message_id, None)]
    assert client.show_claim("q", claim_id).error is NotFound
    assert client.release("q", claim_id).is_done
    assert client.claim("q").ids == [message_id]


def test_another_client_may_use_the_claim(client):
    """X-19: the Client-ID plays no role here."""
    client.post("q", 1)
    claim_id = client.claim("q").claim_id

    assert client.colleague().renew("q", claim_id, {}).is_done
    assert client.colleague().release("q", claim_id).is_done
