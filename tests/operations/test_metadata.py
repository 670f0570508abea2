import pytest

from tests.builders import queue_key
from zaqar.limits import Limits
from zaqar.models import DeadLetterRule, QueueKey
from zaqar.operations.settings import Settings, settings

LIMITS = Limits(default_message_ttl=500, default_message_delay=7, max_messages_post_size=1000)


def test_without_metadata_the_service_decides():
    assert settings(queue_key(), {}, LIMITS) == Settings(
        message_ttl=500, message_delay=7, max_post_size=1000, dead_letter=None, is_encrypted=False
    )


def test_the_queue_decides_where_it_says_something():
    queue = queue_key()
    stored = {
        "_default_message_ttl": 60,
        "_default_message_delay": 1,
        "_max_messages_post_size": 10,
        "_dead_letter_queue": "dead",
        "_max_claim_count": 2,
        "_dead_letter_queue_messages_ttl": 99,
        "_enable_encrypt_messages": True,
    }

    assert settings(queue, stored, LIMITS) == Settings(
        message_ttl=60,
        message_delay=1,
        max_post_size=10,
        dead_letter=DeadLetterRule(QueueKey(queue.project, "dead"), 2, 99),
        is_encrypted=True,
    )


def test_a_limit_that_was_lowered_since_bounds_the_queue():
    assert settings(queue_key(), {"_max_messages_post_size": 5000}, LIMITS).max_post_size == 1000


@pytest.mark.parametrize("count", [None, 0, -1])
def test_a_count_that_is_never_reached_is_no_rule(count):
    stored = {"_dead_letter_queue": "dead", "_max_claim_count": count}

    assert settings(queue_key(), stored, LIMITS).dead_letter is None


@pytest.mark.parametrize("count", [None, 0, -1])
def test_nothing_is_thrown_away_without_a_count(count):
    assert settings(queue_key(), {"_discard": True, "_max_claim_count": count}, LIMITS).dead_letter is None


def test_what_is_to_be_thrown_away_goes_to_no_queue():
    assert settings(queue_key(), {"_discard": True, "_max_claim_count": 3}, LIMITS).dead_letter == DeadLetterRule(
        None, 3
    )


@pytest.mark.parametrize("value", [False, None, 1, "yes"])
def test_only_true_throws_away(value):
    """The word may have been stored when it had no meaning."""
    assert settings(queue_key(), {"_discard": value, "_max_claim_count": 3}, LIMITS).dead_letter is None


def test_a_queue_that_is_to_keep_them_wins():
    queue = queue_key()
    stored = {"_discard": True, "_max_claim_count": 3, "_dead_letter_queue": "dead"}

    assert settings(queue, stored, LIMITS).dead_letter == DeadLetterRule(QueueKey(queue.project, "dead"), 3)
