import pytest

from zaqar.engines.pinning import shares


@pytest.mark.parametrize(
    ("cpus", "workers", "expected"),
    [
        ([0, 1, 2, 3], 2, [[0, 1], [2, 3]]),
        ([0, 1, 2], 2, [[0], [1, 2]]),
        ([4, 7], 2, [[4], [7]]),
        ([0, 1], 3, [[0], [1], [0]]),
        ([5], 2, [[5], [5]]),
    ],
)
def test_workers_get_equal_parts_of_the_cpus_and_each_at_least_one(cpus, workers, expected):
    assert [list(share) for share in shares(cpus, workers)] == expected
