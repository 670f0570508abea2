"""The statistics of a queue: its sorted sets know how many they have, and which stand at their ends."""

from zaqar.clock import age
from zaqar.errors import QueueNotFound
from zaqar.models import MessageMark, QueueKey, Stats
from zaqar.storage.redis.messages import scripts
from zaqar.storage.redis.messages.due import settled
from zaqar.storage.redis.server.server import Server


def statistics_of(server: Server, queue: QueueKey, *, now: int) -> Stats:
    """Count the messages of a queue at a second. Raises ``QueueNotFound`` and ``Unavailable``."""
    answer = settled(server, scripts.STATISTICS, queue, (now,))
    if not answer:
        raise QueueNotFound(queue)
    total, claimed, discarded, *ends = answer
    marks = [
        MessageMark(id_.decode(), age(now, int(created)), int(created))
        for id_, created in zip(ends[::2], ends[1::2], strict=True)
    ]
    oldest, newest = marks or (None, None)
    return Stats(claimed, total - claimed, oldest, newest, int(discarded))
