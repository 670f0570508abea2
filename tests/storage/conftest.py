"""What the tests of every backend have in common."""

import pytest

from tests.builders import queue_key
from zaqar.models import QueueKey
from zaqar.storage.contract import MessageStore


@pytest.fixture
def queue(store: MessageStore) -> QueueKey:
    """Return a queue that can be posted to."""
    key = queue_key()
    store.records.create(key)
    return key
