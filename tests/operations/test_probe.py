import threading

import pytest

from tests.integration.process import wait_until
from tests.storage.children import child
from zaqar.operations.probe import Probe


class Time:
    now = 100.0

    def __call__(self):
        return self.now


class Stores:
    """Answer what they are told, when they are let."""

    def __init__(self):
        self.asked = 0
        self.wrong = ()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def __call__(self):
        self.asked += 1
        assert self.may_answer.wait(30)
        if isinstance(self.wrong, Exception):
            raise self.wrong
        return self.wrong


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def stores():
    made = Stores()
    yield made
    made.may_answer.set()


def test_the_stores_are_asked_once_a_second_however_often_somebody_asks(stores, time):
    probe = Probe(stores, monotonic=time)

    for _ in range(100):
        assert probe.complaints() == ()
        time.now += 0.05

    assert stores.asked == 5


def test_what_is_wrong_is_told_and_forgotten_when_it_is_over(stores, time):
    probe = Probe(stores, monotonic=time)
    stores.wrong = ["The message store does not answer."]
    assert list(probe.complaints()) == stores.wrong

    stores.wrong = ()
    time.now += 1

    assert probe.complaints() == ()


def test_a_store_that_hangs_is_not_waited_for_and_not_asked_twice(stores):
    probe = Probe(stores, interval=0, patience=0.05)
    stores.may_answer.clear()

    for _ in range(5):
        assert probe.complaints() == ("A store does not answer.",)
    assert stores.asked == 1

    stores.may_answer.set()
    wait_until(lambda: probe.complaints() == ())


def test_a_store_that_cannot_be_asked_is_not_well(stores, caplog):
    stores.wrong = ValueError("broken")

    assert Probe(stores).complaints() == ("A store does not answer.",)
    assert "cannot be asked" in caplog.text


def test_a_change_is_logged_and_not_its_repetition(stores, time, caplog):
    caplog.set_level("INFO")
    probe = Probe(stores, monotonic=time)
    for wrong in (["Away."], ["Away."], (), ()):
        stores.wrong = wrong
        probe.complaints()
        time.now += 1

    assert [record.getMessage() for record in caplog.records] == [
        "The service is not well: Away.",
        "The service is well again.",
    ]


def test_a_forked_process_asks_by_itself(stores):
    probe = Probe(stores)
    stores.may_answer.clear()
    thread = threading.Thread(target=probe.complaints)
    thread.start()
    wait_until(lambda: stores.asked)

    def ask(_):
        stores.may_answer = threading.Event()
        stores.may_answer.set()
        assert probe.complaints() == ()

    with child(ask) as forked:
        assert forked.end() == 0
    stores.may_answer.set()
    thread.join(10)
