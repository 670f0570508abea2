"""What a kind of subscriber is: how its URIs are checked, and how one message gets to one of them.

A kind is a class that an entry point of the group ``zaqar.notification.kinds`` names; the name of the entry point is the
scheme of its URIs, in lower case. It is made in every process: those that take requests call ``parse`` only, so that its module
imports what it delivers with no earlier than in ``load``; the notifier calls the rest, in its event loop.
"""

import abc
import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from zaqar.models import QueueKey, Subscription
from zaqar.notification.confirmation import Asked
from zaqar.notification.settings import NotifierSettings


class Answer(NamedTuple):
    """What came of an attempt."""

    text: str
    """In a few words, with nothing of what was sent or received in it but numbers, as this is shown and logged."""
    is_delivered: bool = False
    is_gone: bool = False
    """Whether the receiver says that it wants no more, ever: then the subscription ends."""
    is_final: bool = False
    """Whether there is no use in trying this message again."""
    is_ours: bool = False
    """Whether it was no attempt, through no fault of the receiver: it does not count, and is made up for, until the message ends."""
    retry_after: str | None = None
    """As HTTP has it: seconds, or a date. Where it ``is_ours``, else it is made up for after half a minute."""


class Delivery(NamedTuple):
    """One attempt to deliver one message, or one question, to one subscriber."""

    queue: QueueKey
    """The source: the queue or topic that was subscribed to."""
    subscription: Subscription
    prepared: Any
    """What ``prepare`` returned for the subscription."""
    position: int
    """That of the message in its queue; the first one, where it was a dead letter."""
    message_id: str
    """By which a receiver can tell a repetition; the same at each attempt, also of a dead letter that was brought back."""
    body: bytes
    """As it is stored: JSON, or encrypted where it begins with the byte 1."""
    text: bytes
    """What the subscriber is told, JSON: the message of N-15 as it was posted, or the question of N-56."""
    ttl: int
    created: int
    now: int
    """The second of this attempt."""
    asked: Asked | None = None
    """The parts of the question; None where it is a message."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the notifier gives a kind when it begins."""

    in_thread: Callable[..., Awaitable[Any]]
    """Call what waits, such as a client library or a store, in a thread of this kind: ``await in_thread(call, *args)``."""
    post_copy: Callable[..., None]
    """``Copies.post`` of the operations: waits, so it is called in a thread."""


class SubscriberKind(abc.ABC):
    """Made with what the operator has configured, once in a process, however many schemes it has."""

    waits: Sequence[int] | None = None
    """Seconds to wait after each failed attempt; None: as retry policies say (N-28). It is given up after the last."""
    takes_copies = True
    """Whether it is told of what came to its queue through a subscription of another queue (N-11)."""
    can_be_asked = True
    """Whether its subscribers can be asked to confirm; else they count as confirmed."""
    is_always_asked = False
    """Whether nothing is delivered to one that is not confirmed, whatever ``require_confirmation`` says."""
    places: int | None = None
    """Attempts in progress at a time that it can use in a process, as when one server takes them all; None: as many as there are."""
    reads_text = True
    """Whether it looks at ``Delivery.text``; else that is empty, and no body is decrypted for it."""

    def __init__(self, settings: NotifierSettings) -> None:
        self.settings = settings

    @abc.abstractmethod
    def parse(self, subscriber: str, options: Mapping[str, Any], source: QueueKey) -> None:
        """Refuse what cannot be subscribed to the source. Raises ``Invalid``.

        Its scheme is this kind's, in any case of letters. Called at creation, and when the subscriber or the options change.
        """

    def load(self) -> None:  # noqa: B027 - not every kind has something to load
        """Import what it delivers with. Called before ``open``, from the main thread where processes may be forked later."""

    async def open(self, surroundings: Surroundings) -> None:  # noqa: B027 - not every kind has something to open
        """Begin, in the loop in which everything is delivered."""

    def prepare(self, subscription: Subscription) -> Any:  # noqa: ARG002 - not every kind has something to prepare
        """Return what deliveries to a subscription have in common, such as its address; never raises.

        It is asked for when its lease begins and when it has changed, and kept until then: no delivery needs to make it anew.
        """
        return None

    @abc.abstractmethod
    async def deliver(self, delivery: Delivery) -> Answer:
        """Make one attempt; never raises for what a receiver does. Cancelled when the notifier ends."""

    async def close(self) -> None:  # noqa: B027 - as above
        """Release what is open."""
