"""Holds every command that a test sends to a MongoDB through PyMongo against the documented types of its fields."""

import threading

from pymongo import monitoring

from tests.storage.mongodb.command_types import wrong_types


class TypeCheck(monitoring.CommandListener):
    """Listens to every client that is made after it was registered, and collects what is wrong."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wrong: list[str] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        found = wrong_types(event.command)
        with self._lock:
            self._wrong += found

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass

    def take(self) -> list[str]:
        """Return what was found since the last time, each line once."""
        with self._lock:
            found, self._wrong = self._wrong, []
        return sorted(set(found))
