"""Where the messages of a queue live."""

from collections.abc import Iterable

from zaqar.models import QueueKey
from zaqar.storage.contract import MessageStore, Routing


class SingleStore(Routing):
    """One message store for every queue."""

    def __init__(self, store: MessageStore) -> None:
        self._store = store

    def store_for(self, queue: QueueKey) -> MessageStore:
        """Return the only store."""
        return self._store

    def stores(self) -> Iterable[MessageStore]:
        """Return the only store."""
        return (self._store,)
