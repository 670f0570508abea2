"""The stack of connections, where threads come and go."""

import pytest

from zaqar.errors import Unavailable
from zaqar.storage.redis.server.pool import Pool


class _Stolen(list):
    """Idle connections of which another thread takes the last whenever this one has seen it."""

    def __bool__(self):
        return True


def test_who_loses_an_idle_connection_to_another_thread_waits_for_the_next():
    pool = Pool(lambda: None, most=0, patience=0.01)
    pool.idle = _Stolen()

    with pytest.raises(Unavailable, match="every connection to it is in use"):
        pool.take()
