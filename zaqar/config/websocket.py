"""``[drivers:transport:websocket]``: not built yet."""

from oslo_config import cfg

from zaqar.config.groups import idle_group

GROUP = idle_group(
    "drivers:transport:websocket",
    [
        cfg.HostAddressOpt("bind", default="127.0.0.1", help="Address to listen on."),
        cfg.PortOpt("port", default=9000, help="TCP port to listen on, 0 to 65535."),
        cfg.PortOpt("external-port", help="Port that clients see, 0 to 65535, where a proxy stands in between."),
        cfg.HostAddressOpt(
            "notification-bind",
            help="Address of the internal endpoint that delivers notifications; none for all addresses.",
        ),
        cfg.PortOpt("notification-port", default=0, help="Port of that endpoint, 0 to 65535; 0 for any free one."),
    ],
)
