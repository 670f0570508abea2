"""The leases of one queue's subscriptions: taken, prolonged by saving progress, and given back."""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from zaqar.errors import SubscriptionNotFound, Unavailable
from zaqar.models import Lease, Saved
from zaqar.notification.calls import Calls
from zaqar.notification.recipient import Recipient
from zaqar.storage import ids
from zaqar.storage.contract import MessageStore

if TYPE_CHECKING:
    from zaqar.notification.source import Source

LOG = logging.getLogger(__name__)

_MOST_AT_ONCE = 100
"""Subscriptions that one call leases or saves."""

_BETWEEN = 0.05
"""Seconds between two looks for more to lease, while some are held."""


class Leases:
    """Those that this process has. A lease lasts as counted from before the call that took or prolonged it."""

    def __init__(self, source: "Source", store: MessageStore, calls: Calls) -> None:
        self._source = source
        self._shared = source.shared
        self._store = store
        self._calls = calls
        self._held: dict[str, Recipient] = {}
        self._next_look = 0.0
        self.are_wanted = False
        """Whether there may be something to lease."""
        self.have_been = False
        """Whether anything was leased at all."""
        self.wakes_ms: int | None = None
        """When the next of what was given back is to be tried again."""

    @property
    def recipients(self) -> Sequence[Recipient]:
        """Those whose lease this process has."""
        return list(self._held.values())

    def wait(self) -> float | None:
        """Return in how many seconds to look for more; None if nobody has asked for it."""
        return max(self._next_look - self._shared.monotonic(), 0.0) if self.are_wanted and self._held else None

    async def take(self) -> None:
        """Take what has work, if somebody says that there may be some. Raises ``Unavailable``."""
        shared = self._shared
        limit = min(_MOST_AT_ONCE, shared.settings.most_leased - shared.leased)
        is_early = self._held and shared.monotonic() < self._next_look
        if not self.are_wanted or shared.is_stopping or is_early or limit <= 0:
            return
        self.are_wanted = False
        shared.leased += limit
        ends = shared.monotonic() + shared.settings.lease
        try:
            leases = await self._lease(limit)
            if leases:
                await self._source.learn_policy()
        except Unavailable:
            self.are_wanted = True
            raise
        finally:
            shared.leased -= limit
        for lease in leases:
            self._drop(lease.subscription.id)  # its lease had run out before it was taken again
            recipient = self._held[lease.subscription.id] = Recipient(self._source, lease, ends=ends)
            shared.leased += 1
            self.have_been = True
            shared.turns.add(recipient)
        if len(leases) == limit:
            self.are_wanted = True  # and at once: there are more, most likely
        else:
            self._next_look = shared.monotonic() + _BETWEEN

    async def look_after(self) -> None:
        """Read anew the subscriptions that have changed, and delete those whose receivers are gone. Raises ``Unavailable``."""
        subscriptions = self._store.subscriptions
        for recipient in [one for one in self._held.values() if one.is_gone or one.is_outdated]:
            name = ids.parse_id(recipient.id)
            try:
                found = await self._calls.run(subscriptions.get, self._source.queue, name)
            except SubscriptionNotFound:
                self._drop(recipient.id)
                continue
            if recipient.is_gone and found.version == recipient.subscription.version:
                await self._calls.run(subscriptions.delete, self._source.queue, name)
                LOG.info("subscription %s: deleted, as its receiver answers that it is gone", recipient.id)
                self._drop(recipient.id)
            else:
                recipient.renew(found)
                self._shared.turns.add(recipient)

    async def learn(self, recipient: Recipient) -> None:
        """Read a subscription anew, at once; one that is gone is dropped soon. Raises ``Unavailable``."""
        try:
            found = await self._calls.run(self._store.subscriptions.get, self._source.queue, ids.parse_id(recipient.id))
        except SubscriptionNotFound:
            recipient.is_outdated = True
            self._source.wake()
        else:
            recipient.renew(found)

    async def save_all(self) -> None:
        """Save everything, prolong every lease that is needed still, and give the others back. Raises ``Unavailable``."""
        await self._save(self.recipients, self._may_go)

    async def save_changed(self) -> None:
        """Save what has got on. Raises ``Unavailable``."""
        await self._save([one for one in self._held.values() if one.course.has_unsaved], lambda _: False)

    async def give_back(self) -> None:
        """Save everything, and hold nothing any more. Raises ``Unavailable``."""
        for recipient in self._held.values():
            recipient.is_open = False
        await self._save(self.recipients, lambda _: True)

    def _may_go(self, recipient: Recipient) -> bool:
        shared = self._shared
        is_long = shared.monotonic() - recipient.leased_at > shared.settings.longest_held
        has_begun = recipient.active_at > recipient.leased_at  # who makes place before that gets nowhere
        if is_long and has_begun and shared.is_crowded:
            recipient.is_leaving = True
        return recipient.may_rest()

    async def _lease(self, limit: int) -> Sequence[Lease]:
        return await self._calls.run(
            self._store.deliveries.lease,
            self._source.queue,
            holder=self._shared.holder,
            seconds=self._shared.settings.lease,
            limit=limit,
        )

    async def _save(self, recipients: Sequence[Recipient], may_go: Callable[[Recipient], bool]) -> None:
        for start in range(0, len(recipients), _MOST_AT_ONCE):
            some = recipients[start : start + _MOST_AT_ONCE]
            for one in some:
                one.is_resting = may_go(one)
            try:
                await self._save_some(some)
            finally:
                for one in some:
                    one.is_resting = False

    async def _save_some(self, recipients: Sequence[Recipient]) -> None:
        snapshots = [(one, one.snapshot()) for one in recipients]
        news = self._source.tail.news
        ends = self._shared.monotonic() + self._shared.settings.lease
        held = await self._calls.run(
            self._store.deliveries.save,
            self._source.queue,
            holder=self._shared.holder,
            seconds=self._shared.settings.lease,
            saved=[Saved(one.id, snapshot.progress, one.is_resting) for one, snapshot in snapshots],
        )
        for one, snapshot in snapshots:
            if self._held.get(one.id) is not one:
                continue
            if one.id in held:
                one.saved(snapshot, held[one.id], ends=ends)
            if one.is_resting:
                self._remember(one.course.wakes_ms())
            if one.is_resting or one.id not in held:
                self._drop(one.id)
                is_to_be_taken_anew = one.id not in held or not one.is_open or self._source.tail.news != news
                self.are_wanted = self.are_wanted or is_to_be_taken_anew
            else:
                self._shared.turns.add(one)

    def _remember(self, wakes_ms: int | None) -> None:
        if wakes_ms is not None:
            # What has passed since was leased again, or will be found with the usual looks.
            is_earlier = self.wakes_ms is None or not self._shared.now_ms() < self.wakes_ms <= wakes_ms
            self.wakes_ms = wakes_ms if is_earlier else self.wakes_ms

    def _drop(self, subscription_id: str) -> None:
        """Hold a subscription no longer."""
        recipient = self._held.pop(subscription_id, None)
        if recipient is not None:
            recipient.is_open = False
            recipient.ledger.close()
            self._shared.leased -= 1
            self._source.tail.forget(recipient)
