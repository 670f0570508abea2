"""``[drivers:message_store:redis]`` and ``[drivers:management_store:redis]``: not built yet."""

from oslo_config import cfg

from zaqar.config.groups import idle_group


def _options() -> list[cfg.Opt]:
    return [
        cfg.StrOpt(
            "uri", default="redis://127.0.0.1:6379", secret=True, help="Address of the server, Sentinel or Cluster."
        ),
        cfg.IntOpt("max_reconnect_attempts", default=10, help="Tries while the primary changes."),
        cfg.FloatOpt("reconnect_sleep", default=1.0, help="First pause between those, in seconds; it doubles."),
    ]


MANAGEMENT_STORE = idle_group("drivers:management_store:redis", _options())
MESSAGE_STORE = idle_group("drivers:message_store:redis", _options())
