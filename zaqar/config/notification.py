"""``[notification]``: delivery to subscribers."""

import ipaddress
from pathlib import Path

from oslo_config import cfg

from zaqar import news
from zaqar.config import mail
from zaqar.config.groups import Group
from zaqar.errors import ConfigurationError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

GROUP = Group(
    "notification",
    [
        cfg.BoolOpt(
            "enabled",
            default=True,
            help="Deliver what is posted to the subscribers of its queue. With false nothing is delivered, and nothing is "
            "kept to be delivered later; nor are dead letters brought back.",
        ),
        cfg.IntOpt(
            "connect_timeout",
            default=10,
            min=1,
            help="Seconds, 1 or more, that a webhook may take to be connected to, its name to be looked up included.",
        ),
        cfg.IntOpt(
            "total_timeout",
            default=30,
            min=1,
            help="Seconds, 1 or more, that one attempt to deliver to a webhook may take in all.",
        ),
        cfg.ListOpt(
            "allowed_networks",
            default=[],
            help="Networks, such as 10.1.0.0/16 or fd00:1::/32, whose addresses webhooks may have although they are private, "
            "local or otherwise refused.",
        ),
        cfg.ListOpt(
            "denied_networks",
            default=[],
            help="Networks whose addresses webhooks must not have, whatever else allows them.",
        ),
        cfg.StrOpt(
            "news_directory",
            sample_default="zaqar-UID in $XDG_RUNTIME_DIR, or in the directory for temporary files",
            help="Directory in which processes on this host tell notifiers at once what is posted. Where it is not shared, "
            "as by services with temporary directories of their own, notifiers learn it within a second.",
        ),
        cfg.IntOpt("max_notifier_workers", default=64, min=1, help="Deliveries at once in one process; 1 or more."),
        cfg.BoolOpt(
            "require_confirmation",
            default=False,
            help="Deliver to confirmed subscriptions only, and ask new subscribers, which needs [signed_url] secret_key.",
        ),
        *mail.OPTIONS,
    ],
)


def check_networks(conf: cfg.ConfigOpts) -> None:
    """Refuse networks that are none."""
    for name in ("allowed_networks", "denied_networks"):
        for text in conf.notification[name]:
            try:
                ipaddress.ip_network(text)
            except ValueError as error:
                raise ConfigurationError(f"[notification] {name}: {error}.") from error


def networks(conf: cfg.ConfigOpts, name: str) -> list[Network]:
    """Return the networks of an option."""
    return [ipaddress.ip_network(text) for text in conf.notification[name]]


def warnings(conf: cfg.ConfigOpts) -> list[str]:
    """Say what keeps subscribers from being told."""
    if conf.notification.require_confirmation and not conf.signed_url.secret_key:
        sentence = (
            "[notification] require_confirmation is true, but [signed_url] secret_key is not set: no confirmation "
        )
        return [
            f"{sentence}can be sent, so new subscribers get nothing unless somebody with a token confirms for them."
        ]
    return []


def news_directory(conf: cfg.ConfigOpts, place: str) -> Path:
    """Return where the news of the data at a place are told."""
    return news.directory_of(place, below=conf.notification.news_directory)
