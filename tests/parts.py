"""Message stores of which a test may look at the parts, where it has to fail or to pause one of their steps."""

import dataclasses
from typing import Any, Protocol

from zaqar.storage.contract import MessageStore


class Parts(Protocol):
    """What a message store is made of."""

    def store(self) -> MessageStore:
        """Return the store."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class OpenStore(MessageStore):
    """A message store that shows its parts."""

    parts: Any


def opened_with(parts: Parts) -> OpenStore:
    """Return the store that is made of the parts."""
    store = parts.store()
    members = {field.name: getattr(store, field.name) for field in dataclasses.fields(store)}
    return OpenStore(**members, parts=parts)
