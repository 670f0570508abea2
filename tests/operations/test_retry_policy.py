"""How often and how fast may be tried again (http Q-16, notifications N-29)."""

import pytest

from zaqar.errors import Invalid
from zaqar.operations.retry_policy import LONGEST_DELAY, MOST_RETRIES, check_retry_policy

RETRIES = ("retries_with_no_delay", "minimum_delay_retries", "maximum_delay_retries")


@pytest.mark.parametrize("name", RETRIES)
def test_retries_are_bounded(name):
    for number in (0, MOST_RETRIES):
        check_retry_policy({name: number})
    for number in (-1, MOST_RETRIES + 1, 2**63 - 1):
        with pytest.raises(Invalid, match=f"{name} of _retry_policy must be between 0 and {MOST_RETRIES}"):
            check_retry_policy({name: number})


def test_delays_are_bounded():
    check_retry_policy({"minimum_delay": 0, "maximum_delay": LONGEST_DELAY})
    check_retry_policy({"minimum_delay": LONGEST_DELAY - 10, "maximum_delay": LONGEST_DELAY})
    for delays in ({"minimum_delay": -1}, {"maximum_delay": LONGEST_DELAY + 1}):
        with pytest.raises(Invalid, match=f"must be between 0 and {LONGEST_DELAY}"):
            check_retry_policy(delays)


@pytest.mark.parametrize("value", [None, "", False, True, 1.0, "1", []])
@pytest.mark.parametrize("name", [*RETRIES, "minimum_delay", "maximum_delay"])
def test_numbers_are_integers(name, value):
    with pytest.raises(Invalid, match=f"{name} of _retry_policy must be an integer"):
        check_retry_policy({name: value})


@pytest.mark.parametrize("name", [[], {}, None, "Linear", 1])
def test_a_backoff_is_one_of_four(name):
    with pytest.raises(Invalid, match="must be one of"):
        check_retry_policy({"retry_backoff_function": name})
