"""What a queue and its dead-letter queue do, in plain lists."""

from dataclasses import dataclass, field

from zaqar.errors import ClaimNotHeld, MessageClaimed
from zaqar.models import Message


@dataclass(eq=False)
class Held:
    """What the model knows of a claim."""

    id: str
    ttl: int
    since: int

    def lives(self, now):
        return self.since + self.ttl > now


@dataclass(eq=False)
class Item:
    """What the model knows of a message."""

    id: str
    body: bytes
    ttl: int
    created: int
    expires: int
    due: int
    client_id: str
    held: Held | None = None
    claim_count: int = 0

    def lives(self, now):
        return self.expires > now

    def is_claimed(self, now):
        return self.held is not None and self.held.lives(now)

    def is_ready(self, now):
        return self.due <= now and not self.is_claimed(now)

    def extend(self, now, ttl, grace):
        if self.expires < now + ttl:
            self.ttl, self.expires = ttl + grace, now + ttl + grace

    def shown(self, now):
        claim_id = self.held.id if self.is_claimed(now) else None
        return Message(self.id, self.body, self.ttl, now - self.created, claim_id, self.claim_count)


@dataclass(eq=False)
class Model:
    """Both queues as lists, oldest first; ended claims and gone ids are kept, so that they can be tried again."""

    messages: list[Item] = field(default_factory=list)
    dead: list[Item] = field(default_factory=list)
    claims: list[Held] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def living(self, now):
        return [item for item in self.messages if item.lives(now)]

    def held(self, claim, now):
        return [item for item in self.living(now) if item.held is claim and claim.lives(now)]

    def ready(self, now):
        return [item for item in self.living(now) if item.is_ready(now)]

    def forget(self, items):
        self.gone += [item.id for item in items]
        self.messages = [item for item in self.messages if item not in items]

    def claim(self, held, *, limit, grace, most):
        """Claim; return what was taken and what was claimed ``most`` times already and has to move."""
        taken, moved = [], []
        for item in self.ready(held.since):
            if len(taken) == limit:
                break
            (moved if most and item.claim_count >= most else taken).append(item)
        for item in taken:
            item.held, item.claim_count = held, item.claim_count + 1
            item.extend(held.since, held.ttl, grace)
        self.forget(moved)
        if taken:
            self.claims.append(held)
        return taken, moved

    def bury(self, message_id, item, ttl, now):
        """Put a moved message into the dead-letter queue, with the id that the store made."""
        self.dead.append(Item(message_id, item.body, ttl, now, now + ttl, now, item.client_id))

    def refusal(self, item, claim, claim_id, now):
        """Return the error of storage R2.9.1, if there is one; ``claim_id`` without ``claim`` is unknown."""
        if not item.lives(now):
            return None
        if claim_id is None:
            return MessageClaimed if item.is_claimed(now) else None
        if claim is None or not item.is_claimed(now) or not self.held(claim, now):
            return ClaimNotHeld
        return None if item.held is claim else MessageClaimed

    def page(self, *, marker, hidden_client_id, include_claimed, include_delayed, now):
        return [
            item.shown(now)
            for item in self.living(now)
            if (include_claimed or not item.is_claimed(now))
            and (include_delayed or item.due <= now)
            and item.client_id != hidden_client_id
            # The one place where ids are read: their order is the order of the queue.
            and (marker is None or item.id > marker)
        ]
