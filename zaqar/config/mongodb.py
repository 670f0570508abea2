"""``[drivers:message_store:mongodb]`` and ``[drivers:management_store:mongodb]``: a server, replica set or cluster."""

from oslo_config import cfg

from zaqar.config.groups import Group

_IDLE = frozenset({"max_attempts", "max_retry_sleep", "max_retry_jitter"})
"""What the place of a message once had to be fought for with."""


def _options(other: str) -> list[cfg.Opt]:
    return [
        cfg.StrOpt(
            "uri",
            secret=True,
            help="Connection string of the replica set, the sharded cluster's routers or a single server: "
            "mongodb://[user:password@]host1,host2,host3/?replicaSet=NAME, or mongodb+srv://host. In a password, write "
            "%40 for @ and so on. Acknowledged is what a majority has in its journals; a weaker w or journal in the uri "
            "is refused unless [DEFAULT] unreliable is true. What this group does not set, the uri among it, is taken "
            f"from [drivers:{other}:mongodb] where that sets it.",
        ),
        cfg.StrOpt("database", default="zaqar", help="Name of the database. Both stores may share one."),
        cfg.StrOpt("ssl_keyfile", help="Path of the client's private key, where it is in the file of its certificate."),
        cfg.StrOpt("ssl_certfile", help="Path of the client's certificate, with its key. Needs tls=true in the uri."),
        cfg.StrOpt(
            "ssl_cert_reqs",
            default="CERT_REQUIRED",
            choices=["CERT_NONE", "CERT_OPTIONAL", "CERT_REQUIRED"],
            help="How the server's certificate is checked: the first two do not check it.",
        ),
        cfg.StrOpt("ssl_ca_certs", help="Path of the CA certificates; those of the system if not set."),
        cfg.IntOpt("max_attempts", default=1000, min=0, help="No use: no post has to be tried again for its place."),
        cfg.FloatOpt("max_retry_sleep", default=0.1, help="No use, likewise."),
        cfg.FloatOpt("max_retry_jitter", default=0.005, help="No use, likewise."),
        cfg.IntOpt(
            "max_reconnect_attempts",
            default=10,
            min=0,
            help="Times, 0 or more, that a command is tried again while the primary changes or does not answer, all of "
            "them within retry_deadline.",
        ),
        cfg.FloatOpt(
            "reconnect_sleep",
            default=0.02,
            min=0,
            max=3600,
            help="Pause before the second of those tries, in seconds; the first comes at once, and pauses double, up to "
            "a second.",
        ),
        cfg.FloatOpt(
            "retry_deadline",
            default=10.0,
            min=0.1,
            max=3600,
            help="Seconds that a command keeps trying, and that one answer may take unless the uri says otherwise. Then "
            "the request is answered with 503.",
        ),
    ]


_COMPUTED = {"unreliable": lambda conf: conf.unreliable}

MANAGEMENT_STORE = Group("drivers:management_store:mongodb", _options("message_store"), idle=_IDLE, computed=_COMPUTED)
MESSAGE_STORE = Group(
    "drivers:message_store:mongodb",
    [
        *_options("management_store"),
        cfg.IntOpt("partitions", default=2, help="No use: all messages are in one database."),
    ],
    idle=_IDLE | {"partitions"},
    computed=_COMPUTED,
)
