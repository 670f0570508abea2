"""What one store's sweeps say of it, and that each has its own."""

import queue

import pytest

from zaqar.background import Background
from zaqar.errors import Unavailable
from zaqar.storage.sweeping import Sweeping

PATIENCE = 10
NOT_MY_TURN = "another process sweeps"


class _Store:
    """A store whose sweeps come out as they are told to, in turn; then they find nothing."""

    def __init__(self, *outcomes):
        self.swept = queue.SimpleQueue()
        self._outcomes = list(outcomes)

    def is_turn_to_sweep(self):
        if self._outcomes[:1] == [NOT_MY_TURN]:
            self.swept.put(self._outcomes.pop(0))
            return False
        return True

    def sweep(self):
        outcome = self._outcomes.pop(0) if self._outcomes else 0
        self.swept.put(outcome)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def swept():
    """Sweep stores in the background until the test is over."""
    started = []

    def sweep(*stores):
        background = Background([Sweeping(store).task(interval=0.01) for store in stores])
        background.start()
        started.append(background)

    yield sweep
    for background in started:
        background.stop()


@pytest.mark.parametrize("error", [Unavailable("The disk is full."), OSError(28, "No space left on device")])
def test_an_outage_does_not_end_it(swept, error):
    store = _Store(error, error)

    swept(store)

    assert [store.swept.get(timeout=PATIENCE) for _ in range(3)] == [error, error, 0]


def test_an_outage_is_told_once_when_it_begins_and_once_when_it_ends(swept, caplog):
    store = _Store(
        Unavailable("Away."), OSError(28, "Full"), NOT_MY_TURN, Unavailable("Away."), 0, 0, Unavailable("Gone.")
    )

    swept(store)
    for _ in range(9):
        store.swept.get(timeout=PATIENCE)

    assert [record.getMessage() for record in caplog.records] == [
        "What has expired is not reclaimed until the store answers again: Away.",
        "The store answers again, and what has expired is reclaimed.",
        "What has expired is not reclaimed until the store answers again: Gone.",
        "The store answers again, and what has expired is reclaimed.",
    ]


def test_a_store_that_hangs_or_is_away_stops_no_other_s_sweep(swept):
    class _Hanging(_Store):
        def sweep(self):
            self.swept.put("begun")
            released.get(timeout=PATIENCE)

    released = queue.SimpleQueue()
    hanging, away, well = _Hanging(), _Store(*[Unavailable("Away.")] * 1000), _Store()

    swept(hanging, away, well)

    assert hanging.swept.get(timeout=PATIENCE) == "begun"
    assert [well.swept.get(timeout=PATIENCE) for _ in range(3)] == [0, 0, 0]
    released.put("go on")
