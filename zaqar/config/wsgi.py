"""``[drivers:transport:wsgi]``: where ``zaqar-server`` listens for HTTP."""

from oslo_config import cfg

from zaqar.config.addresses import Address
from zaqar.config.groups import Group

GROUP = Group(
    "drivers:transport:wsgi",
    [
        cfg.Opt(
            "bind",
            type=Address(),
            default="127.0.0.1",
            help="Address to listen on. One that other machines can reach needs authentication, or [server] "
            "allow_unauthenticated.",
        ),
        cfg.PortOpt("port", default=8888, help="TCP port to listen on, 0 to 65535; 0 stands for any free one."),
    ],
)
