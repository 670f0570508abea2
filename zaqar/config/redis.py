"""``[drivers:message_store:redis]`` and ``[drivers:management_store:redis]``: a server, Sentinels or a Cluster."""

from oslo_config import cfg

from zaqar.config.groups import Group


def _group(store: str, other: str) -> Group:
    return Group(
        f"drivers:{store}:redis",
        [
            cfg.StrOpt(
                "uri",
                default="redis://127.0.0.1:6379",
                secret=True,
                help="Address of the server: redis://[[user]:password@]host[:port][/database], or redis:///PATH for a Unix "
                "socket; rediss:// speaks TLS. Sentinels: redis://host1:26379,host2:26379?master=NAME. A Cluster: "
                "redis-cluster://host1:6379,host2:6379. In a password, write %40 for @ and so on. Options after a question "
                "mark (dbid, master, sentinel_username, sentinel_password, socket_timeout, max_connections and those of "
                "TLS) win over those of this group. What this group does not set, the uri among it, is taken from "
                f"[drivers:{other}:redis] where that sets it.",
            ),
            cfg.IntOpt(
                "max_reconnect_attempts",
                default=10,
                min=0,
                help="Times, 0 or more, that a request tries again while the server is away or changes, all of them "
                "within retry_deadline.",
            ),
            cfg.FloatOpt(
                "reconnect_sleep",
                default=1.0,
                min=0,
                max=3600,
                help="Longest pause between those tries, in seconds. The first is made at once; then the pauses double, "
                "from 0.05 seconds up to this.",
            ),
            cfg.FloatOpt(
                "retry_deadline",
                default=10.0,
                min=0,
                max=3600,
                help="Seconds that a request keeps trying while the server is away. After that, or after "
                "max_reconnect_attempts, it is answered with 503.",
            ),
            cfg.FloatOpt(
                "socket_timeout",
                default=1.0,
                min=0.001,
                max=3600,
                help="Seconds that connecting, or one answer of the server, may take before the connection counts as lost.",
            ),
            cfg.IntOpt(
                "max_connections",
                default=64,
                min=1,
                help="Connections, 1 or more, that one process opens at most, to each node of a Cluster; threads beyond "
                "wait for one.",
            ),
        ],
    )


MESSAGE_STORE = _group("message_store", "management_store")
MANAGEMENT_STORE = _group("management_store", "message_store")
