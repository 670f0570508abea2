"""The embedded store's time: steps of the wall clock do not move it, and it approaches the wall clock slowly."""

import contextlib

import pytest

from tests.builders import new_message, queue_key
from tests.conformance.acts import claim, listed, post
from zaqar.storage.ids import named
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite.anchored_clock import SECOND, AnchoredClock, LinuxHost
from zaqar.storage.sql.sqlite.connection import Database

BOOTED = 1_800_000_000
HOUR = 3600


class Machine:
    """A host whose clocks are moved by hand, and the anchor that its database would keep."""

    def __init__(self):
        self.boot = "first"
        self.anchor = None
        self.up = 100 * SECOND
        self.wall = BOOTED * SECOND

    def nanoseconds(self):
        return self.up * 1000

    def time(self):
        return self.wall

    def keep(self, change):
        self.anchor = change(self.anchor) or self.anchor
        return self.anchor

    def pass_time(self, seconds):
        self.up += round(seconds * SECOND)
        self.wall += round(seconds * SECOND)

    def step(self, seconds):
        self.wall += round(seconds * SECOND)

    def reboot(self, *, wall):
        self.boot, self.up, self.wall = "second", 0, wall * SECOND

    def process(self):
        clock = AnchoredClock(self.keep, self)
        clock.start()
        return clock


@pytest.fixture
def machine():
    return Machine()


def follow(machine, *clocks, seconds, every=2):
    for _ in range(round(seconds / every)):
        machine.pass_time(every)
        for clock in clocks:
            clock.follow()


def test_it_begins_with_the_wall_clock(machine):
    assert machine.process().now() == BOOTED


@pytest.mark.parametrize("hours", [-1, 1, -24 * 365, 24 * 365])
def test_a_step_changes_nothing_for_processes_from_before_and_after(machine, hours):
    before = machine.process()
    machine.pass_time(10)
    machine.step(hours * HOUR)
    after = machine.process()

    assert before.now() == after.now() == BOOTED + 10
    follow(machine, before, after, seconds=40)
    assert before.microseconds() == after.microseconds() == (BOOTED + 50) * SECOND


def test_a_restart_of_the_service_after_a_step_changes_nothing(machine):
    machine.process()
    machine.step(-HOUR)
    machine.pass_time(10)

    assert machine.process().now() == BOOTED + 10


def test_behind_the_wall_clock_it_catches_up_by_a_thousandth(machine):
    clock = machine.process()
    machine.step(HOUR)

    follow(machine, clock, seconds=600)

    assert BOOTED + 600 < clock.microseconds() / SECOND <= BOOTED + 600 + 0.6


def test_ahead_of_the_wall_clock_it_gives_back_a_hundredth_and_never_goes_back_more_than_it_went_on(machine):
    clock = machine.process()
    machine.step(-HOUR)

    shown = []
    for _ in range(300):
        follow(machine, clock, seconds=2)
        shown.append(clock.microseconds())

    assert BOOTED + 600 - 6 <= shown[-1] / SECOND < BOOTED + 600
    assert shown == sorted(shown)


def test_it_meets_the_wall_clock_and_stays_there(machine):
    clock = machine.process()
    machine.step(-30)

    follow(machine, clock, seconds=2 * HOUR, every=20)

    assert abs(clock.microseconds() - machine.wall) <= SECOND // 20


def test_all_processes_follow_the_same_correction(machine):
    clocks = [machine.process(), machine.process()]
    machine.step(HOUR)

    follow(machine, *clocks, seconds=600)

    assert clocks[0].microseconds() == clocks[1].microseconds()


def test_a_long_pause_of_the_service_is_not_made_up_for_at_once(machine):
    clock = machine.process()
    machine.step(HOUR)
    machine.pass_time(100 * 24 * HOUR)

    clock.follow()

    assert clock.microseconds() / SECOND <= BOOTED + 100 * 24 * HOUR + 3.6


def test_after_a_reboot_it_begins_with_the_wall_clock(machine):
    machine.process()
    machine.reboot(wall=BOOTED + 5 * HOUR)

    assert machine.process().now() == BOOTED + 5 * HOUR


def test_a_machine_that_boots_with_its_clock_unset_goes_on_from_the_last_anchor_until_the_clock_is_set(machine):
    machine.process()
    machine.reboot(wall=0)
    clock = machine.process()
    assert clock.now() == BOOTED

    follow(machine, clock, seconds=20)
    assert clock.now() == BOOTED + 20
    machine.wall = (BOOTED + 5 * HOUR) * SECOND
    follow(machine, clock, seconds=2)
    assert clock.now() == BOOTED + 5 * HOUR + 2

    machine.step(HOUR)
    follow(machine, clock, seconds=20)
    assert clock.now() == BOOTED + 5 * HOUR + 22


def test_a_database_keeps_its_time_for_the_next_process(path):
    with contextlib.ExitStack() as opened:
        first, second = (Database(f"sqlite:///{path}", synchronous="NORMAL") for _ in range(2))
        for database in (first, second):
            opened.callback(database.close)
        store, key = message_store(first), queue_key()
        store.records.create(key)
        post(store, key, new_message())
        held = claim(store, key)

        assert message_store(second).claims.get(key, named(held.id)).age in (0, 1)
        assert listed(message_store(second), key) == []
        second.follow_clock()
        assert abs(first.clock.microseconds() - second.clock.microseconds()) < SECOND
        assert abs(first.clock.microseconds() - LinuxHost().time()) < SECOND
