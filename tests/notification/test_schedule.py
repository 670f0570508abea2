"""When a message is tried again: notifications N-28 to N-36."""

import pytest

from zaqar.notification import schedule

NOW = 1_800_000_000


def backoff(function, least, most):
    """Return only the series of a back-off function."""
    return schedule.waits(
        {
            "retries_with_no_delay": 0,
            "minimum_delay_retries": 0,
            "maximum_delay_retries": 0,
            "minimum_delay": least,
            "maximum_delay": most,
            "retry_backoff_function": function,
        }
    )


@pytest.mark.parametrize(
    ("function", "least", "most", "series"),
    [
        ("linear", 5, 30, "5 10 15 20 25"),
        ("linear", 1, 11, "1 6"),
        ("geometric", 5, 30, "5 7 12 19 30"),
        ("geometric", 20, 80, "20 22 25 29 33 37 42 48 54 62 70 80"),
        ("exponential", 10, 60, "10 12 14 18 22 27 33 40 49 60"),
        ("arithmetic", 5, 30, "5 7 12 20 30"),
        ("arithmetic", 30, 100, "30 30 32 34 37 41 46 51 57 64 72 80 90 100"),
    ],
)
def test_each_function_gives_the_series_of_its_vector(function, least, most, series):
    assert backoff(function, least, most) == tuple(map(int, series.split()))


@pytest.mark.parametrize("function", ["geometric", "exponential"])
def test_a_back_off_from_zero_is_one_from_a_second(function):
    assert backoff(function, 0, 20) == pytest.approx((1, 2, 7, 20), abs=1)


def test_the_default_schedule_has_fourteen_retries_in_three_minutes():
    series = schedule.waits({})

    assert series == (0, 0, 0, 5, 5, 5, 5, 10, 15, 20, 25, 30, 30, 30)
    assert sum(series) == 180


def test_members_that_a_policy_lacks_have_their_defaults():
    assert schedule.waits({"retries_with_no_delay": 0, "maximum_delay_retries": 1}) == (
        *(5, 5, 5),
        *(5, 10, 15, 20, 25),
        30,
    )


@pytest.mark.parametrize("policy", [{"minimum_delay": "soon"}, {"retries_with_no_delay": None}])
def test_a_policy_that_cannot_be_followed_is_taken_for_the_default(policy):
    assert schedule.waits(policy) == schedule.waits({})


def test_a_policy_beyond_all_bounds_is_cut_off():
    assert len(schedule.waits({"retries_with_no_delay": 10**12, "minimum_delay": -5, "maximum_delay": 10**15})) == 1000


OWN, QUEUE = {"minimum_delay": 1}, {"minimum_delay": 2}
IGNORING = {"minimum_delay": 3, "ignore_subscription_override": True}


@pytest.mark.parametrize(
    ("subscription", "queue", "policy"),
    [
        (OWN, QUEUE, OWN),
        ({}, QUEUE, QUEUE),
        (None, None, {}),
        (OWN, None, OWN),
        (OWN, IGNORING, IGNORING),
        (IGNORING, QUEUE, QUEUE),
        (IGNORING, None, {}),
        ("nonsense", QUEUE, QUEUE),
    ],
)
def test_the_policy_that_applies_is_chosen_as_a_whole(subscription, queue, policy):
    assert schedule.chosen(subscription, queue) == policy


def test_jitter_never_shortens_a_wait_and_lengthens_it_by_a_tenth_at_most():
    drawn = [schedule.with_jitter(30) for _ in range(1000)]

    assert 30 <= min(drawn) < max(drawn) <= 33


def test_a_wait_of_nothing_stays_nothing():
    assert schedule.with_jitter(0) == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("Fri, 15 Jan 2027 08:02:00 GMT", 120),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("\u0663", None),
        ("9" * 5000, 9999999999),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(text, seconds):
    assert schedule.seconds_asked(text, NOW) == seconds


def test_the_length_of_a_schedule_leaves_room_for_jitter_and_the_last_attempt():
    assert schedule.length((0, 5, 5)) == pytest.approx(41)
