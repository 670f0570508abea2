"""What comes of asking the service, in its own words: the same over every transport.

Every verb of ``client.Client`` returns one of these: what was asked for, or a ``Refusal``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from zaqar.errors import Error


@dataclass(frozen=True)
class Message:
    """A message as it is shown; only popping shows ``claim_count``."""

    id: str
    ttl: int
    age: int
    body: Any
    claim_id: str | None = None
    claim_count: int | None = None
    checksum: str | None = None


@dataclass(frozen=True)
class Queue:
    """An entry of a list of queues; ``metadata`` is None where nobody asked for details."""

    name: str
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True)
class Mark:
    """An end of a queue."""

    id: str
    age: int
    created: str


@dataclass(frozen=True)
class Refusal:
    """The kind of error and its sentence; whoever looks for anything else learns why it is not there."""

    error: type[Error]
    sentence: str
    is_done = False

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AssertionError(f"There is no {name}, but {self.error.__name__}: {self.sentence}")


@dataclass(frozen=True)
class Done:
    """It is done, and there is no more to say."""

    error = None
    is_done = True


@dataclass(frozen=True)
class Created(Done):
    """The queue is there; ``is_new`` where it was not before."""

    is_new: bool


@dataclass(frozen=True)
class Metadata(Done):
    """All that a queue shows of itself."""

    metadata: dict[str, Any]


@dataclass(frozen=True)
class Stats(Done):
    """How many messages there are, and the ends of the queue where there are any."""

    claimed: int
    free: int
    total: int
    oldest: Mark | None = None
    newest: Mark | None = None


@dataclass(frozen=True)
class Posted(Done):
    """The ids of the new messages, in order."""

    ids: list[str]


@dataclass(frozen=True)
class Shown(Done):
    """The one message."""

    message: Message


@dataclass(frozen=True)
class Messages(Done):
    """Some messages."""

    messages: list[Message]

    @property
    def ids(self) -> list[str]:
        """Their ids."""
        return [message.id for message in self.messages]

    @property
    def bodies(self) -> list[Any]:
        """What is in them."""
        return [message.body for message in self.messages]


@dataclass(frozen=True)
class Page(Messages):
    """A page of messages; ``next`` asks for the one behind it, and is None where there is none."""

    next: Callable[[], "Page | Refusal"] | None


@dataclass(frozen=True)
class Claimed(Messages):
    """What was claimed; without messages there is no claim either."""

    claim_id: str | None


@dataclass(frozen=True)
class Claim(Messages):
    """A claim that stands."""

    ttl: int
    age: int


@dataclass(frozen=True)
class QueuePage(Done):
    """A page of queues; ``count``, of all queues, is None where nobody asked for it or there are none."""

    queues: list[Queue]
    count: int | None
    next: Callable[[], "QueuePage | Refusal"] | None

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [queue.name for queue in self.queues]


NO_MESSAGES = Page([], next=None)
NO_QUEUES = QueuePage([], count=None, next=None)
NO_COUNTS = Stats(claimed=0, free=0, total=0)
"""What is shown where there is nothing, whether or not the queue exists."""
