"""``[drivers:message_store:mongodb]`` and ``[drivers:management_store:mongodb]``: not built yet."""

from oslo_config import cfg

from zaqar.config.groups import idle_group


def _options() -> list[cfg.Opt]:
    return [
        cfg.StrOpt("uri", secret=True, help="Connection string of the server, replica set or sharded cluster."),
        cfg.StrOpt("database", default="zaqar", help="Name that the databases' names begin with."),
        cfg.StrOpt("ssl_keyfile", help="Path of the client's private key."),
        cfg.StrOpt("ssl_certfile", help="Path of the client's certificate; it may contain the key."),
        cfg.StrOpt(
            "ssl_cert_reqs",
            default="CERT_REQUIRED",
            choices=["CERT_NONE", "CERT_OPTIONAL", "CERT_REQUIRED"],
            help="How the server's certificate is checked.",
        ),
        cfg.StrOpt("ssl_ca_certs", help="Path of the CA certificates; needed unless ssl_cert_reqs is CERT_NONE."),
        cfg.IntOpt("max_attempts", default=1000, min=0, help="Times, 0 or more, that a post is tried again."),
        cfg.FloatOpt("max_retry_sleep", default=0.1, help="Longest pause between such tries, in seconds."),
        cfg.FloatOpt("max_retry_jitter", default=0.005, help="Random part added to such a pause, in seconds."),
        cfg.IntOpt("max_reconnect_attempts", default=10, help="Tries while the primary changes."),
        cfg.FloatOpt("reconnect_sleep", default=0.02, help="First pause between those, in seconds; it doubles."),
    ]


MANAGEMENT_STORE = idle_group("drivers:management_store:mongodb", _options())
MESSAGE_STORE = idle_group(
    "drivers:message_store:mongodb",
    [
        *_options(),
        cfg.IntOpt("partitions", default=2, help="Number of message databases; fixed for the life of the data."),
    ],
)
