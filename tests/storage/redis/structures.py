"""What lies in Redis of a queue, and what must hold of it after every step (``key_lists.py`` says what each key is)."""

from collections import Counter

import redis

from zaqar.models import QueueKey
from zaqar.storage.redis.keys import keys_of


class Structures:
    """Everything there is of one queue."""

    def __init__(self, client: redis.Redis, queue: QueueKey) -> None:
        names = keys_of(queue)._asdict()
        self.record = names["record"]
        self.keys = _keys_with_prefix(client, self.record)
        self.others = self.keys - set(names.values())
        self.lifetimes = {key: client.ttl(key) for key in self.keys}
        self.may_end = {names["resume"], *(key for key in self.others if key.startswith(self.record + b":posted:"))}
        for part in ("ready", "expiry", "delayed", "due", "claimed", "claims"):
            setattr(self, part, dict(client.zrange(names[part], 0, -1, withscores=True)))
        for part in ("messages", "states", "holdings", "remaining", "leaving"):
            setattr(self, part, client.hgetall(names[part]))

    @property
    def lasting(self) -> set[bytes]:
        """The keys but for those that Redis ends by itself."""
        return self.keys - self.may_end

    def check(self) -> None:
        """Fail where the structures disagree."""
        self._check_messages()
        self._check_claims()
        assert self.others <= self.may_end, "a key that nobody knows"
        assert {key for key, seconds in self.lifetimes.items() if seconds >= 0} == self.may_end & self.keys
        assert self.record in self.keys or not self.lasting, "something without a record"
        assert not self.leaving, "on its way, and nobody on it"

    def _check_messages(self) -> None:
        everywhere = Counter([*self.ready, *self.delayed, *self.claimed])
        assert set(everywhere.values()) <= {1}, "in two states"
        assert set(everywhere) == set(self.messages) == set(self.expiry)
        assert set(self.due) == set(self.delayed)
        for id_, position in {**self.ready, **self.delayed, **self.claimed}.items():
            assert position == int(id_[:14], 16), "not at its position"
        assert all(envelope.count(b"\n") and len(envelope.split(b" ")) >= 4 for envelope in self.messages.values())

    def _check_claims(self) -> None:
        assert set(self.states) <= set(self.messages), "the state of a message that is gone"
        holders = {id_: claim for id_, state in self.states.items() if (claim := state.split(b" ")[1]) != b"-"}
        assert set(holders) == set(self.claimed)
        counts = Counter(holders.values())
        assert set(counts) == set(self.claims) == set(self.holdings) == set(self.remaining)
        assert counts == {claim: int(number) for claim, number in self.remaining.items()}
        for id_, claim in holders.items():
            assert id_ in self.holdings[claim].split(b" ")[1:]


def _keys_with_prefix(client: redis.Redis, prefix: bytes) -> set[bytes]:
    # Not as a pattern, in which the brackets of a name would mean something.
    return {key for key in client.scan_iter(count=1000) if key == prefix or key.startswith(prefix + b":")}
