from tests.clock import MovableClock
from zaqar.notification.store_time import StoreTime


def test_the_time_is_that_of_the_store_and_goes_on_with_the_ticks_of_the_host():
    store, host = MovableClock(5_000_000_000), MovableClock(7)
    time = StoreTime(store.microseconds, host)
    time.follow()

    host.move(2)

    assert (time.microseconds(), time.now()) == (5_002_000_000, 5002)


def test_a_store_whose_time_steps_is_followed():
    store, host = MovableClock(5_000_000_000), MovableClock(7)
    time = StoreTime(store.microseconds, host)
    time.follow()

    store.move(-60)
    time.follow()

    assert time.now() == 4940
