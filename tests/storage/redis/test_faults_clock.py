"""The store's time: a host with a wrong clock reads it too, and keeps on when the server does not tell."""

import threading

import pytest

from tests.builders import new_message
from tests.clock import MovableClock
from tests.conformance.acts import claim, get, post
from tests.integration.redis_servers import redis_server
from tests.storage.redis.faults import HASTY, made_queue
from tests.storage.redis.opening import opened
from zaqar.clock import SystemClock
from zaqar.errors import Unavailable
from zaqar.storage import server_clock as module
from zaqar.storage.ids import named
from zaqar.storage.server_clock import ServerClock

HOUR = 3600
SECOND = 1_000_000


class Told:
    """A server that tells a time when it is there."""

    def __init__(self, seconds):
        self.losses = 0
        self.seconds = seconds
        self.is_there = True
        self.asked = []

    def microseconds(self, *, is_patient=False):
        self.asked.append(is_patient)
        if not self.is_there:
            raise Unavailable("away")
        return self.seconds * SECOND


@pytest.fixture
def uri(shared):
    return shared(redis_server).uri


@pytest.mark.parametrize("wrong_by", [-HOUR, HOUR])
def test_a_host_with_a_wrong_clock_ends_no_claim_of_others_and_dates_messages_right(uri, wrong_by, monkeypatch):
    with opened(uri, clock=None) as right, monkeypatch.context() as patched:
        queue = made_queue(right)
        patched.setattr(module, "SystemClock", lambda: Shifted(wrong_by))
        patched.setattr(module, "SteadyTicks", lambda: Shifted(wrong_by))
        with opened(uri, clock=None) as wrong:
            (first,) = post(wrong, queue, new_message(ttl=300))
            held = claim(right, queue, ttl=60)

            assert [message.id for message in held.messages] == [first]
            assert claim(wrong, queue).messages == ()
            assert wrong.claims.get(queue, named(held.id)).age <= 5
            assert get(right, queue, first).age <= 5


class Shifted(SystemClock):
    """A host's clock that is wrong."""

    def __init__(self, seconds):
        self.seconds = seconds

    def microseconds(self):
        return super().microseconds() + self.seconds * SECOND


@pytest.fixture
def server():
    return Told(1000)


@pytest.fixture
def host():
    """The ticks of a host that began to count some time ago."""
    return MovableClock(5000 * SECOND)


@pytest.fixture
def wall():
    """Its wall clock, which is wrong."""
    return MovableClock(900_000 * SECOND)


@pytest.fixture
def clock(server, host, wall):
    return ServerClock(server, host, wall)


def pass_time(seconds, *clocks):
    """Let time pass for all of them alike."""
    for each in clocks:
        each.move(seconds)


def test_the_time_is_asked_for_once_a_minute_and_not_before(server, host, wall, clock):
    assert clock.now() == 1000

    pass_time(59, host, wall)
    assert clock.now() == 1059
    assert len(server.asked) == 1

    pass_time(1, host, wall)
    assert clock.now() == 1000
    assert len(server.asked) == 2


@pytest.mark.parametrize("step", [HOUR, -HOUR, 2, -2])
def test_a_step_of_the_wall_clock_moves_no_time_and_lets_the_server_be_asked_again_once(
    server, host, wall, clock, step
):
    clock.now()
    pass_time(10, host, wall)
    server.seconds = 1010
    wall.move(step)

    assert [clock.now() for _ in range(5)] == [1010] * 5
    assert len(server.asked) == 2


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_step_of_the_wall_clock_moves_no_time_while_the_server_is_away(server, host, wall, clock, step):
    clock.now()
    pass_time(10, host, wall)
    server.is_there = False
    wall.move(step)

    assert [clock.now() for _ in range(5)] == [1010] * 5
    assert len(server.asked) == 2


def test_a_machine_that_slept_has_the_time_of_its_waking_and_asks_for_it(server, host, wall, clock):
    """The ticks go on while it sleeps."""
    clock.now()
    pass_time(HOUR, host, wall)
    server.is_there = False
    assert clock.now() == 1000 + HOUR
    assert len(server.asked) == 2


def test_a_machine_that_was_stopped_from_outside_asks_for_the_time_when_its_wall_clock_is_set(
    server, host, wall, clock
):
    """A virtual machine that was paused has missed the time itself: its ticks stood still."""
    clock.now()
    pass_time(2, host, wall)
    server.seconds = 1000 + HOUR
    wall.move(HOUR)

    assert clock.now() == 1000 + HOUR


def test_after_a_lost_connection_the_time_is_asked_for_again_since_the_server_may_be_another(server, host, wall, clock):
    clock.now()
    server.losses, server.seconds = 1, 2000
    pass_time(1, host, wall)

    assert clock.now() == 2000
    assert clock.now() == 2000
    assert len(server.asked) == 2


def test_connections_that_are_lost_all_the_time_do_not_bring_a_question_each(server, clock):
    for _ in range(20):
        server.losses += 1
        clock.now()

    assert len(server.asked) == 1


def test_a_server_that_does_not_tell_leaves_the_last_offset(server, host, wall, clock):
    clock.now()
    server.is_there, server.losses = False, 1
    pass_time(100, host, wall)

    assert [clock.now() for _ in range(5)] == [1100] * 5
    assert server.asked == [True, False]


def test_where_the_time_was_never_told_the_host_s_own_is_not_believed(server, clock):
    server.is_there = False
    with pytest.raises(Unavailable):
        clock.now()

    server.is_there = True
    assert clock.now() == 1000
    assert server.asked == [True, True]


def test_a_server_that_hangs_holds_nobody_up_for_its_time(monkeypatch):
    host = MovableClock()
    monkeypatch.setattr(module, "SteadyTicks", lambda: host)
    monkeypatch.setattr(module, "SystemClock", lambda: host)
    with redis_server() as server, opened(server.uri, clock=None, **HASTY) as store:
        queue = made_queue(store)
        server.pause()
        host.move(module.INTERVAL // SECOND)
        reading = threading.Thread(target=store.parts.clock.now)
        reading.start()
        reading.join(3 * HASTY["socket_timeout"] + 1)
        assert not reading.is_alive()
        server.resume()

        post(store, queue, new_message())


def test_the_first_reading_waits_for_a_server_that_is_away_for_a_moment():
    with redis_server() as server, opened(server.uri, clock=None) as store:
        server.kill()
        restarting = threading.Timer(0.2, server.start)
        restarting.start()
        made_queue(store)
        restarting.join()
