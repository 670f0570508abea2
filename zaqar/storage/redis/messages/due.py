"""What has fallen due in a queue: messages expire, delays end, claims lapse. A script that needs it settled does it first.

One run of a script settles a bounded number (``scripts/shared/due.lua``), so that other calls get in between. Where that was
not all, it has done nothing else, and answers nil.
"""

from typing import Any

from zaqar.models import QueueKey
from zaqar.storage.redis.key_lists import QueueKeys
from zaqar.storage.redis.keys import keys_of
from zaqar.storage.redis.server.script import Script
from zaqar.storage.redis.server.server import Command, Server


def settled(
    server: Server, script: Script[QueueKeys], queue: QueueKey, arguments: Command, *, is_repeatable: bool = True
) -> Any:
    """Run a script until it has found all of the queue settled, and return its answer. Raises ``Unavailable``.

    ``is_repeatable`` is that of ``Server.call``.
    """
    keys = keys_of(queue)
    while (answer := server.call(script, keys, arguments, is_repeatable=is_repeatable)) is None:
        pass
    return answer
