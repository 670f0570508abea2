import pytest

from zaqar.transport.identity import Credentials
from zaqar.transport.tokens.memory import MOST_REMEMBERED, Memory
from zaqar.transport.tokens.verdict import Verdict


class Time:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def memory(time):
    return Memory(most=3, monotonic=time)


def _of(project, seconds=300.0):
    return Verdict(Credentials(project), seconds)


def test_a_verdict_is_known_until_its_seconds_are_over(memory, time):
    memory.put(b"a", _of("one", 300))

    time.now += 299.9
    assert memory.get(b"a") == _of("one", 300)
    time.now += 0.2
    assert memory.get(b"a") is None
    assert len(memory) == 0


def test_use_does_not_prolong_it(memory, time):
    memory.put(b"a", _of("one", 300))
    for _ in range(10):
        time.now += 29.9
        assert memory.get(b"a")

    time.now += 2

    assert memory.get(b"a") is None


@pytest.mark.parametrize("seconds", [0, -1])
def test_what_is_not_to_be_remembered_is_not(memory, seconds):
    memory.put(b"a", _of("one", seconds))

    assert len(memory) == 0


def test_of_too_many_the_one_used_longest_ago_goes(memory):
    for digest in (b"a", b"b", b"c"):
        memory.put(digest, _of(digest.decode()))
    memory.get(b"a")

    memory.put(b"d", _of("d"))

    assert [digest for digest in (b"a", b"b", b"c", b"d") if memory.get(digest)] == [b"a", b"c", b"d"]


def test_there_is_room_for_ten_thousand():
    memory = Memory()
    for number in range(MOST_REMEMBERED + 5):
        memory.put(number.to_bytes(4, "big"), _of("one"))

    assert len(memory) == MOST_REMEMBERED == 10_000
