"""A post as its steps are given it: what is to be inserted, and by which keys it is found."""

import dataclasses
from collections.abc import Sequence

from zaqar.models import Purpose, QueueKey
from zaqar.storage.ids import format_id, new_token
from zaqar.storage.mongodb.messages import notices
from zaqar.storage.mongodb.messages.leases import LEASE
from zaqar.storage.mongodb.messages.record import Record
from zaqar.storage.mongodb.messages.scope import keys_of_post, message_key, scope_of
from zaqar.storage.mongodb.server.connection import Document


@dataclasses.dataclass(frozen=True)
class Post:
    """One attempt to post; ``nonce`` tells it from others with the same token.

    ``addressee``: the one subscription that is to have it, and then it is in no queue; empty for all. ``purpose``: what its
    notice is of.
    """

    queue: QueueKey
    drafts: Sequence[Document]
    token: str
    memory: int
    lease: int = LEASE
    is_silent: bool = False
    addressee: str = notices.FOR_ALL
    purpose: Purpose = "post"
    has_notice: bool = False
    nonce: str = dataclasses.field(default_factory=new_token)

    @property
    def scope(self) -> str:
        """Return the scope of the queue."""
        return scope_of(self.queue)

    @property
    def placed(self) -> Sequence[Document]:
        """Return the messages that come into the queue."""
        return [] if self.addressee else self.drafts

    @property
    def due(self) -> int | None:
        """Return when the first of the messages falls due; None where none is delayed."""
        return min((draft["until"] for draft in self.placed if "until" in draft), default=None)

    def after(self, before: Record, now: int) -> "Post":
        """Return the post, told whether the queue has subscribers by the record as it was before."""
        has_notice = not self.is_silent and (bool(self.addressee) or before.notify_until > now)
        return dataclasses.replace(self, has_notice=has_notice)

    def keys(self, first: int) -> list[str]:
        """Return the keys of the messages and of the notice, the last."""
        return keys_of_post(self.scope, self.token, first=first, count=len(self.drafts))

    def documents(self, first: int) -> list[Document]:
        """Return what is to be inserted: the messages, and behind them the notice, if there is one."""
        found = [
            {"_id": message_key(self.scope, format_id(position, self.token)), "queue": self.scope, "position": position}
            | draft
            for position, draft in enumerate(self.placed, first)
        ]
        if self.has_notice:
            found.append(
                notices.document(
                    self.scope,
                    self.drafts,
                    first=first,
                    token=self.token,
                    addressee=self.addressee,
                    purpose=self.purpose,
                )
            )
        return found
