from tests.builders import queue_key
from zaqar.limits import Limits
from zaqar.operations.metadata import settings
from zaqar.operations.settings_cache import MOST_ENTRIES, SettingsCache

SETTINGS = settings(queue_key(), {}, Limits())


class _Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_was_read_is_known_for_a_while():
    time, queue = _Time(), queue_key()
    cache = SettingsCache(2, time)
    cache.put(queue, SETTINGS)

    time.now += 2
    assert cache.get(queue) is SETTINGS
    time.now += 0.1
    assert cache.get(queue) is None


def test_what_is_changed_is_forgotten():
    cache, queue = SettingsCache(2, _Time()), queue_key()
    cache.put(queue, SETTINGS)

    cache.forget(queue)
    cache.forget(queue)

    assert cache.get(queue) is None


def test_queues_of_other_projects_are_other_queues():
    cache = SettingsCache(2, _Time())
    cache.put(queue_key(project="a", name="q"), SETTINGS)

    assert cache.get(queue_key(project="b", name="q")) is None


def test_memory_is_bounded():
    cache = SettingsCache(2, _Time())

    for number in range(MOST_ENTRIES + 1):
        cache.put(queue_key(project="p", name=str(number)), SETTINGS)

    assert len(cache._entries) <= MOST_ENTRIES
