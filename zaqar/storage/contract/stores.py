"""The two bundles, and which message store serves a queue."""

import abc
import dataclasses
from collections.abc import Callable, Iterable

from zaqar.models import QueueKey
from zaqar.storage.contract.claims import Claims
from zaqar.storage.contract.deliveries import Deliveries
from zaqar.storage.contract.messages import Messages
from zaqar.storage.contract.queues import Queues
from zaqar.storage.contract.records import Records
from zaqar.storage.contract.redrives import Redrives
from zaqar.storage.contract.subscriptions import Subscriptions


def _always() -> bool:
    return True


def _no_answer() -> str:
    return "The message store does not answer."


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class MessageStore:
    """Messages, claims, subscriptions, and what is to be delivered to them."""

    records: Records
    messages: Messages
    claims: Claims
    subscriptions: Subscriptions
    deliveries: Deliveries
    redrives: Redrives

    microseconds: Callable[[], int]
    """Return the time by which everything here lives and ends, in microseconds since 1970; may wait and raise ``Unavailable``."""

    sweep: Callable[[], int]
    """Reclaim what has expired, was purged or deleted; return how many messages and claims went. Safe anywhere.

    Subscriptions that have ended and notices past their time are among it, and are not counted.

    Also moves the dead letters that claims have left behind, until none is left or their queue has no record. Works in
    bounded steps, between which other calls get in. What fails in one queue does not keep it from the others.
    """

    is_turn_to_sweep: Callable[[], bool] = _always
    """Tell whether this process is to sweep now; asked every two seconds while the service runs.

    A store that all processes of all hosts share lets one of them sweep at a time.
    """

    is_alive: Callable[[], bool]
    """Tell whether the store answers; never raises, cheap."""

    complaint: Callable[[], str] = _no_answer
    """Say in a sentence what is wrong with a store that is not alive; no secrets, no paths."""

    close: Callable[[], None]
    """Release connections and stop background work."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ManagementStore:
    """Queues and topics with their metadata."""

    queues: Queues

    is_alive: Callable[[], bool]
    """Tell whether the store answers; never raises, cheap."""

    close: Callable[[], None]
    """Release connections."""


class Routing(abc.ABC):
    """Which message store serves a queue."""

    @abc.abstractmethod
    def store_for(self, queue: QueueKey) -> MessageStore:
        """Return the store that holds the queue's messages."""

    @abc.abstractmethod
    def stores(self) -> Iterable[MessageStore]:
        """Return every store there is, each once."""
