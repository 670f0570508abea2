"""The way of messages to a dead-letter queue, which lies on another slot of a Cluster.

They leave their queue in one step and are posted in another, with a token made of the first one's id: whoever repeats
the second step, after a crash or at the same time, posts nothing twice.
"""

import hashlib

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound
from zaqar.models import DeadLetterRule, QueueKey
from zaqar.storage.redis import script
from zaqar.storage.redis.failure import StoreFull
from zaqar.storage.redis.keys import LEAVING, keys_of, posting_keys, queue_of
from zaqar.storage.redis.server import Argument, Server

BATCH = 100

MEMORY = 3600
"""Seconds for which these posts are remembered: the way may end with a later sweep."""


def bury(server: Server, queue: QueueKey, rule: DeadLetterRule, *, limit: int) -> None:
    """Take messages out that were claimed too often. Raises ``QueueNotFound`` when they have nowhere to go."""
    target = keys_of(rule.queue)[0]
    if not server.command("EXISTS", target):
        raise QueueNotFound(rule.queue)
    ttl = "-" if rule.ttl is None else rule.ttl
    server.call(script.BURY, keys_of(queue), (limit, rule.max_claim_count, target, ttl))


def forward(server: Server, clock: Clock, queue: QueueKey) -> None:
    """Post what has left ``queue`` where it belongs."""
    leaving = keys_of(queue)[LEAVING]
    cursor: Argument = 0
    while True:
        cursor, found = server.command("HSCAN", leaving, cursor, "MATCH", ">*", "COUNT", BATCH)
        for batch, figures in sorted(zip(found[::2], found[1::2], strict=True)):
            target, *letters = figures.split(b" ")
            ids = letters[::2]
            envelopes = server.command("HMGET", leaving, *ids)
            if None not in envelopes:  # else somebody else has posted them
                try:
                    _post(server, clock, queue_of(target), batch, list(zip(envelopes, letters[1::2], strict=True)))
                except StoreFull:
                    return  # they wait where they are for a sweep that finds room; the claim goes on without them
                server.command("HDEL", leaving, batch, *ids)
        if int(cursor) == 0:
            return


def _post(server: Server, clock: Clock, target: QueueKey, batch: bytes, letters: list[tuple[bytes, bytes]]) -> None:
    """Post what left together; where the queue was deleted meanwhile, it goes the way of all that was in it."""
    microseconds = clock.microseconds()
    now = microseconds // 1_000_000
    arguments: list[Argument] = []
    for envelope, ttl in letters:
        head, _, body = envelope.partition(b"\n")
        _, _, checksum, client = head.split(b" ")
        arguments += (now + int(ttl), b"", b"%d %s %s %s\n%s" % (now, ttl, checksum, client, body))
    token = hashlib.sha256(batch).hexdigest()[:16]
    server.call(script.POST, posting_keys(keys_of(target), token), (token, MEMORY, microseconds, *arguments))
