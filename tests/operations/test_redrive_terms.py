"""What a client may say of a redrive (http R-2)."""

import pytest

from tests.builders import queue_key
from zaqar.errors import Invalid
from zaqar.models import RedriveTerms
from zaqar.operations.redrive_terms import checked

NOTHING = dict.fromkeys(("to", "limit", "rate", "reason", "dry_run"))


def _checked(**said):
    return checked(queue_key(name="dead"), **NOTHING | said)


def test_what_is_not_said_is_not_limited():
    assert _checked() == RedriveTerms()


def test_all_that_is_said_is_kept():
    said = {"to": "mail", "limit": 1, "rate": 100_000, "reason": "gone", "dry_run": True}

    assert _checked(**said) == RedriveTerms(to="mail", limit=1, rate=100_000, reason="gone", is_dry_run=True)


@pytest.mark.parametrize("reason", ["max_claim_count", "delivery_failed", "receiver_down", "expired", "gone"])
def test_each_reason_has_its_word(reason):
    assert _checked(reason=reason).reason == reason


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"to": 1}, "to must be the name of a queue."),
        ({"to": ""}, "to: Queue names are"),
        ({"to": "a/b"}, "to: Queue names are"),
        ({"to": "dead"}, "to must name another queue"),
        ({"limit": 0}, "limit must be between 1 and"),
        ({"limit": -1}, "limit must be between 1 and"),
        ({"limit": True}, "limit must be an integer."),
        ({"limit": 1.5}, "limit must be an integer."),
        ({"limit": "1"}, "limit must be an integer."),
        ({"limit": 2**53 + 1}, "limit must be between"),
        ({"rate": 0}, "rate must be between 1 and 100000"),
        ({"rate": 100_001}, "rate must be between 1 and 100000"),
        ({"rate": []}, "rate must be an integer."),
        ({"reason": "bored"}, "reason must be one of max_claim_count, delivery_failed"),
        ({"reason": ["gone"]}, "reason must be one of"),
        ({"reason": 1}, "reason must be one of"),
        ({"dry_run": 1}, "dry_run must be a boolean."),
        ({"dry_run": "true"}, "dry_run must be a boolean."),
    ],
)
def test_what_means_nothing_is_refused_with_a_sentence(said, sentence):
    with pytest.raises(Invalid) as refusal:
        _checked(**said)

    assert str(refusal.value).startswith(sentence)
