"""Claims and pops that are under way: what they have in common, as far as it is their own."""

import abc
import itertools
import time
from collections.abc import Iterator
from typing import ClassVar

from pymongo import UpdateMany

from zaqar.models import DeadLetterRule
from zaqar.storage.mongodb.messages.encoding import is_worn
from zaqar.storage.mongodb.messages.lines import Waiter
from zaqar.storage.mongodb.server.connection import Document


class Call(Waiter):
    """A claim or a pop. Those of one class stand in one line for each queue.

    ``mark``: what tells its messages from those of others, in their field of the name ``field``. ``rule``: which messages are
    worn, and so move to the dead-letter queue instead.
    """

    field: ClassVar[str]
    state: ClassVar[str]
    """The state of the messages that it was given."""

    def __init__(self, mark: str, limit: int, rule: DeadLetterRule | None = None) -> None:
        super().__init__()
        self.mark = mark
        self.limit = limit
        self.rule = rule
        self.now = 0
        """The second of this step."""
        self.taken: list[Document] = []
        self.chosen: list[Document] = []
        """What the call may take in this step."""
        self.won: list[Document] = []
        """What it was given of that."""
        self.has_moved = False
        """Whether it has moved dead letters."""
        self._began = time.monotonic()

    @property
    def missing(self) -> int:
        """Return how many messages the call still wants."""
        return self.limit - len(self.taken)

    @property
    def seconds(self) -> float:
        """Return for how long the call has gone on."""
        return time.monotonic() - self._began

    @abc.abstractmethod
    def changes(self, wanted: Document) -> list[UpdateMany]:
        """Return what marks the chosen messages, where they meet a condition."""

    def marked(self, message: Document) -> Document:
        """Return one of them as it is to be told: as those changes leave it."""
        return message

    def is_worn(self, message: Document) -> bool:
        """Tell whether a message was claimed as often as the rule allows."""
        return self.rule is not None and is_worn(message, self.rule)

    def choose(self, messages: Iterator[Document]) -> None:
        """Begin a step with the next messages, as many as are missing."""
        self.chosen, self.won = list(itertools.islice(messages, self.missing)), []
