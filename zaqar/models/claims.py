"""Claims."""

from collections.abc import Sequence

import msgspec

from zaqar.models.messages import Message


class Claim(msgspec.Struct, frozen=True):
    """Messages held by one consumer for ``ttl`` seconds; ``age`` counts from the last renewal."""

    id: str
    ttl: int
    age: int
    messages: Sequence[Message]
