import datetime

import pytest

from zaqar.transport.tokens.keystone import seconds_left, shares


def test_without_memcached_a_process_relies_on_a_verdict_for_the_whole_time():
    seconds, overrides = shares(300, has_memcached=False)

    assert seconds == 300
    assert "token_cache_time" not in overrides


@pytest.mark.parametrize("given", [2, 5, 300])
def test_memcached_and_a_process_together_rely_on_it_no_longer(given):
    """http X-25: what a process finds in memcached may have lain there for nearly as long as that keeps it."""
    seconds, overrides = shares(given, has_memcached=True)

    assert overrides["token_cache_time"] >= 1
    assert seconds + overrides["token_cache_time"] <= given


@pytest.mark.parametrize("has_memcached", [True, False])
@pytest.mark.parametrize("given", [-1, 0])
def test_caching_can_be_switched_off(given, has_memcached):
    assert shares(given, has_memcached=has_memcached)[0] == 0


def test_a_token_is_good_until_it_expires():
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=90)

    left = seconds_left({"expires_at": end.strftime("%Y-%m-%dT%H:%M:%S.%fZ")})

    assert 60 < left <= 90
