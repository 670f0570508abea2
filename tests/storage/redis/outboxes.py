"""What lies in Redis of a queue's subscriptions and of its outbox, and what must hold of it after every step."""

import redis

from zaqar.models import QueueKey
from zaqar.storage.redis.keys import outbox_keys_of
from zaqar.storage.subscription_documents import decode_progress


class Outbox:
    """Everything there is of one outbox."""

    def __init__(self, client: redis.Redis, queue: QueueKey) -> None:
        names = outbox_keys_of(queue)._asdict()
        self.keys = {word for word, key in names.items() if word not in ("record", "resume") and client.exists(key)}
        self.notify_until = client.hget(names["record"], "notify_until")
        for word in ("order", "endings", "needed", "behind", "wakes", "taken", "pending"):
            setattr(self, word, dict(client.zrange(names[word], 0, -1, withscores=True)))
        for word in ("subscribers", "subscriptions", "progress", "holders"):
            setattr(self, word, client.hgetall(names[word]))
        self.hurried = client.smembers(names["hurried"])
        self.notices = dict(client.xrange(names["notices"]))

    def check(self) -> None:
        """Fail where the structures disagree."""
        ids = set(self.subscriptions)
        assert ids == set(self.order) == set(self.endings) == set(self.progress) == set(self.needed)
        digests = {id_: text.split(b" ", 2)[1] for id_, text in self.subscriptions.items()}
        assert self.subscribers == {digest: id_ for id_, digest in digests.items()}
        assert set(self.taken) == set(self.holders) <= ids
        assert self.hurried <= ids
        for id_, text in self.progress.items():
            high, _, _, saved = text.split(b" ", 3)
            assert self.needed[id_] == (decode_progress(saved).low if saved else int(high))
        self._check_offers(ids - set(self.taken))
        self._check_log()
        assert self.notify_until == (b"%d" % max(self.endings.values()) if ids else None)

    def _check_offers(self, free: set[bytes]) -> None:
        figures = {id_: self.progress[id_].split(b" ", 3)[:3] for id_ in free}
        assert self.behind == {id_: float(high) for id_, (high, _, is_full) in figures.items() if is_full == b"0"}
        asleep = {id_: float(wakes) for id_, (_, wakes, _) in figures.items() if wakes != b"-"}
        assert self.wakes == asleep | dict.fromkeys(self.hurried & free, 0.0)

    def _check_log(self) -> None:
        positions = [int(entry.partition(b"-")[0]) for entry in self.notices]
        assert sorted(self.pending.values()) == positions
        assert all(int(member.split(b" ")[0]) == place for member, place in self.pending.items())
        assert all(place > min(self.needed.values()) for place in positions), "nobody needs it"
