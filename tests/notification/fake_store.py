"""A message store in memory that has queues, posts, subscriptions and the outbox, and nothing else."""

import dataclasses
import threading

import msgspec

from zaqar.errors import ChangedMeanwhile, QueueNotFound, SubscriptionNotFound, Unavailable
from zaqar.models import Held, Lease, Notice, NoticedMessage, Posted, Progress, Standing, Subscription
from zaqar.storage import ids
from zaqar.storage.contract import Deliveries, MessageStore, Subscriptions


@dataclasses.dataclass
class _Row:
    subscription: Subscription
    ends: int
    progress: Progress
    holder: str | None = None
    lease_ends: float = 0
    is_hurried: bool = False


class _Memory:
    """What the parts have in common."""

    def __init__(self, clock):
        self.clock = clock
        self.lock = threading.RLock()
        self.positions = {}
        self.rows = {}
        self.notices = {}
        self.is_down = False
        self.calls = []

    def enter(self, name):
        self.calls.append(name)
        if self.is_down:
            raise Unavailable("The store is away.")

    def living(self, queue):
        now = self.clock.now()
        return [row for row in self.rows.get(queue, {}).values() if row.ends > now]

    def row(self, queue, subscription_id):
        for row in self.living(queue):
            if row.subscription.id == ids.format_id(*subscription_id):
                return row
        raise SubscriptionNotFound("There is no such subscription.")

    def take_positions(self, queue, number):
        if queue not in self.positions:
            raise QueueNotFound(queue)
        first = max(self.positions[queue], self.clock.microseconds())
        self.positions[queue] = first + number
        return first


class _Subscriptions(Subscriptions):
    def __init__(self, memory):
        self._memory = memory

    def create(self, queue, new, *, token):
        with self._memory.lock:
            subscription = Subscription(
                id=ids.format_id(self._memory.clock.microseconds(), token),
                subscriber=new.subscriber,
                ttl=new.ttl,
                age=0,
                options=new.options,
                secret=new.secret,
            )
            row = _Row(
                subscription, self._memory.clock.now() + new.ttl, Progress(self._memory.take_positions(queue, 0) - 1)
            )
            self._memory.rows.setdefault(queue, {})[subscription.id] = row
            return subscription, True

    def list(self, queue, *, marker, limit):
        return [row.subscription for row in self._memory.living(queue)]

    def get(self, queue, subscription_id):
        self._memory.enter("get")
        return self._memory.row(queue, subscription_id).subscription

    def replace(self, queue, *, old, new, restarts=False):
        with self._memory.lock:
            row = self._memory.row(queue, ids.parse_id(old.id))
            if row.subscription.version != old.version:
                raise ChangedMeanwhile("It has changed.")
            row.subscription = msgspec.structs.replace(new, version=old.version + 1)

    def delete(self, queue, subscription_id):
        with self._memory.lock:
            self._memory.enter("delete")
            self._memory.rows.get(queue, {}).pop(ids.format_id(*subscription_id), None)

    def delete_all(self, queue):
        self._memory.rows.pop(queue, None)


class _Deliveries(Deliveries):
    def __init__(self, memory):
        self._memory = memory

    def sources(self):
        with self._memory.lock:
            self._memory.enter("sources")
            return [queue for queue, notices in self._memory.notices.items() if notices]

    def lease(self, queue, *, holder, seconds, limit):
        with self._memory.lock:
            self._memory.enter("lease")
            now = self._memory.clock.microseconds() / 1e6
            last = max((one.last for one in self._memory.notices.get(queue, ())), default=0)
            found = [
                row
                for row in self._memory.living(queue)
                if row.lease_ends <= now
                and (
                    (last > row.progress.high and not row.progress.is_full)
                    or row.is_hurried
                    or (row.progress.wakes_ms is not None and row.progress.wakes_ms <= now * 1000)
                )
            ]
            leases = []
            for row in sorted(found, key=lambda row: row.progress.high)[:limit]:
                leases.append(Lease(row.subscription, row.progress, row.is_hurried))
                row.holder, row.lease_ends, row.is_hurried = holder, now + seconds, False
            return leases

    def notices(self, queue, *, after, most_bytes):
        with self._memory.lock:
            self._memory.enter("notices")
            found = []
            for notice in self._memory.notices.get(queue, ()):
                if notice.last > after:
                    found.append(notice)
                    most_bytes -= sum(len(message.body) for message in notice.messages)
                    if most_bytes <= 0:
                        break
            return found

    def save(self, queue, *, holder, seconds, saved):
        with self._memory.lock:
            self._memory.enter("save")
            now = self._memory.clock.microseconds() / 1e6
            held = {}
            rows = {row.subscription.id: row for row in self._memory.living(queue)}
            for one in saved:
                assert all(failing.position <= one.progress.high for failing in one.progress.failing)
                assert len(one.progress.failing) <= 20
                assert len(one.progress.outcomes) <= 50
                row = rows.get(one.subscription_id)
                if row is None or row.holder != holder:
                    continue
                row.progress = one.progress
                row.holder, row.lease_ends = (None, 0) if one.is_released else (holder, now + seconds)
                held[one.subscription_id] = Held(row.subscription.version, row.is_hurried)
                row.is_hurried = False
            least = min((row.progress.low for row in rows.values()), default=2**53)
            self._memory.notices[queue] = [one for one in self._memory.notices.get(queue, ()) if one.last > least]
            return held

    def address(self, queue, subscription_id, message, *, token):
        self._notice(queue, [message], token, ids.format_id(*subscription_id), "question")

    def redeliver(self, queue, subscription_id, message, *, token):
        """Leave a dead letter for one subscription, as a redrive does."""
        self._notice(queue, [message], token, subscription_id, "redelivery")

    def copy(self, queue, message, *, token):
        """Leave what came through a subscription of another queue."""
        self._notice(queue, [message], token, None, "copy")

    def standing(self, queue, subscription_id):
        with self._memory.lock:
            progress = self._memory.row(queue, subscription_id).progress
            return Standing(progress, sum(one.last > progress.high for one in self._memory.notices.get(queue, ())))

    def hurry(self, queue, subscription_id):
        self._memory.row(queue, subscription_id).is_hurried = True

    def _notice(self, queue, messages, token, subscription_id=None, purpose="post"):
        with self._memory.lock:
            first = self._memory.take_positions(queue, len(messages))
            held = [NoticedMessage(one.body, one.ttl, one.delay, one.origin) for one in messages]
            notice = Notice(first, token, self._memory.clock.now(), held, subscription_id, purpose)
            self._memory.notices.setdefault(queue, []).append(notice)
            return [ids.format_id(first + at, token) for at in range(len(messages))]


class _Messages:
    def __init__(self, memory, deliveries):
        self._memory = memory
        self._deliveries = deliveries

    def post(self, queue, messages, *, client_id, token, audience="everybody", memory=0):
        with self._memory.lock:
            return Posted(self._deliveries._notice(queue, messages, token), True)


class _Records:
    def __init__(self, memory):
        self._memory = memory

    def create(self, queue):
        self._memory.positions.setdefault(queue, 0)


def fake_store(clock):
    """Return the store and its memory, which can be told to be down."""
    memory = _Memory(clock)
    deliveries = _Deliveries(memory)
    store = MessageStore(
        records=_Records(memory),
        messages=_Messages(memory, deliveries),
        claims=None,
        subscriptions=_Subscriptions(memory),
        deliveries=deliveries,
        redrives=None,
        microseconds=clock.microseconds,
        sweep=lambda: 0,
        is_alive=lambda: True,
        close=lambda: None,
    )
    return store, memory
