"""What the queues of one process have in common while it delivers."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from zaqar.clock import Clock
from zaqar.models import QueueKey
from zaqar.notification.counters import Counters
from zaqar.notification.dead_letters import DeadLetters
from zaqar.notification.dispatch import Made
from zaqar.notification.kinds.installed import scheme_of
from zaqar.notification.kinds.kind import SubscriberKind
from zaqar.notification.kinds.missing import Missing
from zaqar.notification.settings import NotifierSettings
from zaqar.notification.turns import Turns
from zaqar.notification.windows import Budget


@dataclasses.dataclass(eq=False)
class Shared:
    """Handed to everything that runs in the loop of deliveries."""

    settings: NotifierSettings
    clock: Clock
    holder: str
    turns: Turns
    budget: Budget
    made: Made
    kinds: Mapping[str, SubscriberKind]
    """By scheme."""
    dead_letters: DeadLetters
    counters: Counters
    retry_policy: Callable[[QueueKey], dict[str, Any] | None]
    monotonic: Callable[[], float]
    leased: int = 0
    """Subscriptions that are held, or asked for."""
    is_stopping: bool = False

    @property
    def is_crowded(self) -> bool:
        """Whether all places for leases are taken, so that others may wait for one."""
        return self.leased >= self.settings.most_leased

    def kind_of(self, subscriber: str) -> SubscriberKind:
        """Return what delivers to a subscriber."""
        return self.kinds.get(scheme_of(subscriber)) or Missing(self.settings)

    def now_ms(self) -> int:
        """Return the time in milliseconds since 1970."""
        return self.clock.microseconds() // 1000
