"""``[drivers]``: which transport and which stores."""

from oslo_config import cfg

from zaqar.config.groups import Group

GROUP = Group(
    "drivers",
    [
        cfg.StrOpt(
            "transport",
            default="wsgi",
            choices=[("wsgi", "HTTP"), ("websocket", "not built yet: refused at start-up")],
            help="What zaqar-server serves.",
        ),
        cfg.StrOpt(
            "message_store",
            default="sqlalchemy",
            deprecated_name="storage",
            help="Store of messages and claims: the name of an entry point in zaqar.storage.message. 'sqlalchemy' is "
            "an embedded SQLite database unless its uri names a server; 'redis' is a Redis server, Sentinels or a "
            "Cluster; 'mongodb' (or 'mongodb.fifo', the same) is a MongoDB replica set, sharded cluster or server. The "
            "latter two need the extra of that name installed.",
        ),
        cfg.StrOpt(
            "management_store",
            default="sqlalchemy",
            help="Store of queues and their metadata: the name of an entry point in zaqar.storage.management.",
        ),
    ],
)
