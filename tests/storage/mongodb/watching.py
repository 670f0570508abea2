"""What a server is asked, and what it answers: the commands of this thread, as PyMongo's monitor tells them."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pymongo import monitoring

_PARTS = {"updates": "q", "deletes": "q"}


@dataclass(frozen=True)
class Sent:
    """One command: one round trip."""

    name: str
    words: dict[str, Any]
    reply: dict[str, Any] = field(default_factory=dict)

    @property
    def collection(self) -> str:
        return self.words[self.name]

    @property
    def filters(self) -> list[dict[str, Any]]:
        """What the command looks for, once for each of its statements."""
        for part, key in _PARTS.items():
            if part in self.words:
                return [statement[key] for statement in self.words[part]]
        found = self.words.get("filter", self.words.get("query"))
        return [] if found is None else [found]

    @property
    def reached(self) -> int:
        """How many documents were returned, inserted, changed or removed."""
        if "cursor" in self.reply:
            return len(self.reply["cursor"]["firstBatch"])
        return int(self.reply["value"] is not None) if "value" in self.reply else int(self.reply.get("n", 0))

    @property
    def is_limited(self) -> bool:
        """Whether the command itself says how many documents it can reach: those it names, those of a claim, or a limit."""
        return "limit" in self.words or all("_id" in wanted or "claim" in wanted for wanted in self.filters)

    @property
    def sort(self) -> dict[str, int]:
        return dict(self.words.get("sort") or {})


class Watching(monitoring.CommandListener):
    """Listens to a client: ``with watch() as sent``."""

    def __init__(self) -> None:
        self._watched: dict[int, list[Sent]] = {}

    @contextlib.contextmanager
    def __call__(self) -> Iterator[list[Sent]]:
        sent: list[Sent] = []
        self._watched[threading.get_ident()] = sent
        try:
            yield sent
        finally:
            del self._watched[threading.get_ident()]

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if (sent := self._watched.get(threading.get_ident())) is not None:
            sent.append(Sent(event.command_name, dict(event.command)))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        if sent := self._watched.get(threading.get_ident()):
            sent[-1].reply.update(event.reply)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass
