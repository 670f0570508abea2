"""What one of all processes does is done in a Cluster, too."""

import pytest

from tests.clock import MovableClock
from tests.integration.redis_groups import redis_cluster
from tests.storage.redis.opening import message_store


@pytest.fixture
def sides(shared):
    """Return the stores of two processes on an empty Cluster."""
    cluster = shared(redis_cluster)
    cluster.flush()
    clock = MovableClock()
    stores = [message_store(cluster.uri, clock=clock) for _ in range(2)]
    yield stores
    for store in stores:
        store.close()


def test_a_turn_to_sweep_is_taken_by_one_process_of_a_cluster(sides):
    assert [side.is_turn_to_sweep() for side in (*sides, *sides)] == [True, False, False, False]
