"""A notifier in a process of its own, over an SQLite file, until it is killed."""

import sys

from tests.notification.world import at_once
from zaqar.clock import SystemClock
from zaqar.notification.kinds.installed import installed
from zaqar.notification.notifier import Notifier
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite.connection import Database

if __name__ == "__main__":
    clock = SystemClock()
    settings = at_once(lease=0.5, save_interval=0.1)
    Notifier(
        stores=[message_store(Database(f"sqlite:///{sys.argv[1]}", synchronous="NORMAL", clock=clock))],
        settings=settings,
        kinds=installed(settings),
        post_copy=lambda queue, **message: None,
        retry_policy=lambda queue: None,
        decrypted=lambda project, bodies: bodies,
        confirmation=None,
        clock=clock,
    ).run()
